//! Who can write the database, or holds an old key, makes nothing genuine; and what the log once said stays provable.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use domain::Id;
use domain::date::Date;
use domain::log::{Digest, Meta, link};
use domain::project::Project;
use domain::project::certificate::Certificate;
use domain::project::matter::Request as M;
use server::{AppState, Settings, Site, router};
use service::Service;
use service::certificate::{Forged, Keys, Trusted, address, by_number, check};
use service::crypto::{Module, Sealer, Software, Unopened, jws};
use service::daily_head::{latest, make};
use service::project::Sent;
use service::verify::verify;
use sqlx::Row;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use test_support::filing::issue;
use test_support::world::*;
use tower::ServiceExt;

const SITING: &str = "siting-compliance-check";
const DAY: i64 = 86_400;

fn doors(service: &Service) -> (Router, tokio::sync::watch::Sender<bool>) {
    let (stop, stopping) = tokio::sync::watch::channel(false);
    (router(AppState::new(service.clone(), Site::none(), Settings::default(), stopping).unwrap()), stop)
}

async fn get(service: &Service, path: &str) -> (u16, String) {
    let (router, _open) = doors(service);
    let answer = router.oneshot(Request::get(path).header("accept", "text/html").body(Body::empty()).unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    (status, String::from_utf8_lossy(&to_bytes(answer.into_body(), 10_000_000).await.unwrap()).into_owned())
}

async fn run(service: &Service, sql: &'static str, values: &[&str]) -> u64 {
    let query = values.iter().fold(sqlx::query(sql), |query, value| query.bind(value.to_string()));
    query.execute(service.db.pool()).await.unwrap().rows_affected()
}

/// A project with one certificate; its number.
async fn issued(world: &World) -> (Id<Project>, String) {
    let project = world.project().await;
    let office = world.as_("zhou").await;
    for command in [M::File, M::Accept, M::Decide] {
        service::project::request(&office, &project, step(SITING, command), Sent::default()).await.map_err(sentence).unwrap();
    }
    service::project::request(&office, &project, issue(SITING), Sent::default()).await.map_err(sentence).unwrap();
    let number = world.sees("zhou", &project).await.unwrap().project.certificates.keys().next().unwrap().clone();
    (project, number)
}

fn keys(world: &World) -> PathBuf {
    world.folder().join("keys")
}

/// The certificate made out anew for somebody else, signed with whatever key is in a folder.
fn forge(genuine: &Certificate, folder: &Path) -> (Software, String) {
    let module = Software::open(folder).unwrap();
    let forged = Certificate { holder: "冒名公司".into(), ..genuine.clone() };
    let text = jws::sign(&module, "quanlian-certificate+json", &forged).unwrap();
    (module, text)
}

async fn put_in_place(world: &World, number: &str, text: &str) {
    let digest = world.service.blobs.keep(text.as_bytes().to_vec()).await.unwrap();
    assert_eq!(run(&world.service, "update certificate set signed = $1 where number = $2", &[&digest.to_string(), number]).await, 1);
}

#[tokio::test]
async fn a_key_planted_in_the_database_makes_nothing_genuine() {
    let world = World::on_sqlite().await;
    let (_, number) = issued(&world).await;
    let page = address("", &number);
    assert!(get(&world.service, &page).await.1.contains("此证真实、有效"));
    let genuine = by_number(&world.service, &number).await.unwrap().certificate;
    let own = tempfile::tempdir().unwrap();
    let (module, forged) = forge(&genuine, own.path());
    let key = module.public_key().unwrap();
    let planted = "insert into signing_key (id, public, created_at) values ($1, $2, $3)";
    run(&world.service, planted, &[&key.kid, &key.x, "2024-01-01T00:00:00.000000Z"]).await;
    put_in_place(&world, &number, &forged).await;
    let (status, text) = get(&world.service, &page).await;
    assert!(!text.contains("此证真实、有效") && !text.contains("冒名公司"), "{status} {text}");
    assert!(text.contains("这份证照不真实"), "the reader is told, and it is no fault: {text}");
    let (_, jwks) = get(&world.service, "/.well-known/jwks.json").await;
    assert!(!jwks.contains(&key.kid), "{jwks}");
    assert_eq!(check(&forged, &Trusted::parse(&jwks).unwrap()), Err(Forged::UnknownKey));
    // Nor after the next start.
    let again = world.second_server().await;
    assert!(again.keys.trusted().unwrap().get(&key.kid).is_none());
}

#[tokio::test]
async fn the_file_of_one_certificate_does_not_stand_for_another() {
    let world = World::on_sqlite().await;
    let (_, one) = issued(&world).await;
    let (_, other) = issued(&world).await;
    assert_ne!(one, other);
    assert_eq!(
        run(
            &world.service,
            "update certificate set signed = (select signed from certificate where number = $1) where number = $2",
            &[&one, &other]
        )
        .await,
        1
    );
    assert!(get(&world.service, &address("", &other)).await.1.contains("这份证照不真实"));
}

#[tokio::test]
async fn a_retired_key_signs_nothing_that_is_believed() {
    let world = World::on_sqlite().await;
    let (_, number) = issued(&world).await;
    let before = by_number(&world.service, &number).await.unwrap().certificate;
    // Somebody copied the key before it was changed.
    let stolen = tempfile::tempdir().unwrap();
    for name in ["signing.key", "storage.key"] {
        std::fs::copy(keys(&world).join(name), stolen.path().join(name)).unwrap();
    }
    let old = world.service.keys.id().unwrap();
    world.service.clock.advance_seconds(DAY);
    // The command line does it, beside the portal that is open; the portal signs with the new key at once.
    let new = Keys::open(&keys(&world)).unwrap().rotate(&world.service).await.unwrap();
    assert_ne!(new, old);
    assert_eq!(world.service.keys.id().unwrap(), new);
    assert_eq!(by_number(&world.service, &number).await.unwrap().certificate, before, "what it signed in its time stays");
    let trusted = world.service.keys.trusted().unwrap();
    assert!(trusted.get(&old).unwrap().retired().is_some() && trusted.get(&new).unwrap().retired().is_none());
    world.service.clock.advance_seconds(2 * DAY);
    let dated = Certificate { issued_on: world.service.clock.now().date(), ..before };
    let (_, forged) = forge(&dated, stolen.path());
    assert_eq!(check(&forged, &trusted), Err(Forged::Retired));
    put_in_place(&world, &number, &forged).await;
    let (_, text) = get(&world.service, &address("", &number)).await;
    assert!(text.contains("密钥停用之后") && !text.contains("冒名公司"), "{text}");
    // The old key put back into the folder does not make the portal sign with it.
    std::fs::copy(stolen.path().join("signing.key"), keys(&world).join("signing.key")).unwrap();
    assert!(world.service.keys.sign(&dated).unwrap_err().to_string().contains("key rotate"));
}

#[tokio::test]
async fn a_portal_from_before_the_file_believes_its_table_once() {
    let world = World::on_sqlite().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let earlier = Software::open(&elsewhere.path().join("earlier")).unwrap().public_key().unwrap();
    let own = world.service.keys.id().unwrap();
    let row = "insert into signing_key (id, public, created_at, retired_at) values ($1, $2, $3, $4)";
    run(&world.service, row, &[&earlier.kid, &earlier.x, "2024-01-01T00:00:00.000000Z", "2024-06-01T00:00:00.000000Z"]).await;
    std::fs::remove_file(keys(&world).join("trusted.json")).unwrap();
    let trusted = world.second_server().await.keys.trusted().unwrap();
    assert_eq!(trusted.keys().len(), 2);
    assert!(trusted.get(&earlier.kid).unwrap().retired().is_some() && trusted.get(&own).unwrap().retired().is_none());
    let later = Software::open(&elsewhere.path().join("later")).unwrap().public_key().unwrap();
    run(&world.service, row, &[&later.kid, &later.x, "2024-01-01T00:00:00.000000Z", "2030-06-01T00:00:00.000000Z"]).await;
    assert!(world.second_server().await.keys.trusted().unwrap().get(&later.kid).is_none());
    #[cfg(unix)]
    for (name, mode) in [("signing.key", 0o600), ("storage.key", 0o600), ("trusted.json", 0o644)] {
        use std::os::unix::fs::PermissionsExt;
        let found = std::fs::metadata(keys(&world).join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found & !mode, 0, "{name}: {found:o}");
    }
}

/// Two days, each with something that happened and its head.
async fn two_days(world: &World) -> (Id<Project>, Date, Date) {
    let project = world.project().await;
    world.does("wang", &project, ask("q1", None, "一")).await.unwrap();
    let first = make(&world.service).await.unwrap();
    world.service.clock.advance_seconds(DAY);
    world.does("wang", &project, ask("q2", None, "二")).await.unwrap();
    world.project().await;
    let second = make(&world.service).await.unwrap();
    assert_eq!((first.seq, first.streams, second.seq, second.streams), (2, 1, 4, 2));
    world.does("wang", &project, ask("q3", None, "三")).await.unwrap();
    assert_eq!(verify(&world.service).await.unwrap().unwrap().events, 5);
    (project, first.day, second.day)
}

fn file_of(world: &World, day: Date) -> PathBuf {
    keys(world).join("heads").join(format!("{day}.jws"))
}

/// What the verification says of the head that does not hold.
async fn complaint(world: &World) -> (String, String) {
    let broken = verify(&world.service).await.unwrap().unwrap_err().remove(0);
    (broken.stream, broken.why.zh)
}

/// Writes the log anew as somebody would who owns the database: one word changed, every hash after it made again, every
/// trace of the heads in the database gone.
async fn write_anew(world: &World, from: &str, to: &str) {
    let pool = world.service.db.pool();
    let rows = sqlx::query("select seq, stream, version, at, actor, kind, body from event order by seq").fetch_all(pool).await.unwrap();
    let mut last = std::collections::BTreeMap::<String, Digest>::new();
    for row in rows {
        let text = |name: &str| row.get::<String, _>(name);
        let meta = Meta {
            stream: text("stream"),
            version: row.get::<i64, _>("version").unsigned_abs(),
            at: text("at").parse().unwrap(),
            actor: text("actor").into(),
            kind: text("kind"),
        };
        let body = text("body").replace(from, to);
        let hash = link(last.get(&meta.stream).copied().unwrap_or_default(), meta.digest(&body));
        sqlx::query("update event set body = $1, hash = $2 where seq = $3")
            .bind(body)
            .bind(hash.to_string())
            .bind(row.get::<i64, _>("seq"))
            .execute(pool)
            .await
            .unwrap();
        last.insert(meta.stream, hash);
    }
    run(&world.service, "delete from daily_head", &[]).await;
}

#[tokio::test]
async fn a_database_written_anew_from_the_start_is_found_out_by_the_signed_heads() {
    let world = World::on_sqlite().await;
    let (_, first, _) = two_days(&world).await;
    write_anew(&world, "一", "七").await;
    let (named, why) = complaint(&world).await;
    assert_eq!(named, format!("heads/{first}.jws"));
    assert!(why.contains("被改写过"), "{why}");
    // Every chain holds: only the files tell. Where those are gone too, copies that others kept do.
    let kept = world.folder().join("kept");
    std::fs::rename(keys(&world).join("heads"), &kept).unwrap();
    assert!(verify(&world.service).await.unwrap().is_ok());
    let broken = service::daily_head::verify(&world.service, Some(&kept)).await.unwrap().unwrap_err().remove(0);
    assert_eq!(broken.stream, format!("heads/{first}.jws"));
}

#[tokio::test]
async fn what_came_after_the_last_head_is_not_vouched_for_and_what_came_before_is() {
    let world = World::on_sqlite().await;
    let (_, _, second) = two_days(&world).await;
    write_anew(&world, "三", "九").await;
    assert!(verify(&world.service).await.unwrap().is_ok(), "the day is not over: its head will be made tomorrow");
    write_anew(&world, "二", "九").await;
    assert_eq!(complaint(&world).await.0, format!("heads/{second}.jws"));
}

#[tokio::test]
async fn a_log_cut_short_under_a_signed_head_is_found() {
    let world = World::on_sqlite().await;
    let (_, _, second) = two_days(&world).await;
    run(&world.service, "delete from event where seq >= 3", &[]).await;
    // Whoever cuts it makes the read tables fit.
    service::verify::rebuild(&world.service).await.unwrap();
    let (named, why) = complaint(&world).await;
    assert_eq!(named, format!("heads/{second}.jws"));
    assert!(why.contains("后面的被删去"), "{why}");
}

#[tokio::test]
async fn heads_that_are_changed_exchanged_or_taken_away_are_named() {
    let world = World::on_sqlite().await;
    let (_, first, second) = two_days(&world).await;
    let (one, two) = (file_of(&world, first), file_of(&world, second));
    let (text, other) = (std::fs::read_to_string(&one).unwrap(), std::fs::read_to_string(&two).unwrap());
    let named = |day: Date| format!("heads/{day}.jws");
    std::fs::write(&two, other.replacen("\"payload\": \"e", "\"payload\": \"f", 1)).unwrap();
    assert_eq!(complaint(&world).await.0, named(second), "changed");
    std::fs::write(&two, &text).unwrap();
    assert_eq!(complaint(&world).await.0, named(second), "another day's in its place");
    // Signed well, but with a key that is nobody's: whoever owns the database can do that.
    let strange = Software::open(&world.folder().join("strange")).unwrap();
    let payload = serde_json::json!({
        "day": second, "seq": 0, "streams": 0, "digest": "SHA-256", "root": "", "previous": null,
        "made_at": "2024-09-27T02:00:00.000000Z"
    });
    let forged = jws::sign(&strange, "quanlian-head+json", &payload).unwrap();
    run(&world.service, "update daily_head set jws = $1 where day = $2", &[&forged, &second.to_string()]).await;
    std::fs::write(&two, &other).unwrap();
    assert_eq!(complaint(&world).await.0, named(second), "another one in the database");
    run(&world.service, "update daily_head set jws = $1 where day = $2", &[&other, &second.to_string()]).await;
    assert!(verify(&world.service).await.unwrap().is_ok());
    std::fs::remove_file(&one).unwrap();
    assert!(verify(&world.service).await.unwrap().is_ok(), "the database has it still");
    run(&world.service, "delete from daily_head where day = $1", &[&first.to_string()]).await;
    assert_eq!(complaint(&world).await, (named(second), format!("它前面 {first} 的签名不见了或被换了")));
}

#[tokio::test]
async fn of_several_servers_one_makes_the_head_and_everybody_can_keep_it() {
    let world = World::on_sqlite().await;
    let path = "/.well-known/quanlian-head.jws";
    assert_eq!(get(&world.service, path).await.0, 404);
    let project = world.project().await;
    let other = world.second_server().await;
    let (a, b, c) = tokio::join!(make(&world.service), make(&other), make(&world.service));
    let (a, b, c) = (a.unwrap(), b.unwrap(), c.unwrap());
    assert!(a == b && b == c);
    let rows = sqlx::query("select jws from daily_head").fetch_all(world.service.db.pool()).await.unwrap();
    assert_eq!(rows.len(), 1);
    let (status, text) = get(&world.service, path).await;
    assert_eq!((status, &text), (200, &rows[0].get::<String, _>("jws")));
    assert_eq!(text, latest(&world.service.keys).map_err(|_| "none").unwrap());
    // Later the same day, and whatever the database says then, the first file stays.
    world.does("wang", &project, ask("q1", None, "一")).await.unwrap();
    assert_eq!(make(&world.service).await.unwrap(), a);
    run(&world.service, "delete from daily_head", &[]).await;
    let _ = make(&world.service).await;
    assert_eq!(get(&world.service, path).await.1, text);
    // It says nothing of whom or what.
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let payload = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, value["payload"].as_str().unwrap()).unwrap();
    let payload = String::from_utf8(payload).unwrap();
    assert!(!payload.contains(project.as_str()) && !payload.contains("测试"), "{payload}");
}

