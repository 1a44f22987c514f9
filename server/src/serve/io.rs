//! A connection's bytes: a peer that takes nothing, or that a socket does not hear from, is an error.

use super::connection::Life;
use super::{Place, Timeouts};
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Sleep;

/// A peer takes as many bytes within [`Timeouts::send`], or all there are.
const LEAST_TAKEN: usize = 16 * 1024;

/// A time that runs from the first question whether it is over.
#[derive(Default)]
pub struct Patience(Option<Pin<Box<Sleep>>>);

impl Patience {
    pub fn is_over(&mut self, cx: &mut Context<'_>, time: Duration) -> bool {
        self.0.get_or_insert_with(|| Box::pin(tokio::time::sleep(time))).as_mut().poll(cx).is_ready()
    }

    /// It was over when nobody asked.
    pub fn has_passed(&self) -> bool {
        self.0.as_ref().is_some_and(|sleep| sleep.is_elapsed())
    }

    pub fn begin_anew(&mut self) {
        self.0 = None;
    }
}

/// The stream of a connection. It outlives the connection's task where a WebSocket takes it over.
pub struct Guarded {
    stream: TcpStream,
    life: Arc<Life>,
    timeouts: Timeouts,
    unwilling: Patience,
    taken: usize,
    silent: Patience,
    heard: bool,
    _place: Place,
    _open: mpsc::Sender<()>,
}

impl Guarded {
    pub fn new(stream: TcpStream, life: Arc<Life>, timeouts: Timeouts, place: Place, open: mpsc::Sender<()>) -> Guarded {
        // Small frames go at once: else each waits until the one before it was acknowledged, up to 40 ms.
        let _ = stream.set_nodelay(true);
        // What a peer that has gone without a word does not acknowledge ends the connection.
        let _ = set_user_timeout(&stream, timeouts.send);
        Guarded {
            stream,
            life,
            timeouts,
            unwilling: Patience::default(),
            taken: 0,
            silent: Patience::default(),
            heard: false,
            _place: place,
            _open: open,
        }
    }

    /// What came of a write of so many bytes.
    fn written(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>, offered: usize) -> Poll<io::Result<usize>> {
        match written {
            Poll::Pending => {
                self.life.set_writing(true);
                if self.unwilling.is_over(cx, self.timeouts.send) {
                    return Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, "the peer does not read")));
                }
            }
            Poll::Ready(Ok(n)) => {
                self.taken += n;
                if n >= offered || self.taken >= LEAST_TAKEN {
                    self.unwilling.begin_anew();
                    self.taken = 0;
                }
                if n >= offered {
                    self.life.set_writing(false);
                }
            }
            Poll::Ready(Err(_)) => {}
        }
        written
    }
}

#[cfg(target_os = "linux")]
fn set_user_timeout(stream: &TcpStream, time: Duration) -> io::Result<()> {
    let millis = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
    Ok(rustix::net::sockopt::set_tcp_user_timeout(stream, millis)?)
}

#[cfg(not(target_os = "linux"))]
fn set_user_timeout(_: &TcpStream, _: Duration) -> io::Result<()> {
    Ok(())
}

impl AsyncRead for Guarded {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        let read = Pin::new(&mut me.stream).poll_read(cx, buffer);
        if read.is_ready() {
            me.heard = true;
        } else if me.life.is_upgraded() {
            while me.silent.is_over(cx, me.timeouts.silence) {
                if !me.heard {
                    return Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, "the peer is silent")));
                }
                me.heard = false;
                me.silent.begin_anew();
            }
        }
        read
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let me = self.get_mut();
        let written = Pin::new(&mut me.stream).poll_write(cx, bytes);
        me.written(cx, written, bytes.len())
    }

    fn poll_write_vectored(self: Pin<&mut Self>, cx: &mut Context<'_>, pieces: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let me = self.get_mut();
        let written = Pin::new(&mut me.stream).poll_write_vectored(cx, pieces);
        me.written(cx, written, pieces.iter().map(|piece| piece.len()).sum())
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
