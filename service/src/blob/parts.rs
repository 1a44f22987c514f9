//! Parts of files that are arriving, each under a name of its own and sealed as contents are.

use super::sealed::{self, Layout, Sealing, opened};
use super::{Blobs, Contents, UPLOADS};
use crate::crypto::Unopened;
use crate::error::Fault;
use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};

/// How the name of a part ends that is sealed. Others came before parts were.
pub(crate) const SEALED_PART: &str = ".sealed";

impl Blobs {
    /// Keeps a part of a file that is arriving, sealed, under a name of its own.
    pub(crate) async fn put_part(&self, upload: &str, name: &str, bytes: Bytes) -> Result<(), Fault> {
        let (sealer, whose) = (self.sealer()?, part_of(upload, name));
        // A part may have 16 MiB: others are not kept waiting while it is sealed.
        let sealing = move || -> Result<Vec<u8>, Fault> {
            let mut sealed = Vec::with_capacity(bytes.len() + bytes.len() / 256 + 1024);
            let mut sealing = Sealing::begin(sealer, &mut sealed)?;
            sealing.write(&bytes, &mut sealed)?;
            sealing.finish(&whose, &mut sealed)?;
            // What came is not held while the store writes.
            Ok(sealed)
        };
        let sealed = tokio::task::spawn_blocking(sealing).await??;
        self.store.put(&part(upload, name), PutPayload::from(sealed)).await?;
        Ok(())
    }

    pub(crate) async fn read_part(&self, upload: &str, name: &str) -> Result<Contents, Fault> {
        let got = self.store.get(&part(upload, name)).await?;
        let stored = got.meta.size;
        let mut stream = got.into_stream();
        if !name.ends_with(SEALED_PART) {
            return Ok(stream);
        }
        let head = sealed::head(&mut stream).await?;
        let head = head.and_then(|(head, got)| Some((Layout::of(head, stored)?, got)));
        let (layout, got) = head.ok_or(Unopened::NotSealed)?;
        Ok(opened(layout, self.sealer()?, part_of(upload, name), 0..layout.size, got, stream))
    }

    pub(crate) async fn drop_part(&self, upload: &str, name: &str) -> Result<(), Fault> {
        Ok(self.store.delete(&part(upload, name)).await?)
    }

    /// Whatever there is of an upload goes.
    pub(crate) async fn drop_parts(&self, upload: &str) -> Result<(), Fault> {
        self.drop_older(Path::from(format!("{UPLOADS}/{upload}")), None).await
    }
}

fn part(upload: &str, name: &str) -> Path {
    Path::from(format!("{UPLOADS}/{upload}/{name}"))
}

/// What the last chunk of a part belongs to.
fn part_of(upload: &str, name: &str) -> String {
    format!("upload/{upload}/{name}")
}