/// Another module stands behind the port: everything that signs and checks goes through it, and what the one before
/// signed is still believed.
#[tokio::test]
async fn a_certified_module_can_stand_behind_the_port() {
    struct Device(Software);
    impl service::crypto::Verifier for Device {
        fn verifies(&self, key: &service::crypto::PublicKey, message: &[u8], signature: &[u8]) -> bool {
            match key.alg.as_str() {
                "SM2SM3" => signature == Digest::of(&[b"device".as_slice(), message].concat()).0,
                _ => self.0.verifies(key, message, signature),
            }
        }
        fn digest(&self, algorithm: &str, bytes: &[u8]) -> Option<Vec<u8>> {
            match algorithm {
                "SM3" => Some(Digest::of(&[b"sm3".as_slice(), bytes].concat()).0.to_vec()),
                _ => self.0.digest(algorithm, bytes),
            }
        }
    }
    impl Module for Device {
        fn public_key(&self) -> Result<service::crypto::PublicKey, service::Fault> {
            let [kty, crv, alg, usage, kid, x] = ["EC", "SM2", "SM2SM3", "sig", "device-1", "AA"].map(str::to_string);
            Ok(service::crypto::PublicKey { kty, crv, alg, usage, kid, x, y: Some("AA".into()) })
        }
        fn sign(&self, message: &[u8], _: &service::crypto::PublicKey) -> Result<Vec<u8>, service::Fault> {
            Ok(Digest::of(&[b"device".as_slice(), message].concat()).0.to_vec())
        }
        fn rotate(
            &self,
            _: &mut dyn FnMut(&service::crypto::PublicKey) -> Result<(), service::Fault>,
        ) -> Result<service::crypto::PublicKey, service::Fault> {
            Err("the device's keys are changed at the device".into())
        }
        fn digest_algorithm(&self) -> &'static str {
            "SM3"
        }
        fn sealer(&self) -> Result<Arc<dyn Sealer>, service::Fault> {
            Ok(Arc::new(Session { key: 0x5a, before: self.0.sealer()? }))
        }
        fn storage_keys(&self) -> Result<Vec<service::crypto::Named>, service::Fault> {
            let mut keys = self.0.storage_keys()?;
            keys.push(("device-1".to_string(), self.sealer()?));
            Ok(keys)
        }
    }
    /// What it seals has another form and another length than what the built-in module seals.
    struct Session {
        key: u8,
        before: Arc<dyn Sealer>,
    }
    impl Session {
        fn tag(&self, hidden: &[u8], place: &str) -> [u8; 32] {
            Digest::of(&[&[self.key], place.as_bytes(), b"|", hidden].concat()).0
        }
    }
    impl Sealer for Session {
        fn seal(&self, plain: &[u8], place: &str) -> Result<Vec<u8>, service::Fault> {
            let hidden: Vec<u8> = plain.iter().map(|byte| byte ^ self.key).collect();
            Ok([b"SM4".as_slice(), &self.tag(&hidden, place), &hidden].concat())
        }
        fn open(&self, sealed: &[u8], place: &str) -> Result<Vec<u8>, service::Fault> {
            let Some(own) = sealed.strip_prefix(b"SM4") else { return self.before.open(sealed, place) };
            let (tag, hidden) = own.split_at_checked(32).ok_or(Unopened::NotSealed)?;
            match tag == self.tag(hidden, place) {
                true => Ok(hidden.iter().map(|byte| byte ^ self.key).collect()),
                false => Err(Unopened::Changed.into()),
            }
        }
        fn longer_by(&self) -> usize {
            35
        }
    }
    let mut world = World::on_sqlite().await;
    let (_, before) = issued(&world).await;
    make(&world.service).await.unwrap();
    let device = Keys::with(&keys(&world), Arc::new(Device(Software::open(&keys(&world)).unwrap())));
    let blobs = world.service.blobs.clone();
    let catalogue = world.service.catalogue.clone();
    let service = Service::open(&world.url, blobs, device, catalogue, world.service.clock.clone()).await.unwrap();
    service.keys.trust(&service).unwrap();
    service.clock.advance_seconds(DAY);
    world.service = service;
    let (project, after) = issued(&world).await;
    assert!(by_number(&world.service, &before).await.unwrap().authentic && by_number(&world.service, &after).await.unwrap().authentic);
    assert_eq!(make(&world.service).await.unwrap().digest, "SM3");
    assert!(verify(&world.service).await.unwrap().is_ok());
    assert!(get(&world.service, "/.well-known/jwks.json").await.1.contains("SM2SM3"));
    // What it seals and what the one before sealed are both read; what it sealed has its form.
    let held = world.sees("zhou", &project).await.unwrap().project.certificates.values().next().unwrap().clone();
    assert!(std::fs::read(world.sealed_at(held.signed)).unwrap()[28..].starts_with(b"SM4"));
    service::account::sign_in(&world.service.context(None), "wang", "correct horse").await.unwrap();
    let new = service::account::Password::Plain("another horse".into());
    service::account::set_password(&world.service.context(None), "wang", new).await.unwrap();
    service::account::sign_in(&world.service.context(None), "wang", "another horse").await.unwrap();
}
