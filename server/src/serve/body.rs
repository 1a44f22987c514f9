//! Bodies on their way: a request's must come at a pace, an answer's must be taken.

use super::LEAST_BODY;
use super::connection::{Begun, Life};
use super::io::Patience;
use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use futures::StreamExt;
use hyper::body::{Frame, Incoming, SizeHint};
use service::account::End;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// A request's body. When it comes too slowly it ends with an error, and says so in `late`.
pub struct Paced {
    body: Incoming,
    time: Duration,
    late: Arc<AtomicBool>,
    patience: Patience,
    /// Bytes that came within this time.
    came: usize,
    waiting: bool,
}

impl Paced {
    pub fn new(body: Incoming, time: Duration, late: Arc<AtomicBool>) -> Paced {
        Paced { body, time, late, patience: Patience::default(), came: 0, waiting: false }
    }

    fn begin_anew(&mut self) {
        self.patience.begin_anew();
        self.came = 0;
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let me = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut me.body).poll_frame(cx) {
            me.waiting = false;
            if let Some(Ok(frame)) = &frame {
                me.came += frame.data_ref().map_or(0, Bytes::len);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(BoxError::from)));
        }
        // If the time passed while we were busy with what had come, the peer is not to blame.
        if !me.waiting && me.patience.has_passed() {
            me.begin_anew();
        }
        me.waiting = true;
        while me.patience.is_over(cx, me.time) {
            if me.came < LEAST_BODY {
                me.late.store(true, Ordering::Relaxed);
                return Poll::Ready(Some(Err("the body comes too slowly".into())));
            }
            me.begin_anew();
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body; the request goes on until it is sent or given up.
pub struct Answer {
    body: Body,
    _begun: Begun,
    _watched: Option<Watched>,
}

impl Answer {
    /// `watched`: what ends it from outside.
    pub fn new(body: Body, begun: Begun, watched: Option<Watched>) -> Answer {
        Answer { body, _begun: begun, _watched: watched }
    }
}

/// How long an answer has to end by itself when what it was asked with has ended.
const GRACE: Duration = Duration::from_millis(500);

/// An answer whose connection ends soon after what it was asked with, though the peer takes nothing of it; until it is
/// dropped.
pub struct Watched(AbortHandle);

impl Watched {
    pub fn over(end: End, life: Arc<Life>) -> Watched {
        let watch = async move {
            if end.wait().await {
                tokio::time::sleep(GRACE).await;
                life.end();
            }
        };
        Watched(tokio::spawn(watch).abort_handle())
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What is handed to an HTTP/2 connection at once. A stream takes it when the peer has room for it.
const PIECE: usize = 16 * 1024;

/// The same for HTTP/2, where a peer may read the connection and leave one answer unread: it is handed on in pieces,
/// and when a piece is not taken in time, the connection ends. `end`: what ends this answer alone.
pub fn by_pieces(body: Body, begun: Begun, life: Arc<Life>, time: Option<Duration>, end: Option<End>) -> Body {
    let (to, from) = mpsc::channel::<Result<Bytes, axum::Error>>(1);
    tokio::spawn(async move {
        let _begun = begun;
        let Some(end) = end else { return hand_on(body, &to, &life, time).await };
        let over = async {
            if end.wait().await {
                tokio::time::sleep(GRACE).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = hand_on(body, &to, &life, time) => {}
            () = over => {}
        }
    });
    Body::from_stream(futures::stream::unfold(from, |mut from| async move { from.recv().await.map(|piece| (piece, from)) }))
}

async fn hand_on(body: Body, to: &mpsc::Sender<Result<Bytes, axum::Error>>, life: &Life, time: Option<Duration>) {
    let mut pieces = body.into_data_stream();
    loop {
        let next = tokio::select! {
            next = pieces.next() => next,
            () = to.closed() => None,
        };
        let mut bytes = match next {
            Some(Ok(bytes)) => bytes,
            Some(Err(error)) => {
                let _ = to.send(Err(error)).await;
                return;
            }
            None => return,
        };
        while !bytes.is_empty() {
            let piece = to.send(Ok(bytes.split_to(bytes.len().min(PIECE))));
            let taken = match time {
                Some(time) => tokio::time::timeout(time, piece).await,
                None => Ok(piece.await),
            };
            match taken {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return,
                Err(_) => return life.end(),
            }
        }
    }
}
