//! Head, main and foot of every page.

use crate::lang::{lang, say, tr};
use crate::session::{SignOut, me};
use crate::shared::catalogue;
use domain::Lang;
use domain::account::Person;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_location;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The person of this session; loaded once a page.
#[derive(Clone, Copy)]
pub struct Me(pub Resource<Option<Person>>);

impl Me {
    pub fn get(self) -> Option<Person> {
        self.0.get().flatten()
    }
}

/// What is escaped in a query value.
const IN_A_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// Escapes what goes into a query value.
pub fn query_value(text: &str) -> String {
    utf8_percent_encode(text, IN_A_QUERY).to_string()
}

/// The path and query of the page being shown.
pub fn here() -> Signal<String> {
    let location = use_location();
    Signal::derive(move || {
        let (path, search) = (location.pathname.get(), location.search.get());
        let search = search.trim_start_matches('?');
        if search.is_empty() { path } else { format!("{path}?{search}") }
    })
}

#[component]
pub fn Layout(children: Children) -> impl IntoView {
    let person = Me(Resource::new_blocking(|| (), |()| async { me().await.ok().flatten() }));
    provide_context(person);
    let here = here();
    let other = if lang() == Lang::Zh { Lang::En } else { Lang::Zh };
    let switch = move || format!("/language/{}?to={}", other.tag(), query_value(&here.get()));
    let edition = catalogue().edition.clone();
    view! {
        <a class="skip" href="#main" rel="external">{tr!(site.skip)}</a>
        <header class="head">
            <div class="head-inner">
                <A href="/" attr:class="brand">
                    <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
                        <path d="M4 11h24M4 21h24" />
                        <circle cx="8" cy="11" r="3" /><circle cx="16" cy="11" r="3" /><circle cx="24" cy="11" r="3" />
                        <circle cx="12" cy="21" r="3" /><circle cx="20" cy="21" r="3" />
                    </svg>
                    <span>{tr!(site.brand)}</span>
                </A>
                <nav class="nav" aria-label=tr!(nav.label)>
                    <A href="/guide">{tr!(nav.guide)}</A>
                    <A href="/matters">{tr!(nav.matters)}</A>
                    <Transition>
                        {move || person.get().map(|_| view! { <A href="/projects">{tr!(nav.projects)}</A> })}
                    </Transition>
                </nav>
                <div class="head-end">
                    <a class="language" rel="external" href=switch hreflang=other.tag() lang=other.tag()>{tr!(language.other)}</a>
                    <Transition>
                        {move || match person.get() {
                            Some(person) => view! { <Who person /> }.into_any(),
                            None => view! { <A href=format!("/sign-in?to={}", query_value(&here.get())) attr:class="button button-quiet">{tr!(nav.sign_in)}</A> }.into_any(),
                        }}
                    </Transition>
                </div>
            </div>
        </header>
        <main id="main" class="main" tabindex="-1">{children()}</main>
        <footer class="foot">
            <div class="foot-inner">
                <p>{tr!(footer.note)}</p>
                <p>{tr!(footer.edition, edition = edition)}</p>
            </div>
        </footer>
    }
}

#[component]
fn Who(person: Person) -> impl IntoView {
    use leptos::server_fn::ServerFn;
    view! {
        <span class="who">
            <A href="/account" attr:class="who-name" attr:title=tr!(account.title)>{person.name}</A>
            <span class="who-role">{say(&person.role.name())}</span>
        </span>
        <form method="post" action=SignOut::PATH>
            <button class="button button-quiet">{tr!(nav.sign_out)}</button>
        </form>
    }
}
