//! Contents from before contents were sealed are sealed, one by one.

use super::{Blobs, of};
use crate::error::Fault;
use domain::log::Digest;
use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;

/// What came of contents that were found unsealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Plain {
    /// They are sealed now, so many bytes.
    Sealed(u64),
    /// They are not what their digest says, and stay as they are.
    Changed,
    /// Somebody else has sealed them meanwhile.
    Gone,
}

impl Blobs {
    /// The contents that are there unsealed.
    ///
    /// # Errors
    /// The store does not answer.
    pub(crate) async fn plain(&self) -> Result<Vec<Digest>, Fault> {
        let mut list = self.store.list(None);
        let mut found = Vec::new();
        while let Some(meta) = list.try_next().await? {
            found.extend(digest_at(&meta.location));
        }
        Ok(found)
    }

    /// Seals contents that are there unsealed, and lets go of what was not.
    ///
    /// # Errors
    /// The store does not answer, or the keys cannot be read. They are still there then, in one form or both.
    pub(crate) async fn seal_plain(&self, digest: Digest) -> Result<Plain, Fault> {
        // Sealed already, by an earlier run that was stopped or with another upload: the other form goes.
        if self.holds(digest).await? {
            self.drop_plain(digest).await?;
            let layout = self.checked.get(digest).and_then(|seen| seen.layout());
            return Ok(Plain::Sealed(layout.map_or(0, |layout| layout.size)));
        }
        let mut stream = match self.store.get(&of(digest)).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(Plain::Gone),
            got => got?.into_stream(),
        };
        let mut incoming = self.incoming()?;
        loop {
            let written = match stream.try_next().await {
                Ok(Some(piece)) => incoming.write(&piece).await,
                Ok(None) => break,
                Err(error) => Err(error.into()),
            };
            if let Err(fault) = written {
                incoming.abort().await;
                return Err(fault);
            }
        }
        let whole = incoming.finish().await?;
        if whole.digest != digest {
            whole.discard().await?;
            return Ok(Plain::Changed);
        }
        let size = whole.size;
        whole.settle().await?;
        Ok(Plain::Sealed(size))
    }
}

/// The digest of contents that stand in the place they had before they were sealed.
fn digest_at(place: &Path) -> Option<Digest> {
    let digest = Digest::parse(place.filename()?)?;
    (of(digest) == *place).then_some(digest)
}
