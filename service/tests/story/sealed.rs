//! What is stored is sealed: who has the folder and the database, and not the keys, reads nothing; what is changed, cut,
//! exchanged or moved is noticed; what is from before is read, and sealed by the command.

use domain::id::Id;
use domain::log::Digest;
use domain::project::library::{Document, Request as F};
use domain::project::{Project, Request};
use futures::TryStreamExt;
use service::Context;
use service::account::{Password, set_password, sign_in};
use service::blob::{Blobs, Condition};
use service::material::{Announced, Taken, announce, find, take};
use service::seal_stored::{Done, seal_stored};
use service::sheet::{fill, history};
use sqlx::Row;
use std::path::{Path, PathBuf};
use test_support::filing::sheet_of;
use test_support::story;
use test_support::world::*;

/// Bytes of a chunk, what sealing adds to one, and what stands before the first.
const CHUNK: usize = 16 * 1024;
const MORE: usize = 37;
const HEAD: usize = 28;

/// An identity number, and a sentence of a document.
pub const NUMBER: &str = "11010519491231002X";
const SENTENCE: &str = "THE-OWNERS-OF-THIS-LAND-ARE";

pub fn pdf(length: usize) -> Vec<u8> {
    let text = format!("%PDF-1.7\n{SENTENCE} ");
    text.bytes().cycle().take(length).collect()
}

pub async fn uploaded(cx: &Context, project: &Id<Project>, bytes: &[u8]) -> Id<Document> {
    let announced = Announced { name: "图.pdf".into(), length: bytes.len() as u64, ..Announced::default() };
    let upload = announce(cx, project, announced).await.map_err(sentence).unwrap();
    match take(cx, &upload.id, 0, bytes.to_vec().into()).await.map_err(sentence).unwrap() {
        Taken::Whole { document } => document,
        other => panic!("{other:?}"),
    }
}

pub async fn read(blobs: &Blobs, digest: Digest, range: Option<std::ops::Range<u64>>) -> Result<Vec<u8>, String> {
    let stream = blobs.read(digest, range).await.map_err(|fault| fault.to_string())?;
    stream.map_ok(|piece| piece.to_vec()).try_concat().await.map_err(|error| error.to_string())
}

fn plain_at(world: &World, digest: Digest) -> PathBuf {
    let text = digest.to_string();
    world.folder().join("documents").join(&text[..2]).join(&text[2..4]).join(text)
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

/// The files below a folder that hold a text.
fn files_with(folder: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else if holds(&std::fs::read(&path).unwrap_or_default(), text) {
            found.push(path);
        }
    }
    found
}

/// The columns of the sheets' tables with what they hold: table, how many are sealed, and whether one holds a text.
async fn sheets(world: &World, text: &str) -> (usize, usize, bool) {
    let (mut rows, mut sealed, mut found) = (0, 0, false);
    for query in ["select data, sealed from sheet_update", "select state as data, sealed from sheet_whole"] {
        for row in sqlx::query(query).fetch_all(world.service.db.pool()).await.unwrap() {
            rows += 1;
            sealed += usize::from(row.get::<i64, _>("sealed") == 1);
            found |= holds(&row.get::<Vec<u8>, _>("data"), text);
        }
    }
    for row in sqlx::query("select value, sealed from sheet_change").fetch_all(world.service.db.pool()).await.unwrap() {
        rows += 1;
        sealed += usize::from(row.get::<i64, _>("sealed") == 1);
        found |= row.get::<String, _>("value").contains(text);
    }
    (rows, sealed, found)
}

/// A project whose sheet holds an identity number, with a document.
pub async fn told(world: &World) -> (Id<Project>, Id<Document>) {
    let id = world.project_with(&[("needs_project_company", "true")]).await;
    let wang = world.as_("wang").await;
    fill(&wang, &id, [("legal_rep_id".into(), NUMBER.into())].into()).await.map_err(sentence).unwrap();
    let document = uploaded(&wang, &id, &pdf(100_000)).await;
    (id, document)
}

async fn merged(world: &World, id: &Id<Project>) {
    let section = world.service.catalogue.form.field("legal_rep_id").unwrap().group.clone();
    let name = service::sheet::document_name(id, &section);
    let loaded = world.service.sheets.load(&world.service.catalogue.form, &name, &section).await.unwrap().unwrap();
    assert!(world.service.sheets.compact(&name, id, loaded.seq, 500, || loaded.document.whole()).await.unwrap());
}

