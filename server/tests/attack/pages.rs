//! Pages under load: each answer is whole, whoever else is being answered on the same thread.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use test_support::portal::Portal;
use tower::ServiceExt;

/// Pages asked for at the same moment.
const AT_ONCE: usize = 200;
const PAGES: usize = 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_project_pages_two_hundred_at_once_all_are_whole() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let cookie = portal.session("wang").await;
    let tabs = ["", "/sheet", "/documents", "/filing", "/consultations", "/difficulties", "/log", "/plan"];
    let turn = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let mut asked = tokio::task::JoinSet::new();
    for i in 0..PAGES {
        let (router, cookie, turn) = (portal.router.clone(), cookie.clone(), turn.clone());
        let path = format!("/projects/{project}{}", tabs[i % tabs.len()]);
        asked.spawn(async move {
            let _turn = turn.acquire_owned().await;
            let request =
                Request::get(&path).header(header::COOKIE, cookie).header(header::ACCEPT, "text/html").body(Body::empty()).unwrap();
            let answer = async {
                let response = router.oneshot(request).await.unwrap();
                let status = response.status();
                (status, to_bytes(response.into_body(), 10_000_000).await)
            };
            (path, futures::FutureExt::catch_unwind(AssertUnwindSafe(answer)).await)
        });
    }
    while let Some(answered) = asked.join_next().await {
        let (path, answer) = answered.unwrap();
        let (status, body) = answer.unwrap_or_else(|_| panic!("{path} was cut off by a panic"));
        let text = String::from_utf8_lossy(&body.expect("the answer ends well")).into_owned();
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(text.contains("</html>"), "{path} is whole");
        assert!(text.contains("测试项目"), "{path} is this project's");
    }
}
