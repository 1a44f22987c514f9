//! Guide maps, charts and plans as files: JSON, SVG, iCalendar, spreadsheet, MS Project.

mod calendar;
mod project;
mod sheet;

use crate::AppState;
use crate::answer::refused;
use crate::security::Visitor;
use app::drawing::flow::{self, States};
use app::drawing::gantt::{self, Scale};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json};
use domain::Lang;
use domain::catalogue::Catalogue;
use domain::date::Date;
use domain::guide::{GuideMap, Misanswer};
use domain::plan::{Asked, Beside, Plan, Settings, compare, levers_for};

pub fn routes() -> Router<AppState> {
    let mut router = Router::new().route("/guide/map.json", get(map)).route("/guide/chart.svg", get(chart));
    for kind in Kind::ALL {
        router = router
            .route(&format!("/guide/plan.{}", kind.ending()), get(move |state, visitor, query| plan(kind, state, visitor, query)))
            .route(&format!("/projects/{{id}}/plan.{}", kind.ending()), get(move |a, b, c, d| project_plan(kind, a, b, c, d)));
    }
    router.route("/projects/{id}/chart.svg", get(project_chart))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    Svg,
    Calendar,
    Sheet,
    Project,
}

impl Kind {
    const ALL: [Kind; 5] = [Kind::Json, Kind::Svg, Kind::Calendar, Kind::Sheet, Kind::Project];

    fn ending(self) -> &'static str {
        match self {
            Kind::Json => "json",
            Kind::Svg => "svg",
            Kind::Calendar => "ics",
            Kind::Sheet => "xlsx",
            Kind::Project => "xml",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Kind::Json => "application/json",
            Kind::Svg => "image/svg+xml; charset=utf-8",
            Kind::Calendar => "text/calendar; charset=utf-8",
            Kind::Sheet => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Kind::Project => "application/xml; charset=utf-8",
        }
    }
}

/// A plan to be written, and what its writers need to know.
pub struct Written<'a> {
    pub catalogue: &'a Catalogue,
    pub map: &'a GuideMap<'a>,
    pub plan: &'a Plan,
    pub lang: Lang,
    pub name: String,
}

fn file(contents: Vec<u8>, kind: Kind, name: &str) -> Response {
    let mut response = Response::new(Body::from(contents));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind.content_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    // A drawing is looked at, the rest is saved.
    if kind != Kind::Svg
        && let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{}\"", kind.ending()))
    {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// 400 with every mistake as a line.
fn refuse(wrong: &[Misanswer], lang: Lang) -> Response {
    let lines: Vec<String> = wrong.iter().map(|w| format!("{}: {}", w.attribute, w.sentence.get(lang))).collect();
    (StatusCode::BAD_REQUEST, format!("{}\n", lines.join("\n"))).into_response()
}

/// The pairs of a query, unescaped.
fn pairs(query: Option<String>) -> Vec<(String, String)> {
    serde_urlencoded::from_str(&query.unwrap_or_default()).unwrap_or_default()
}

fn asked(catalogue: &Catalogue, query: Option<String>, today: Date) -> Result<Asked, Vec<Misanswer>> {
    let pairs = pairs(query);
    Asked::from_pairs(catalogue, pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())), today)
}

async fn map(State(state): State<AppState>, Extension(visitor): Extension<Visitor>, RawQuery(query): RawQuery) -> Response {
    let service = state.service();
    match asked(&service.catalogue, query, service.clock.now().date()) {
        Ok(asked) => Json(GuideMap::new(&service.catalogue, &asked.answers, asked.day).to_json()).into_response(),
        Err(wrong) => refuse(&wrong, visitor.lang),
    }
}

async fn chart(State(state): State<AppState>, Extension(visitor): Extension<Visitor>, RawQuery(query): RawQuery) -> Response {
    let service = state.service();
    let c = &service.catalogue;
    match asked(c, query, service.clock.now().date()) {
        Ok(asked) => {
            let map = GuideMap::new(c, &asked.answers, asked.day);
            let plan = Plan::new(c, &map, &asked.settings()).ok();
            let drawing = flow::draw(c, &map, plan.as_ref(), &States::new(), visitor.lang);
            file(drawing.svg.into_bytes(), Kind::Svg, "quanlian-chart")
        }
        Err(wrong) => refuse(&wrong, visitor.lang),
    }
}