story! {
    async fn a_stolen_folder_and_a_stolen_database_say_nothing(world) {
        let (id, _) = told(&world).await;
        let wang = world.as_("wang").await;
        // A file that is still arriving, too.
        let upload = announce(&wang, &id, Announced { name: "二.pdf".into(), length: 90_000, ..Announced::default() }).await.unwrap();
        take(&wang, &upload.id, 0, pdf(50_000).into()).await.unwrap();
        assert_eq!(files_with(&world.folder().join("documents"), SENTENCE), [] as [PathBuf; 0]);
        let (rows, sealed, found) = sheets(&world, NUMBER).await;
        assert!(rows > 2 && sealed == rows && !found, "{rows} {sealed} {found}");
        merged(&world, &id).await;
        assert!(!sheets(&world, NUMBER).await.2);
        // On SQLite the database is a file, and what is about to be in it another.
        assert_eq!(files_with(world.folder(), NUMBER), [] as [PathBuf; 0]);
        assert_eq!(files_with(world.folder(), "$argon2id$"), [] as [PathBuf; 0]);
        assert_eq!(sheet_of(&wang, &id).await["legal_rep_id"].value, NUMBER, "who may read it reads it");
    }
}

story! {
    async fn contents_of_every_length_come_back_whole_and_by_ranges(world) {
        let blobs = &world.service.blobs;
        for length in [0, 1, 100, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5, 600 * CHUNK] {
            let bytes: Vec<u8> = (0..length).map(|i| (i / 7).to_le_bytes()[0]).collect();
            let digest = blobs.keep(bytes.clone()).await.unwrap();
            assert_eq!(blobs.check(digest).await.unwrap(), Condition::Holds { size: length as u64 });
            assert!(read(blobs, digest, None).await.unwrap() == bytes, "{length}");
            let stored = std::fs::metadata(world.sealed_at(digest)).unwrap().len();
            assert_eq!(stored, (HEAD + length + length.div_ceil(CHUNK).max(1) * MORE) as u64, "{length}");
            for (from, to) in [(0, 1), (0, length), (length / 2, length), (CHUNK - 2, CHUNK + 2), (CHUNK, 2 * CHUNK), (length.max(1) - 1, length)] {
                let (from, to) = (from.min(length), to.min(length));
                if from < to {
                    let range = read(blobs, digest, Some(from as u64..to as u64)).await.unwrap();
                    assert!(range == bytes[from..to], "{from}..{to} of {length}");
                }
            }
            // The same contents again are the same file.
            assert_eq!(blobs.keep(bytes).await.unwrap(), digest);
        }
    }
}

story! {
    async fn a_chunk_that_was_changed_cut_exchanged_or_moved_is_noticed_and_named(world) {
        let id = world.project().await;
        let wang = world.as_("wang").await;
        let document = uploaded(&wang, &id, &pdf(3 * CHUNK + 100)).await;
        let other = uploaded(&wang, &id, &pdf(3 * CHUNK + 101)).await;
        let digest = find(&wang, &id, &document, None).await.unwrap().digest;
        let other = find(&wang, &id, &other, None).await.unwrap().digest;
        let (file, stranger) = (std::fs::read(world.sealed_at(digest)).unwrap(), std::fs::read(world.sealed_at(other)).unwrap());
        let chunk = |n: usize| HEAD + n * (CHUNK + MORE)..HEAD + (n + 1) * (CHUNK + MORE);
        let with = |n: usize, bytes: &[u8]| {
            let mut changed = file.clone();
            changed[chunk(n)].copy_from_slice(bytes);
            changed
        };
        let flipped = |at: usize| {
            let mut changed = file.clone();
            changed[at] ^= 1;
            changed
        };
        let mut exchanged = with(0, &file[chunk(1)]);
        exchanged[chunk(1)].copy_from_slice(&file[chunk(0)]);
        let bad = [
            ("a letter of the first chunk", flipped(HEAD + 100)),
            ("a letter of the last chunk", flipped(file.len() - 1)),
            ("the number of its key", flipped(HEAD + 3)),
            ("its head", flipped(20)),
            ("the length of its chunks", flipped(6)),
            ("the mark of its form", flipped(0)),
            ("chunks exchanged", exchanged),
            ("a chunk twice", with(1, &file[chunk(0)])),
            ("a chunk of another document", with(1, &stranger[chunk(1)])),
            ("another document whole", stranger.clone()),
            ("the last chunk cut off", file[..chunk(2).end].to_vec()),
            ("all but the first cut off", file[..chunk(0).end].to_vec()),
            ("cut within a chunk", file[..file.len() - 1].to_vec()),
            ("cut within the head", file[..HEAD - 1].to_vec()),
            ("nothing left", Vec::new()),
            ("a chunk more", [file.clone(), file[chunk(0)].to_vec()].concat()),
            ("what was not sealed", pdf(3 * CHUNK + 100)),
        ];
        for (what, bytes) in bad {
            std::fs::write(world.sealed_at(digest), bytes).unwrap();
            assert!(read(&world.service.blobs, digest, None).await.is_err(), "{what}");
            if what == "another document whole" {
                assert!(world.service.blobs.read(digest, None).await.is_err(), "not a byte of it goes out under this name");
            }
            assert!(read(&world.service.blobs, digest, Some(20_000..20_010)).await.is_err(), "{what}, a range");
            let broken = service::verify::verify(&world.service).await.unwrap().unwrap_err();
            let named = |one: &service::verify::Broken| one.why.zh.contains(&digest.to_string()) && one.seq > 1;
            assert!(!broken.is_empty() && broken.iter().all(named), "{what}: {broken:?}");
        }
        std::fs::write(world.sealed_at(digest), &file).unwrap();
        assert!(service::verify::verify(&world.service).await.unwrap().is_ok());
        assert!(read(&world.service.blobs, digest, None).await.unwrap() == pdf(3 * CHUNK + 100));
    }
}

