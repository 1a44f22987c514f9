//! Limits for what people make and look up: how often, how much, and when to try again.

use axum::body::Body;
use axum::http::{Request, header};
use domain::id::Id;
use domain::project::Project;
use test_support::filing::issue;
use test_support::portal::{Answer, Portal};

const SITING: &str = "siting-compliance-check";

fn waits(answer: &Answer) -> u64 {
    answer.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap()
}

async fn announce(portal: &Portal, project: &Id<Project>, cookie: &str, length: u64) -> Answer {
    let request = Request::post(format!("/projects/{project}/uploads"))
        .header(header::COOKIE, cookie)
        .header("upload-length", length.to_string())
        .header("upload-metadata", "filename 5Zu+LnBkZg==");
    portal.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_project_is_not_filled_without_end() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let (wang, li) = (portal.session("wang").await, portal.session("li").await);
    for _ in 0..102 {
        assert_eq!(announce(&portal, &project, &wang, 200 << 20).await.status, 201);
    }
    // Counted for the project, whoever sends; before a byte is sent.
    for cookie in [&wang, &li] {
        let refused = announce(&portal, &project, cookie, 200 << 20).await;
        assert_eq!(refused.status, 429);
        assert!(refused.text.contains("20 GB") && waits(&refused) > 0, "{}", refused.text);
    }
    assert_eq!(announce(&portal, &project, &wang, 9).await.status, 201, "what still fits is taken");
}

#[tokio::test]
async fn files_are_not_announced_without_end() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let (wang, li) = (portal.session("wang").await, portal.session("li").await);
    assert_eq!(announce(&portal, &project, &wang, 9).await.status, 201);
    let spent = sqlx::query("update attempt set count = 600 where code = 'announce_upload'");
    assert_eq!(spent.execute(portal.service.db.pool()).await.unwrap().rows_affected(), 1);
    let refused = announce(&portal, &project, &wang, 9).await;
    assert_eq!((refused.status.as_u16(), refused.text.contains("600")), (429, true));
    assert!((1..=3600).contains(&waits(&refused)));
    assert_eq!(announce(&portal, &project, &li, 9).await.status, 201, "others have their own count");
}

async fn certificate(portal: &Portal, project: &Id<Project>) -> String {
    let zhou = portal.as_("zhou").await;
    use domain::project::matter::Request as M;
    for command in [M::File, M::Accept, M::Decide] {
        let command = domain::project::Request::Matter { matter: SITING.into(), request: command };
        service::project::request(&zhou, project, command, Default::default()).await.unwrap();
    }
    service::project::request(&zhou, project, issue(SITING), Default::default()).await.unwrap();
    let held = service::project::view(&zhou, project).await.unwrap().project.certificates;
    service::certificate::address("", held.keys().next().unwrap())
}

#[tokio::test]
async fn numbers_of_certificates_are_not_tried_out() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let address = certificate(&portal, &project).await;
    let page = portal.get(&address, "").await;
    assert!(page.text.contains("此证真实、有效"));
    assert!(!page.text.contains(project.as_str()), "who checks a certificate is not led to the project");
    for _ in 1..60 {
        assert_eq!(portal.get("/verify/%E6%B2%A1%E6%9C%89/signed.json", "").await.status, 404);
    }
    // The page, what the page calls, and the signed file count together.
    for path in [&address, "/verify/1", &format!("{address}/signed.json"), "/verify?number=1"] {
        let refused = portal.get(path, "").await;
        assert_eq!(refused.status, 429, "{path}");
        assert!((1..=600).contains(&waits(&refused)), "{path}");
        assert!(!refused.text.contains(project.as_str()));
    }
    portal.service.clock.advance_seconds(601);
    assert_eq!(portal.get(&format!("{address}/signed.json"), "").await.status, 200);
}
