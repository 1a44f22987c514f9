//! Parts of the program that a browser loads only when it comes to one of their pages.
//!
//! The questionnaire is in the program itself, so that the first visit to it is light. Each part is one file, not one a
//! page: pages of a part share most of what they are made of.

use super::{account, case, chart, editor, guide_map, home, matter, matters, plan, project, projects, sign_in, verify, worklist};
use leptos::prelude::*;
use leptos_router::LazyRoute;

/// `part!(reading / __preload_reading: Reading { Map: guide_map::Map, … })` makes the routes' views
/// (`Lazy::<part::Map>::new()`) and the one function that the splitter cuts off.
macro_rules! part {
    ($function:ident / $preload:ident: $pages:ident { $($page:ident: $component:path),* $(,)? }) => {
        #[derive(Clone, Copy, Debug)]
        enum $pages {
            $($page),*
        }

        #[lazy]
        fn $function(page: $pages) -> AnyView {
            match page {
                $($pages::$page => $component().into_any()),*
            }
        }

        $(
            #[derive(Debug)]
            pub struct $page;

            impl LazyRoute for $page {
                fn data() -> $page {
                    $page
                }

                async fn view(_: $page) -> AnyView {
                    $function($pages::$page).await
                }

                async fn preload() {
                    #[cfg(target_arch = "wasm32")]
                    $preload().await;
                }
            }
        )*
    };
}

// The home page answers nothing: it is read while its part comes.
part!(welcoming / __preload_welcoming: Welcoming {
    Home: home::Home,
});

part!(reading / __preload_reading: Reading {
    Map: guide_map::Map,
    Chart: chart::Chart,
    GuidePlan: plan::GuidePlan,
    Case: case::Case,
    Matters: matters::Matters,
    Matter: matter::MatterPage,
    Department: matters::Department,
    Questions: editor::Questions,
    Changes: editor::Changes,
    Verify: verify::Verify,
});

part!(working / __preload_working: Working {
    SignIn: sign_in::SignIn,
    Account: account::AccountPage,
    Projects: projects::Projects,
    Frame: project::Frame,
    Overview: project::overview::Overview,
    Work: project::work::Work,
    Consultations: project::consultations::Consultations,
    Difficulties: project::difficulties::Difficulties,
    ProjectChart: project::chart::ProjectChart,
    ProjectPlan: project::plan::ProjectPlan,
    Log: project::log::Log,
    Library: project::library::LibraryPage,
    Filing: project::filing::FilingPage,
    Issue: project::issue::IssuePage,
    Worklist: worklist::Worklist,
});

// What people write together brings the documents' library with it.
part!(writing / __preload_writing: Writing {
    Sheet: project::sheet::SheetPage,
});
