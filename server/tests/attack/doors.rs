//! Server functions called as a program would: by name, with a form's contents, answered as JSON.

use axum::body::Body;
use axum::http::{Request, header};
use test_support::portal::{Answer, Portal};

/// The address of a server function.
pub fn path(name: &str) -> String {
    let path = format!("/rpc/{name}");
    assert!(leptos::server_fn::axum::server_fn_paths().any(|(known, _)| known == path), "no server function `{name}`");
    path
}

/// Sends a form to a server function, with a session's cookie.
pub async fn send_as(portal: &Portal, name: &str, cookie: &str, form: &str) -> Answer {
    let request = Request::post(path(name))
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json");
    portal.send(request.body(Body::from(form.to_string())).unwrap()).await
}