async fn plan(kind: Kind, State(state): State<AppState>, Extension(visitor): Extension<Visitor>, RawQuery(query): RawQuery) -> Response {
    let service = state.service();
    let c = &service.catalogue;
    let today = service.clock.now().date();
    let asked = match asked(c, query, today) {
        Ok(asked) => asked,
        Err(wrong) => return refuse(&wrong, visitor.lang),
    };
    let map = GuideMap::new(c, &asked.answers, asked.day);
    let settings = asked.settings();
    match Plan::new(c, &map, &settings) {
        Ok(plan) => {
            let name = domain::Text::new("倒排计划", "Backward plan").get(visitor.lang).to_string();
            let written = Written { catalogue: c, map: &map, plan: &plan, lang: visitor.lang, name };
            write(kind, &written, &asked.answers, &settings, today)
        }
        Err(wrong) => refuse(&wrong.into_iter().map(Misanswer::from).collect::<Vec<_>>(), visitor.lang),
    }
}

fn write(kind: Kind, written: &Written, answers: &domain::guide::Answers, settings: &Settings, today: Date) -> Response {
    let Written { catalogue: c, map, plan, lang, .. } = *written;
    let result = match kind {
        Kind::Json => {
            let aim = settings.targets.first().map_or("production", |(milestone, _)| milestone.as_str());
            let beside = Beside {
                comparison: compare(c, map, settings, plan.date(plan.first), aim).ok(),
                levers: levers_for(c, answers, map, settings, plan, aim),
                chance: None,
            };
            serde_json::to_vec(&plan.to_json(c, &beside)).map_err(service::Fault::from)
        }
        Kind::Svg => {
            let from = plan.early.start.iter().copied().min().map_or(plan.date(plan.first), |d| plan.date(d)).plus(-3);
            let scale = Scale::over(from, plan.date(plan.end).plus(14), 1600.0);
            Ok(gantt::draw(c, plan, None, scale, today, lang).svg.into_bytes())
        }
        Kind::Calendar => Ok(calendar::write(written).into_bytes()),
        Kind::Sheet => sheet::write(written),
        Kind::Project => project::write(written),
    };
    match result {
        Ok(contents) => file(contents, kind, "quanlian-plan"),
        Err(fault) => refused(fault, lang),
    }
}

/// A project as its viewer may see it, or the answer that refuses.
async fn view(state: &AppState, visitor: &Visitor, id: String) -> Result<domain::project::view::View, Response> {
    service::project::view(&visitor.context(state), &id.into()).await.map_err(|error| refused(error, visitor.lang))
}

async fn project_plan(
    kind: Kind,
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let view = match view(&state, &visitor, id).await {
        Ok(view) => view,
        Err(answer) => return answer,
    };
    let service = state.service();
    let (c, today, project) = (&service.catalogue, service.clock.now().date(), &view.project);
    let pairs = pairs(query);
    let asked = match Settings::from_pairs(pairs.iter().map(|(n, v)| (n.as_str(), v.as_str()))) {
        Ok(asked) if asked != Settings::default() => asked,
        Ok(_) => project.plan.as_ref().map(|p| p.settings.clone()).unwrap_or_default(),
        Err(wrong) => return refuse(&wrong.into_iter().map(Misanswer::from).collect::<Vec<_>>(), visitor.lang),
    };
    let map = project.guide_map(c);
    let settings = project.plan_settings(&asked, today);
    match Plan::new(c, &map, &settings) {
        Ok(plan) => {
            let written = Written { catalogue: c, map: &map, plan: &plan, lang: visitor.lang, name: project.name.clone() };
            write(kind, &written, &project.answers, &settings, today)
        }
        Err(wrong) => refuse(&wrong.into_iter().map(Misanswer::from).collect::<Vec<_>>(), visitor.lang),
    }
}

async fn project_chart(State(state): State<AppState>, Extension(visitor): Extension<Visitor>, Path(id): Path<String>) -> Response {
    let view = match view(&state, &visitor, id).await {
        Ok(view) => view,
        Err(answer) => return answer,
    };
    let service = state.service();
    let (c, project) = (&service.catalogue, &view.project);
    let states: States = project
        .matters
        .keys()
        .filter_map(|m| Some((m.to_string(), domain::project::matter::state(project, c, m)?)))
        .map(|(m, state)| (m, (state.code(), state.name().get(visitor.lang).to_string())))
        .collect();
    let map = project.guide_map(c);
    let settings = project.plan.as_ref().map(|p| p.settings.clone()).unwrap_or_default();
    let plan = Plan::new(c, &map, &project.plan_settings(&settings, service.clock.now().date())).ok();
    let drawing = flow::draw(c, &map, plan.as_ref(), &states, visitor.lang);
    file(drawing.svg.into_bytes(), Kind::Svg, "quanlian-chart")
}