story! {
    /// Several firms may hold the same contents: they are one file, sealed once, and leave with nobody.
    async fn the_same_contents_of_two_firms_are_one_file(world) {
        let (one, two) = (world.project().await, world.project().await);
        let wang = world.as_("wang").await;
        let bytes = pdf(40_000);
        let first = uploaded(&wang, &one, &bytes).await;
        let digest = Digest::of(&bytes);
        let file = std::fs::read(world.sealed_at(digest)).unwrap();
        let second = uploaded(&wang, &two, &bytes).await;
        assert!(std::fs::read(world.sealed_at(digest)).unwrap() == file, "what holds is not written anew");
        world.does("wang", &one, Request::Document { id: first, request: F::Remove { why: "重复".into() } }).await.unwrap();
        assert_eq!(find(&wang, &two, &second, None).await.unwrap().digest, digest);
        assert!(read(&world.service.blobs, digest, None).await.unwrap() == bytes);
    }
}

/// Makes everything what a release before would have left: the document and the rows as they are, the hash as it was made.
async fn unseal(world: &World, digest: Digest, bytes: &[u8]) {
    std::fs::remove_file(world.sealed_at(digest)).unwrap();
    std::fs::create_dir_all(plain_at(world, digest).parent().unwrap()).unwrap();
    std::fs::write(plain_at(world, digest), bytes).unwrap();
    let (pool, sealer) = (world.service.db.pool(), world.service.keys.sealer().unwrap());
    let base64 = base64::engine::general_purpose::STANDARD;
    for row in sqlx::query("select id, password_hash from account where password_hash is not null").fetch_all(pool).await.unwrap() {
        let (id, stored): (String, String) = (row.get("id"), row.get("password_hash"));
        let stored = base64::Engine::decode(&base64, stored.strip_prefix("sealed:").unwrap()).unwrap();
        let hash = String::from_utf8(sealer.open(&stored, &format!("account/{id}/password")).unwrap()).unwrap();
        assert!(hash.starts_with("$argon2id$"));
        sqlx::query("update account set password_hash = $1 where id = $2").bind(hash).bind(id).execute(pool).await.unwrap();
    }
    for (table, column, number, kind) in [("sheet_update", "data", "seq", "update"), ("sheet_whole", "state", "compacted", "whole")] {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("select document, {column} as data, {number} as seq from {table}")));
        for row in rows.fetch_all(pool).await.unwrap() {
            let (document, seq): (String, i64) = (row.get("document"), row.get("seq"));
            let plain = sealer.open(&row.get::<Vec<u8>, _>("data"), &format!("sheet/{document}/{kind}/{seq}")).unwrap();
            let set = format!("update {table} set {column} = $1, sealed = 0 where document = $2 and {number} = $3");
            sqlx::query(sqlx::AssertSqlSafe(set)).bind(plain).bind(document).bind(seq).execute(pool).await.unwrap();
        }
    }
    for row in sqlx::query("select document, field, author, seq, value from sheet_change").fetch_all(pool).await.unwrap() {
        let (document, field, author, seq): (String, String, String, i64) =
            (row.get("document"), row.get("field"), row.get("author"), row.get("seq"));
        let sealed = base64::Engine::decode(&base64, row.get::<String, _>("value")).unwrap();
        let plain = sealer.open(&sealed, &format!("sheet/{document}/change/{field}/{author}/{seq}")).unwrap();
        sqlx::query("update sheet_change set value = $1, sealed = 0 where document = $2 and field = $3 and author = $4 and seq = $5")
            .bind(String::from_utf8(plain).unwrap())
            .bind(document)
            .bind(field)
            .bind(author)
            .bind(seq)
            .execute(pool)
            .await
            .unwrap();
    }
}

