//! The keys that what is stored was sealed with: earlier ones still open it, and without one of them the portal does not open.

use crate::sealed::{NUMBER, pdf, read, told, uploaded};
use domain::log::Digest;
use service::account::{Password, set_password, sign_in};
use service::blob::{Blobs, Condition};
use service::certificate::Keys;
use service::material::{Announced, announce, find, take};
use service::sheet::fill;
use std::path::Path;
use test_support::filing::sheet_of;
use test_support::story;
use test_support::world::*;

/// Opens the portal with the keys of a folder; why not, if it does not.
async fn opens_with(world: &World, keys: &Path) -> Result<(), String> {
    let (service, keys) = (&world.service, Keys::open(keys).unwrap());
    let opened = service::Service::open(&world.url, service.blobs.clone(), keys, service.catalogue.clone(), service.clock.clone()).await;
    opened.map(|_| ()).map_err(|fault| fault.to_string())
}

story! {
    async fn what_earlier_keys_sealed_is_read_after_they_were_changed_and_without_them_nothing_is(world) {
        let (id, document) = told(&world).await;
        let wang = world.as_("wang").await;
        let digest = find(&wang, &id, &document, None).await.unwrap().digest;
        let before = sheet_of(&wang, &id).await;
        world.service.keys.rotate(&world.service).await.unwrap();
        assert_eq!(sheet_of(&wang, &id).await, before);
        assert!(read(&world.service.blobs, digest, None).await.unwrap() == pdf(100_000));
        sign_in(&world.service.context(None), "wang", "correct horse").await.map_err(sentence).unwrap();
        // A document that has arrived half under one key, and half under the next.
        let upload = announce(&wang, &id, Announced { name: "二.pdf".into(), length: 90_000, ..Announced::default() }).await.unwrap();
        let bytes = pdf(90_000);
        take(&wang, &upload.id, 0, bytes[..50_000].to_vec().into()).await.unwrap();
        world.service.keys.rotate(&world.service).await.unwrap();
        take(&wang, &upload.id, 50_000, bytes[50_000..].to_vec().into()).await.unwrap();
        assert!(read(&world.service.blobs, Digest::of(&bytes), None).await.unwrap() == bytes);
        fill(&wang, &id, [("headcount".into(), "12".into())].into()).await.map_err(sentence).unwrap();
        assert!(service::verify::verify(&world.service).await.unwrap().is_ok());
        // Whoever has all but the keys: the portal does not open, and says why; the contents do not either.
        let folder = tempfile::tempdir().unwrap();
        let strange = Keys::open(folder.path()).unwrap();
        let (catalogue, clock) = (world.service.catalogue.clone(), world.service.clock.clone());
        let opened = service::Service::open(&world.url, world.service.blobs.clone(), strange.clone(), catalogue, clock).await;
        let why = opened.map(|_| ()).unwrap_err().to_string();
        assert!(why.contains("the folder of keys") && why.contains("put the folder back"), "{why}");
        let stolen = Blobs::open(&world.folder().join("documents").display().to_string()).unwrap().sealed_with(&strange);
        assert_eq!(stolen.check(digest).await.unwrap(), Condition::Shut);
        assert!(read(&stolen, digest, None).await.unwrap_err().contains("is not here"));
        assert!(read(&stolen, digest, Some(0..10)).await.unwrap_err().contains("is not here"));
    }
}

story! {
    /// A backup of the keys that is older than the last rotation opens the oldest things, and not the portal.
    async fn a_folder_of_keys_from_before_the_last_rotation_does_not_open_the_portal(world) {
        let (keys, old) = (world.folder().join("keys"), tempfile::tempdir().unwrap());
        for file in ["storage.key", "signing.key"] {
            std::fs::copy(keys.join(file), old.path().join(file)).unwrap();
        }
        opens_with(&world, old.path()).await.unwrap();
        world.service.keys.rotate(&world.service).await.unwrap();
        // Nothing was sealed with the new key yet.
        let why = opens_with(&world, old.path()).await.unwrap_err();
        assert!(why.contains("the folder of keys") && why.contains("put the folder back"), "{why}");
        opens_with(&world, &keys).await.unwrap();
        // Nor does one that has the new key alone.
        let new = tempfile::tempdir().unwrap();
        let text = std::fs::read_to_string(keys.join("storage.key")).unwrap();
        std::fs::write(new.path().join("storage.key"), text.lines().next().unwrap()).unwrap();
        assert!(opens_with(&world, new.path()).await.is_err());
    }
}

story! {
    /// Who is believed is never made anew from the database, once heads are signed.
    async fn a_portal_whose_file_of_believed_keys_is_gone_does_not_open(world) {
        let keys = world.folder().join("keys");
        let (file, away) = (keys.join("trusted.json"), keys.join("away"));
        service::daily_head::make(&world.service).await.unwrap();
        std::fs::rename(&file, &away).unwrap();
        let why = opens_with(&world, &keys).await.unwrap_err();
        assert!(why.contains("says which keys are believed") && !file.exists(), "{why}");
        std::fs::rename(&away, &file).unwrap();
        opens_with(&world, &keys).await.unwrap();
    }
}

story! {
    /// A portal in which nobody has a password, with documents alone; and one from before there were witnesses.
    async fn strange_keys_do_not_open_a_portal_whatever_of_it_is_sealed(world) {
        let strange = tempfile::tempdir().unwrap();
        let pool = world.service.db.pool();
        sqlx::query("update account set password_hash = null").execute(pool).await.unwrap();
        let id = world.project_with(&[("needs_project_company", "true")]).await;
        uploaded(&world.as_("wang").await, &id, &pdf(1000)).await;
        assert!(opens_with(&world, strange.path()).await.is_err());
        fill(&world.as_("wang").await, &id, [("legal_rep_id".into(), NUMBER.into())].into()).await.map_err(sentence).unwrap();
        sqlx::query("delete from storage_witness").execute(pool).await.unwrap();
        assert!(opens_with(&world, strange.path()).await.is_err(), "the sheet tells");
        // The newest hash, though the older ones are of earlier keys.
        sqlx::query("delete from sheet_update").execute(pool).await.unwrap();
        let old = tempfile::tempdir().unwrap();
        std::fs::copy(world.folder().join("keys/storage.key"), old.path().join("storage.key")).unwrap();
        let cx = world.service.context(None);
        set_password(&cx, "wang", Password::Plain("correct horse".into())).await.map_err(sentence).unwrap();
        world.service.keys.rotate(&world.service).await.unwrap();
        set_password(&cx, "li", Password::Plain("another horse".into())).await.map_err(sentence).unwrap();
        sqlx::query("delete from storage_witness").execute(pool).await.unwrap();
        assert!(opens_with(&world, old.path()).await.is_err());
        // The right ones open it, and leave their witnesses, of the earlier key too.
        opens_with(&world, &world.folder().join("keys")).await.unwrap();
        let rows = sqlx::query("select key from storage_witness").fetch_all(pool).await.unwrap();
        assert_eq!(rows.len(), 2);
    }
}
