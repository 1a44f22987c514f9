//! A zip that is written as it is read: what waits to be sent is one piece, and while nobody reads nothing runs.

use axum::body::Bytes;
use futures::{Stream, TryStreamExt};
use service::Fault;
use service::blob::{Blobs, Contents};
use service::limit::Going;
use service::material::Found;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

/// What is gathered before it is sent. The connection keeps two or three of them while nobody reads.
const PIECE: usize = 16 * 1024;

/// What the zip's writer has written and nobody has sent yet.
#[derive(Clone, Default)]
struct StreamBuffer(Arc<Mutex<Vec<u8>>>);

impl StreamBuffer {
    fn length(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for StreamBuffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Writing {
    /// None: it is written to its end.
    zip: Option<ZipWriter<StreamWriter<StreamBuffer>>>,
    written: StreamBuffer,
    blobs: Blobs,
    list: std::vec::IntoIter<Found>,
    /// The document being written.
    contents: Option<Contents>,
    _counted: Going,
}

/// The zip of these documents. It ends with an error where one of them cannot be read: a zip that ends early is none.
pub(super) fn write(blobs: Blobs, list: Vec<Found>, counted: Going) -> impl Stream<Item = Result<Bytes, Fault>> + Send {
    let written = StreamBuffer::default();
    let zip = Some(ZipWriter::new_stream(written.clone()));
    let writing = Writing { zip, written, blobs, list: list.into_iter(), contents: None, _counted: counted };
    let logged = |fault: &Fault| tracing::error!(%fault, "a zip could not be written to its end");
    futures::stream::try_unfold(writing, next).inspect_err(logged)
}

async fn next(mut writing: Writing) -> Result<Option<(Bytes, Writing)>, Fault> {
    while writing.written.length() < PIECE {
        let Some(zip) = &mut writing.zip else { break };
        if let Some(contents) = &mut writing.contents {
            match contents.try_next().await? {
                Some(piece) => zip.write_all(&piece)?,
                None => writing.contents = None,
            }
        } else if let Some(found) = writing.list.next() {
            // Documents are compressed already. None is as large as needs the 64-bit form, which not every program reads.
            zip.start_file(found.name.as_str(), SimpleFileOptions::default().compression_method(CompressionMethod::Stored))?;
            writing.contents = Some(writing.blobs.read(found.digest, None).await?);
        } else if let Some(zip) = writing.zip.take() {
            zip.finish()?;
        }
    }
    let piece = writing.written.take();
    Ok((!piece.is_empty()).then(|| (piece.into(), writing)))
}