async fn stored_hash(world: &World, login: &str) -> String {
    let row = sqlx::query("select password_hash from account where login = $1").bind(login.to_string());
    row.fetch_one(world.service.db.pool()).await.unwrap().get("password_hash")
}

story! {
    async fn what_is_from_before_is_read_and_then_sealed_by_the_command(world) {
        let (id, document) = told(&world).await;
        merged(&world, &id).await;
        let wang = world.as_("wang").await;
        fill(&wang, &id, [("total_investment".into(), "90000".into())].into()).await.map_err(sentence).unwrap();
        let before = sheet_of(&wang, &id).await;
        let (bytes, digest) = (pdf(100_000), find(&wang, &id, &document, None).await.unwrap().digest);
        unseal(&world, digest, &bytes).await;
        assert!(!files_with(&world.folder().join("documents"), SENTENCE).is_empty());
        let (_, sealed, found) = sheets(&world, NUMBER).await;
        assert!(sealed == 0 && found);
        // All of it is read as it was, on another server too.
        let second = world.second_server().await;
        for service in [&world.service, &second] {
            assert_eq!(sheet_of(&world.at(service, "wang").await, &id).await, before);
            assert!(read(&service.blobs, digest, None).await.unwrap() == bytes);
            assert!(read(&service.blobs, digest, Some(50_000..50_100)).await.unwrap() == bytes[50_000..50_100]);
        }
        assert!(service::verify::verify(&world.service).await.unwrap().is_ok());
        // Who signs in has their hash sealed; who does not, by the command.
        assert!(sign_in(&world.service.context(None), "wang", "a wrong horse").await.is_err());
        assert!(stored_hash(&world, "wang").await.starts_with("$argon2id$"));
        sign_in(&world.service.context(None), "wang", "correct horse").await.map_err(sentence).unwrap();
        assert!(stored_hash(&world, "wang").await.starts_with("sealed:"));
        assert!(stored_hash(&world, "li").await.starts_with("$argon2id$"));
        // New edits follow old ones.
        fill(&wang, &id, [("headcount".into(), "12".into())].into()).await.map_err(sentence).unwrap();
        let before = sheet_of(&wang, &id).await;
        let done = seal_stored(&world.service, &mut |_| {}).await.unwrap();
        assert_eq!((done.contents, done.of, done.bytes, done.passwords), (1, 1, 100_000, 1));
        let (rows, sealed, found) = sheets(&world, NUMBER).await;
        assert!(done.rows > 2 && rows == sealed && !found && done.changed.is_empty(), "{done:?}");
        assert!(stored_hash(&world, "li").await.starts_with("sealed:"));
        // Nothing is left of it, also where it stood in the database's file.
        assert!(!plain_at(&world, digest).exists());
        for text in [SENTENCE, NUMBER, "$argon2id$"] {
            assert_eq!(files_with(world.folder(), text), [] as [PathBuf; 0], "{text}");
        }
        assert_eq!(sheet_of(&wang, &id).await, before);
        assert_eq!(history(&wang, &id, "project", Some("total_investment")).await.unwrap()[0].entry.value, "90000");
        // What a server remembers of the file from before is looked at anew.
        assert!(read(&second.blobs, digest, Some(50_000..50_100)).await.unwrap() == bytes[50_000..50_100]);
        sign_in(&world.service.context(None), "li", "correct horse").await.map_err(sentence).unwrap();
        assert_eq!(seal_stored(&world.service, &mut |_| {}).await.unwrap(), Done::default(), "a second run finds nothing");
        assert!(service::verify::verify(&world.service).await.unwrap().is_ok());
    }
}

