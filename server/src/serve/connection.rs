//! One connection from its start to its end.

use super::body::{Answer, Paced, Watched, by_pieces};
use super::io::Guarded;
use super::{BUFFER, Config, LONGEST_URI, Place, STREAMS, Timeouts, stopped};
use crate::Peer;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use service::account::End;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tower::ServiceExt;

/// Once a connection is asked to close, it has so long if nothing goes on.
const CLOSING: Duration = Duration::from_secs(1);

/// What a connection does at this moment.
#[derive(Clone, Copy, Default)]
struct State {
    /// Requests whose answers are not sent yet.
    requests: usize,
    /// Something waits to be taken by the peer.
    writing: bool,
    ended: bool,
}

/// What the parts of a connection tell each other.
pub struct Life {
    state: watch::Sender<State>,
    upgraded: AtomicBool,
}

impl Life {
    fn new() -> Arc<Life> {
        Arc::new(Life { state: watch::channel(State::default()).0, upgraded: AtomicBool::new(false) })
    }

    /// It has become a WebSocket.
    pub fn is_upgraded(&self) -> bool {
        self.upgraded.load(Ordering::Relaxed)
    }

    pub fn set_writing(&self, writing: bool) {
        self.state.send_if_modified(|state| std::mem::replace(&mut state.writing, writing) != writing);
    }

    /// Ends the connection.
    pub fn end(&self) {
        self.state.send_modify(|state| state.ended = true);
    }
}

/// A request that goes on until it is dropped.
pub struct Begun(Arc<Life>);

impl Begun {
    fn begin(life: &Arc<Life>) -> Begun {
        life.state.send_modify(|state| state.requests += 1);
        Begun(life.clone())
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.state.send_modify(|state| state.requests -= 1);
    }
}

/// Serves a connection until it ends, is idle for too long, or the server stops.
pub async fn attend(stream: TcpStream, peer: Peer, router: Router, config: Arc<Config>, place: Place, open: mpsc::Sender<()>) {
    let life = Life::new();
    let timeouts = config.timeouts;
    let io = TokioIo::new(Guarded::new(stream, life.clone(), timeouts, place, open));
    // A proxy has many people's answers on one connection and looks after those who do not read.
    let is_proxy = config.is_proxy(peer.0);
    let taken = (!is_proxy).then_some(timeouts.send);
    let idle = if is_proxy { timeouts.proxy_idle } else { timeouts.idle };
    let told = life.clone();
    let service = service_fn(move |request| {
        let (router, life) = (router.clone(), told.clone());
        async move { Ok::<_, Infallible>(answer(request, peer, router, life, timeouts, taken).await) }
    });
    let builder = builder(timeouts);
    let mut connection = pin!(builder.serve_connection_with_upgrades(io, service));
    let mut changes = life.state.subscribe();
    let mut stopping = config.stopping.clone();
    let mut closing = false;
    loop {
        let State { requests, writing, ended } = *changes.borrow_and_update();
        if ended {
            return;
        }
        let time = if closing { idle.min(CLOSING) } else { idle };
        let unused = async {
            if requests > 0 || writing {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(time).await;
        };
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::trace!(%error, "a connection ended");
                }
                return;
            }
            _ = changes.changed() => continue,
            () = unused => {
                if closing {
                    return;
                }
            }
            () = stopped(&mut stopping), if !closing => {}
        }
        closing = true;
        connection.as_mut().graceful_shutdown();
    }
}

fn builder(timeouts: Timeouts) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // The time for a head is ours: hyper's does not run while a connection is kept open for the next request.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(BUFFER as u32)
        .max_send_buf_size(BUFFER)
        .initial_stream_window_size(256 * 1024)
        .initial_connection_window_size(1024 * 1024)
        .keep_alive_interval(timeouts.ping)
        .keep_alive_timeout(timeouts.ping);
    builder
}

async fn answer(
    request: hyper::Request<Incoming>,
    peer: Peer,
    router: Router,
    life: Arc<Life>,
    timeouts: Timeouts,
    taken: Option<Duration>,
) -> Response {
    let going = Begun::begin(&life);
    let version = request.version();
    let uri = request.uri();
    if uri.path().len() + uri.query().map_or(0, str::len) > LONGEST_URI {
        return turned_away(StatusCode::URI_TOO_LONG, "网址太长。\nThe address is too long.\n")
            .map(|body| Body::new(Answer::new(body, going, None)));
    }
    let late = Arc::new(AtomicBool::new(false));
    let mut request = request.map(|body| Body::new(Paced::new(body, timeouts.body, late.clone())));
    request.extensions_mut().insert(peer);
    let Ok(mut response) = router.oneshot(request).await;
    if late.load(Ordering::Relaxed) {
        response = turned_away(StatusCode::REQUEST_TIMEOUT, "内容传来得太慢。\nThe contents came too slowly.\n");
    }
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        life.upgraded.store(true, Ordering::Relaxed);
    }
    let end = response.extensions_mut().remove::<End>();
    if version == Version::HTTP_2 {
        response.map(|body| by_pieces(body, going, life, taken, end))
    } else {
        let watched = end.map(|end| Watched::over(end, life));
        response.map(|body| Body::new(Answer::new(body, going, watched)))
    }
}

/// The answer to what does not come as far as the router.
fn turned_away(status: StatusCode, sentence: &'static str) -> Response {
    let mut response = (status, sentence).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
