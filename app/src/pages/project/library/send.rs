//! What people do with a document of the library.

#[cfg(feature = "ssr")]
use super::super::send;
use crate::error::Failure;
use app_macros::rpc;
#[cfg(feature = "ssr")]
use domain::project::Request;
use domain::project::view::Done;

#[rpc]
pub async fn sort_document(project: String, document: String, material: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let material = (!material.is_empty()).then(|| material.into());
    let request = domain::project::library::Request::Sort { material };
    send::send(project, Request::Document { id: document.into(), request }, key, based_on).await
}

#[rpc]
pub async fn limit_document(project: String, document: String, expires: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let expires = if expires.is_empty() { Ok(None) } else { send::date(&expires).map(Some) };
    let of = |expires| Request::Document { id: document.clone().into(), request: domain::project::library::Request::Limit { expires } };
    send::send(
        project,
        send::FormRead::of(
            {
                let id = document.clone().into();
                move |p| domain::project::library::right_to_change(p, &id)
            },
            expires.map(of),
        ),
        key,
        based_on,
    )
    .await
}

#[rpc]
pub async fn remove_document(project: String, document: String, why: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::library::Request::Remove { why };
    send::send(project, Request::Document { id: document.into(), request }, key, based_on).await
}