story! {
    /// While somebody reads what stood there before, it cannot be let go of: the command says so and is run again.
    async fn nothing_is_called_sealed_while_a_reader_holds_what_stood_there_before(world) {
        let (id, document) = told(&world).await;
        let digest = find(&world.as_("wang").await, &id, &document, None).await.unwrap().digest;
        unseal(&world, digest, &pdf(100_000)).await;
        // Of another program, such as a portal that is open.
        sqlx::any::install_default_drivers();
        let portal = sqlx::AnyPool::connect(&world.url).await.unwrap();
        let mut reading = portal.begin().await.unwrap();
        sqlx::query("select count(*) as n from account").fetch_one(&mut *reading).await.unwrap();
        let refused = seal_stored(&world.service, &mut |_| {}).await.unwrap_err().to_string();
        assert!(refused.contains("run this again when the portal is quiet"), "{refused}");
        // Nobody else was hurt by it, and all but that is done.
        sign_in(&world.service.context(None), "wang", "correct horse").await.map_err(sentence).unwrap();
        assert!(!plain_at(&world, digest).exists() && !sheets(&world, NUMBER).await.2);
        reading.rollback().await.unwrap();
        portal.close().await;
        assert_eq!(seal_stored(&world.service, &mut |_| {}).await.unwrap(), Done::default());
        for text in [SENTENCE, NUMBER, "$argon2id$"] {
            assert_eq!(files_with(world.folder(), text), [] as [PathBuf; 0], "{text}");
        }
    }
}

story! {
    async fn the_command_goes_on_where_it_was_stopped_and_keeps_what_does_not_hold(world) {
        let (one, two, three) = (pdf(50_000), pdf(60_000), pdf(70_000));
        for bytes in [&one, &two, &three] {
            let place = plain_at(&world, Digest::of(bytes));
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::write(place, bytes).unwrap();
        }
        // Stopped between the two: sealed, and the other form still there.
        let left = std::fs::read(plain_at(&world, Digest::of(&one))).unwrap();
        world.service.blobs.keep(one.clone()).await.unwrap();
        assert!(!plain_at(&world, Digest::of(&one)).exists(), "whoever brings the same contents again seals them");
        std::fs::create_dir_all(plain_at(&world, Digest::of(&one)).parent().unwrap()).unwrap();
        std::fs::write(plain_at(&world, Digest::of(&one)), left).unwrap();
        std::fs::write(plain_at(&world, Digest::of(&two)), b"not what it was").unwrap();
        let done = seal_stored(&world.service, &mut |_| {}).await.unwrap();
        assert_eq!((done.contents, done.of, done.changed.as_slice()), (2, 3, &[Digest::of(&two)][..]));
        assert!(plain_at(&world, Digest::of(&two)).exists() && !plain_at(&world, Digest::of(&one)).exists());
        for bytes in [&one, &three] {
            assert!(read(&world.service.blobs, Digest::of(bytes), None).await.unwrap() == *bytes);
        }
    }
}

story! {
    async fn a_row_that_was_moved_or_exchanged_is_not_believed(world) {
        let (id, _) = told(&world).await;
        let wang = world.as_("wang").await;
        let pool = world.service.db.pool();
        // Another person's password, put in one's own place or one's own in theirs.
        let cx = world.service.context(None);
        set_password(&cx, "chen", Password::Plain("another horse".into())).await.map_err(sentence).unwrap();
        let moved = "update account set password_hash = (select password_hash from account where login = 'wang') where login = 'chen'";
        sqlx::query(moved).execute(pool).await.unwrap();
        assert_eq!(sentence(sign_in(&cx, "chen", "correct horse").await.map(|_| ()).unwrap_err()), "登录名或密码不对。");
        assert!(sign_in(&cx, "wang", "correct horse").await.is_ok());
        // An older value in the place of a newer one, and one field's in another's.
        world.service.clock.advance_seconds(120);
        fill(&wang, &id, [("total_investment".into(), "90000".into())].into()).await.map_err(sentence).unwrap();
        let other = "update sheet_change set value = (select max(value) from sheet_change where field = 'gross_floor_area') \
                     where field = 'total_investment' and seq = (select max(seq) from sheet_change where field = 'total_investment')";
        assert_eq!(sqlx::query(other).execute(pool).await.unwrap().rows_affected(), 1);
        let fault = service::sheet::view(&wang, &id).await.map(|_| ()).unwrap_err();
        assert!(matches!(&fault, service::Error::Fault(why) if why.to_string().contains("total_investment")), "{fault:?}");
    }
}
