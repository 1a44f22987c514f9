//! Guide maps, charts and plans as files: JSON, SVG, iCalendar, spreadsheet, MS Project.

mod calendar;
mod project;
mod sheet;

use crate::AppState;
use crate::answer::Refusal;
use crate::security::{Cx, Visitor};
use app::drawing::flow::{self, States};
use app::drawing::gantt::{self, Scale};
use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::Lang;
use domain::catalogue::Catalogue;
use domain::date::Date;
use domain::guide::{AnswerError, GuideMap};
use domain::plan::{Asked, Beside, Plan, Settings, compare, levers_for};

/// The routes of this folder.
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
pub struct PlanFile<'a> {
    /// The edition it was made from.
    pub catalogue: &'a Catalogue,
    /// What has to be done.
    pub map: &'a GuideMap<'a>,
    /// When.
    pub plan: &'a Plan,
    /// The reader's language.
    pub lang: Lang,
    /// What the file calls it.
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

/// The pairs of a query, unescaped.
fn pairs(query: Option<String>) -> Vec<(String, String)> {
    serde_urlencoded::from_str(&query.unwrap_or_default()).unwrap_or_default()
}

fn asked(catalogue: &Catalogue, query: Option<String>, today: Date) -> Result<Asked, Vec<AnswerError>> {
    let pairs = pairs(query);
    Asked::from_pairs(catalogue, pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())), today)
}

async fn map(State(state): State<AppState>, RawQuery(query): RawQuery) -> Result<Response, Refusal> {
    let service = state.service();
    let asked = asked(&service.catalogue, query, service.clock.now().date())?;
    Ok(Json(GuideMap::new(&service.catalogue, &asked.answers, asked.day).to_json()).into_response())
}

async fn chart(State(state): State<AppState>, visitor: Visitor, RawQuery(query): RawQuery) -> Result<Response, Refusal> {
    let service = state.service();
    let c = &service.catalogue;
    let asked = asked(c, query, service.clock.now().date())?;
    let map = GuideMap::new(c, &asked.answers, asked.day);
    let plan = Plan::new(c, &map, &asked.settings()).ok();
    let drawing = flow::draw(c, &map, plan.as_ref(), &States::new(), visitor.lang);
    Ok(file(drawing.svg.into_bytes(), Kind::Svg, "quanlian-chart"))
}

async fn plan(kind: Kind, State(state): State<AppState>, visitor: Visitor, RawQuery(query): RawQuery) -> Result<Response, Refusal> {
    let service = state.service();
    let c = &service.catalogue;
    let today = service.clock.now().date();
    let asked = asked(c, query, today)?;
    let map = GuideMap::new(c, &asked.answers, asked.day);
    let settings = asked.settings();
    let plan = Plan::new(c, &map, &settings)?;
    let name = domain::Text::new("倒排计划", "Backward plan").get(visitor.lang).to_string();
    let written = PlanFile { catalogue: c, map: &map, plan: &plan, lang: visitor.lang, name };
    write(kind, &written, &asked.answers, &settings, today)
}

fn write(kind: Kind, written: &PlanFile, answers: &domain::guide::Answers, settings: &Settings, today: Date) -> Result<Response, Refusal> {
    let PlanFile { catalogue: c, map, plan, lang, .. } = *written;
    let contents = match kind {
        Kind::Json => {
            let aim = settings.targets.first().map_or("production", |(milestone, _)| milestone.as_str());
            let beside = Beside {
                comparison: compare(c, map, settings, plan.date(plan.first), aim).ok(),
                levers: levers_for(c, answers, map, settings, plan, aim),
                chance: None,
            };
            serde_json::to_vec(&plan.to_json(c, &beside)).map_err(service::Fault::from)?
        }
        Kind::Svg => {
            let from = plan.early.start.iter().copied().min().map_or(plan.date(plan.first), |d| plan.date(d)).plus(-3);
            let scale = Scale::over(from, plan.date(plan.end).plus(14), 1600.0);
            gantt::draw(c, plan, None, scale, today, lang).svg.into_bytes()
        }
        Kind::Calendar => calendar::write(written).into_bytes(),
        Kind::Sheet => sheet::write(written)?,
        Kind::Project => project::write(written)?,
    };
    Ok(file(contents, kind, "quanlian-plan"))
}

async fn project_plan(
    kind: Kind,
    Cx(cx): Cx,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let view = service::project::view(&cx, &id.into()).await?;
    let (c, today, project) = (&cx.service.catalogue, cx.service.clock.now().date(), &view.project);
    let pairs = pairs(query);
    let mut asked = Settings::from_pairs(pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())))?;
    if asked == Settings::default() {
        asked = project.plan.as_ref().map(|p| p.settings.clone()).unwrap_or_default();
    }
    let map = project.guide_map(c);
    let settings = project.plan_settings(&asked, today);
    let plan = Plan::new(c, &map, &settings)?;
    let written = PlanFile { catalogue: c, map: &map, plan: &plan, lang: visitor.lang, name: project.name.clone() };
    write(kind, &written, &project.answers, &settings, today)
}

async fn project_chart(Cx(cx): Cx, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Refusal> {
    let view = service::project::view(&cx, &id.into()).await?;
    let (c, project) = (&cx.service.catalogue, &view.project);
    let states: States = project
        .matters
        .keys()
        .filter_map(|m| Some((m.to_string(), domain::project::matter::state(project, c, m)?)))
        .map(|(m, state)| (m, (state.code(), state.name().get(visitor.lang).to_string())))
        .collect();
    let map = project.guide_map(c);
    let settings = project.plan.as_ref().map(|p| p.settings.clone()).unwrap_or_default();
    let plan = Plan::new(c, &map, &project.plan_settings(&settings, cx.service.clock.now().date())).ok();
    let drawing = flow::draw(c, &map, plan.as_ref(), &states, visitor.lang);
    Ok(file(drawing.svg.into_bytes(), Kind::Svg, "quanlian-chart"))
}
