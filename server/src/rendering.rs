//! One page rendered, whole, apart from all others.
//!
//! Leptos finds what belongs to a page (its owner and its arena) by what the thread is set to, and leaves it set when it
//! waits: between two steps of a page another one may have been there. So each page stays on one thread, each of its steps
//! begins by setting what is its own, and it is an answer only when it is whole.

use app::shell;
use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::response::Response;
use domain::text;
use leptos::prelude::Owner;
use leptos_axum::render_app_async_with_context;
use service::{Error, Fault};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio_util::task::LocalPoolHandle;

/// How long a page is waited for, the first time and the last. Now and then a page waits for a wake-up that was lost
/// (leptos-rs/leptos#4673 is of this kind); made anew it comes at once.
const TRIES: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(20)];

/// The threads that render, and nothing else is done on them.
#[derive(Clone)]
pub struct Rendering(LocalPoolHandle);

impl Default for Rendering {
    fn default() -> Rendering {
        Rendering(LocalPoolHandle::new(std::thread::available_parallelism().map_or(2, usize::from)))
    }
}

type Own = Arc<Mutex<Option<Owner>>>;

impl Rendering {
    /// Renders the page of a request; `context` provides what it finds there.
    ///
    /// # Errors
    /// `Busy` when it does not come in time; a fault when it breaks.
    pub async fn page(&self, request: &Parts, context: impl Fn() + Clone + Send + Sync + 'static) -> Result<Response, Error> {
        let path = request.uri.path();
        for time in TRIES {
            let (request, context) = (request.clone(), context.clone());
            let page = self.0.spawn_pinned(move || one_page(request, context));
            let gone = page.abort_handle();
            match tokio::time::timeout(time, page).await {
                Ok(Ok(page)) => return Ok(page?),
                Ok(Err(panicked)) => return Err(Fault::from(panicked).into()),
                Err(_) => gone.abort(),
            }
            tracing::warn!(path, "a page was not rendered within {} s", time.as_secs());
        }
        let sentence = text!("页面未能及时生成，请再试一次。", "The page could not be made in time; please try again.");
        Err(domain::Error::Busy { sentence, after: 1 }.into())
    }
}

fn one_page(request: Parts, context: impl Fn() + Clone + Send + Sync + 'static) -> OnePage<impl Future<Output = Result<Response, Fault>>> {
    let owner = Own::default();
    let own = owner.clone();
    let context = move || {
        *own.lock().unwrap_or_else(PoisonError::into_inner) = Owner::current();
        context();
    };
    let handler = render_app_async_with_context(context, shell);
    let page = async move {
        let (head, body) = handler(axum::extract::Request::from_parts(request, Body::empty())).await.into_parts();
        Ok(Response::from_parts(head, Body::from(to_bytes(body, usize::MAX).await?)))
    };
    OnePage { page: Box::pin(page), owner }
}

struct OnePage<F> {
    page: Pin<Box<F>>,
    owner: Own,
}

impl<F: Future> Future for OnePage<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let owner = self.owner.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(owner) = owner {
            owner.set();
        }
        self.page.as_mut().poll(cx)
    }
}
