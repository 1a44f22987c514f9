//! Forms' keys over the real doors: one person's, in one project, for one thing.

use crate::doors::send_as;
use axum::body::Body;
use axum::http::{Request, header};
use domain::id::Id;
use domain::project::Project;
use domain::project::matter::Progress;
use service::project::view;
use test_support::portal::Portal;

const SITING: &str = "siting-compliance-check";

async fn records(portal: &Portal, who: &str, project: &Id<Project>, key: &str, number: &str) -> u16 {
    let body = format!(r#"{{"number":"{number}","system":"一体化平台","on":"2024-09-26"}}"#);
    let request = Request::post(format!("/projects/{project}/matters/{SITING}/record"))
        .header(header::COOKIE, portal.session(who).await)
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", key);
    portal.send(request.body(Body::from(body)).unwrap()).await.status.as_u16()
}

async fn project_now(portal: &Portal, id: &Id<Project>) -> Project {
    view(&portal.as_("chen").await, id).await.unwrap().project
}

#[tokio::test]
async fn an_enterprise_cannot_use_up_an_offices_key() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let (wang, zhou) = (portal.session("wang").await, portal.as_("zhou").await.actor.unwrap().account);
    for key in [format!("{zhou}/record/DOC-1"), format!("{zhou}/DOC-1"), "DOC-1".to_string()] {
        let form = format!("name=x&area=狮山&answers=&key={key}");
        assert!(send_as(&portal, "start_project", &wang, &form).await.status.as_u16() < 400);
        let form = format!("project={project}&matter=&text=x&key={key}&based_on=1");
        assert_eq!(send_as(&portal, "ask", &wang, &form).await.status, 200);
    }
    assert_eq!(records(&portal, "zhou", &project, "DOC-1", "1").await, 200);
    assert_eq!(project_now(&portal, &project).await.matters[SITING].progress, Progress::Issued, "it was done, and not only answered");
}

#[tokio::test]
async fn a_key_does_its_work_in_every_project_and_for_one_content() {
    let portal = Portal::open().await;
    let (one, two) = (portal.project().await, portal.project().await);
    for project in [&one, &two] {
        assert_eq!(records(&portal, "zhou", project, "DOC-1", "1").await, 200);
        assert_eq!(project_now(&portal, project).await.matters[SITING].progress, Progress::Issued);
    }
    let version = project_now(&portal, &one).await.version;
    assert_eq!(records(&portal, "zhou", &one, "DOC-1", "1").await, 200);
    assert_eq!(records(&portal, "zhou", &one, "DOC-1", "2").await, 422, "another document under a used key");
    assert_eq!(records(&portal, "zhao", &one, "DOC-1", "1").await, 404);
    assert_eq!(records(&portal, "wang", &one, "DOC-1", "1").await, 403);
    assert_eq!(project_now(&portal, &one).await.version, version);
}

#[tokio::test]
async fn hostile_keys_break_nothing_and_twice_at_once_is_once() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let wang = portal.session("wang").await;
    let ask = |key: &str| format!("project={project}&matter=&text=x&key={key}&based_on=99");
    assert_eq!(send_as(&portal, "ask", &wang, &ask(&"x".repeat(10_000))).await.status, 422);
    for key in ["%0a%0d%1b%5b2J", "%27%3b%20drop%20table%20command%3b--", &"x".repeat(200)] {
        let before = project_now(&portal, &project).await.version;
        let form = ask(key);
        let (a, b) = tokio::join!(send_as(&portal, "ask", &wang, &form), send_as(&portal, "ask", &wang, &form));
        assert_eq!((a.status.as_u16(), b.status.as_u16()), (200, 200), "{key}: {} {}", a.text, b.text);
        assert_eq!(a.text, b.text);
        assert_eq!(project_now(&portal, &project).await.version, before + 1);
    }
}
