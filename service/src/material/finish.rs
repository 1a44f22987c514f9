//! A file whose parts are all here becomes a document.

use super::claim::{Claim, Interrupted};
use super::upload::{Upload, command};
use super::{archive, expect_name, forget_name, remember_name};
use crate::Context;
use crate::blob::{Incoming, Whole};
use crate::error::{Error, Fault, Public};
use crate::project::{Sent, current, execute};
use domain::id::Id;
use domain::log::Digest;
use domain::media::{self, Beginning, Media, NotTaken};
use domain::project;
use domain::project::library::{Arrived, Document};
use futures::TryStreamExt;
use sha2::{Digest as _, Sha256};

/// Puts the parts together, looks at what they are, and adds the document; under the claim, which is renewed meanwhile.
pub(super) async fn finish(cx: &Context, upload: &Upload, claim: &Claim<'_>, document: &Id<Document>) -> Result<(), Interrupted> {
    let whole = put_together(cx, upload, claim).await?;
    let media = match look_at(&whole).await {
        Ok(Ok(media)) => media,
        Ok(Err(why)) => {
            whole.discard().await?;
            return Err(Public::invalid("file", why.sentence()).into());
        }
        Err(fault) => return Err(fault.into()),
    };
    let file = Arrived { digest: whole.digest, media, size: upload.length() };
    claim.renew().await?;
    whole.settle().await?;
    claim.renew().await?;
    let name = media::name(&upload.announced.name, media);
    let command = project::Command::Document { id: document.clone(), command: command(&upload.announced, file.clone()) };
    // The upload is the form's key: the last part sent twice makes one document.
    let sent = Sent { key: Some(format!("upload/{}", upload.id)), ..Sent::default() };
    // Its name first: whoever hears of the document asks for its name at once.
    let next = current(cx, &upload.project).await?.library.get(document).map_or(1, |kept| kept.versions.len() + 1);
    expect_name(cx, &upload.project, document, next, &name, &file).await?;
    if let Err(error) = execute(cx, &upload.project, command, sent).await {
        // After a fault nobody knows whether there is such a version; the next try goes on.
        if matches!(error, Error::Public(_)) {
            let project = current(cx, &upload.project).await?;
            let there = project.library.get(document).and_then(|kept| kept.versions.get(next - 1));
            // Somebody else's of the same contents may have come in between.
            if there.is_none_or(|version| version.digest != file.digest) {
                forget_name(cx, &upload.project, document, next, &file).await?;
            }
        }
        return Err(error.into());
    }
    // Its own version, should another one have come in between.
    let project = current(cx, &upload.project).await?;
    let own = project.library.get(document).and_then(|kept| kept.versions.iter().rposition(|v| v.digest == file.digest));
    if let Some(own) = own {
        remember_name(cx, &upload.project, document, own + 1, &name, &file).await?;
    }
    sqlx::query("update upload set finished_at = $1, claim = null where id = $2")
        .bind(cx.service.clock.now().to_string())
        .bind(upload.id.clone())
        .execute(cx.service.db.pool())
        .await?;
    super::upload::drop_parts(cx, &upload.id).await?;
    Ok(())
}

/// Writes the parts as one, under no name yet. What the database names is what is read; each part is as it came.
async fn put_together(cx: &Context, upload: &Upload, claim: &Claim<'_>) -> Result<Whole, Interrupted> {
    let mut incoming = cx.service.blobs.incoming()?;
    match write_parts(cx, upload, claim, &mut incoming).await {
        Ok(()) => {
            let whole = incoming.finish().await?;
            if whole.size == upload.length() { Ok(whole) } else { Err(Fault::from("a file has not the length it should have").into()) }
        }
        Err(error) => {
            incoming.abort().await;
            Err(error)
        }
    }
}

async fn write_parts(cx: &Context, upload: &Upload, claim: &Claim<'_>, incoming: &mut Incoming) -> Result<(), Interrupted> {
    for part in claim.parts().await? {
        claim.renew().await?;
        let mut hasher = Sha256::new();
        let mut stream = cx.service.blobs.read_part(&upload.id, &part.name).await?;
        while let Some(piece) = stream.try_next().await.map_err(Fault::from)? {
            hasher.update(&piece);
            incoming.write(&piece).await?;
        }
        if Digest(hasher.finalize().into()) != part.digest {
            return Err(Fault::from(format!("a part of the upload {} is not as it came", upload.id)).into());
        }
    }
    Ok(())
}

async fn look_at(whole: &Whole) -> Result<Result<Media, NotTaken>, Fault> {
    match media::beginning(&whole.beginning) {
        Beginning::Is(media) => Ok(Ok(media)),
        Beginning::No(why) => Ok(Err(why)),
        Beginning::Zip => archive::look_into(&mut whole.reader(), whole.size).await,
    }
}
