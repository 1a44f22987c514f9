//! Documents: contents that stand under another's digest, zips that lie, downloads that nobody reads.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use domain::id::Id;
use domain::log::Digest;
use domain::project::Project;
use domain::project::library::Document;
use futures::StreamExt;
use server::{AppState, Settings, Site, router};
use service::Service;
use service::certificate::Keys;
use std::path::Path;
use std::time::Duration;
use test_support::portal::{Answer, Portal};
use test_support::world::sealed_at;
use tower::ServiceExt;

const KIND: &str = "application/offset+octet-stream";

async fn announce(portal: &Portal, project: &Id<Project>, cookie: &str, length: usize) -> Answer {
    let request = Request::post(format!("/projects/{project}/uploads"))
        .header(header::COOKIE, cookie)
        .header("upload-length", length.to_string())
        // `图.pdf` in base64.
        .header("upload-metadata", "filename 5Zu+LnBkZg==");
    portal.send(request.body(Body::empty()).unwrap()).await
}

async fn patch(router: &Router, place: &str, cookie: &str, offset: usize, bytes: Vec<u8>) -> (StatusCode, HeaderMap) {
    let request =
        Request::patch(place).header(header::COOKIE, cookie).header("upload-offset", offset.to_string()).header(header::CONTENT_TYPE, KIND);
    let response = router.clone().oneshot(request.body(Body::from(bytes)).unwrap()).await.unwrap();
    (response.status(), response.headers().clone())
}

async fn send(portal: &Portal, project: &Id<Project>, cookie: &str, bytes: &[u8]) -> Result<Id<Document>, StatusCode> {
    let created = announce(portal, project, cookie, bytes.len()).await;
    let place = created.headers[header::LOCATION].to_str().unwrap().to_string();
    let mut offset = 0;
    for part in bytes.chunks(8 << 20) {
        let (status, headers) = patch(&portal.router, &place, cookie, offset, part.to_vec()).await;
        offset += part.len();
        match headers.get("quanlian-document") {
            Some(document) => return Ok(document.to_str().unwrap().into()),
            None if status != 204 => return Err(status),
            None => {}
        }
    }
    panic!("the last part makes it a document")
}

fn pdf(length: usize) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend((0..length.saturating_sub(9)).map(|i| (i / 251).to_le_bytes()[0]));
    bytes
}

/// A second server on the same database and documents.
async fn second_server(portal: &Portal) -> Router {
    let folder = Path::new(portal.service.blobs.name()).parent().unwrap();
    let url = format!("sqlite:{}", folder.join("test.db").display());
    let keys = Keys::open(&folder.join("keys")).unwrap();
    let s = &portal.service;
    let service = Service::open(&url, s.blobs.clone(), keys, s.catalogue.clone(), s.clock.clone()).await.unwrap();
    router(AppState::new(service, Site::none(), Settings::default(), portal.stop.subscribe()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_parts_at_one_offset_never_put_bytes_under_anothers_digest() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let wang = portal.session("wang").await;
    let second = second_server(&portal).await;
    let first = pdf(20_000);
    for round in 0..30 {
        // Now on one server, now on two.
        let other = if round % 2 == 0 { portal.router.clone() } else { second.clone() };
        let (x, y) = (vec![b'X'; 200_000 + round], vec![b'Y'; 200_000 + round]);
        let created = announce(&portal, &project, &wang, first.len() + x.len()).await;
        let place = created.headers[header::LOCATION].to_str().unwrap().to_string();
        assert_eq!(patch(&portal.router, &place, &wang, 0, first.clone()).await.0, 204);
        let (a, b) = tokio::join!(
            patch(&portal.router, &place, &wang, first.len(), x.clone()),
            patch(&other, &place, &wang, first.len(), y.clone()),
        );
        for (status, _) in [&a, &b] {
            assert!(matches!(status.as_u16(), 204 | 409 | 423), "{status}");
        }
        let document = [&a, &b].iter().find_map(|(_, headers)| headers.get("quanlian-document")).unwrap().to_str().unwrap().to_string();
        let answer = portal.get(&format!("/projects/{project}/documents/{document}"), &wang).await;
        let digest = answer.headers[header::ETAG].to_str().unwrap().trim_matches('"').to_string();
        assert_eq!(Digest::of(&answer.bytes).to_string(), digest, "round {round}");
        assert!(answer.bytes == [first.clone(), x].concat() || answer.bytes == [first.clone(), y].concat(), "round {round}");
    }
    assert!(service::verify::verify(&portal.service).await.unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_was_changed_on_the_disk_is_not_served() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let wang = portal.session("wang").await;
    let bytes = pdf(5000);
    let address = format!("/projects/{project}/documents/{}", send(&portal, &project, &wang, &bytes).await.unwrap());
    let range = async |range: &str| {
        let request = Request::get(&address).header(header::COOKIE, &wang).header(header::RANGE, range);
        portal.send(request.body(Body::empty()).unwrap()).await
    };
    assert_eq!(
        (range("bytes=4000-4009").await.status, range("bytes=4000-4009").await.bytes),
        (StatusCode::PARTIAL_CONTENT, bytes[4000..4010].to_vec())
    );
    let mut changed = std::fs::read(sealed_at(&portal.service, Digest::of(&bytes))).unwrap();
    changed[100] ^= 1;
    std::fs::write(sealed_at(&portal.service, Digest::of(&bytes)), &changed).unwrap();
    assert_eq!(portal.get(&address, &wang).await.status, 500);
    assert_eq!(range("bytes=4000-4009").await.status, 500);
    std::fs::remove_file(sealed_at(&portal.service, Digest::of(&bytes))).unwrap();
    assert_eq!(portal.get(&address, &wang).await.status, 500);
    assert_eq!(range("bytes=0-9").await.status, 500);
}

async fn on_record(portal: &Portal) -> Vec<String> {
    let rows = sqlx::query_scalar("select subject from audit where kind = 'document_read' order by at, id");
    rows.fetch_all(portal.service.db.pool()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_leaves_the_portal_is_on_record() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let wang = portal.session("wang").await;
    let bytes = pdf(5000);
    let document = send(&portal, &project, &wang, &bytes).await.unwrap();
    let address = format!("/projects/{project}/documents/{document}");
    let asks = async |request: axum::http::request::Builder| {
        portal.send(request.uri(&address).header(header::COOKIE, &wang).body(Body::empty()).unwrap()).await
    };
    let head = asks(Request::head("/")).await;
    assert_eq!((head.status.as_u16(), head.headers[header::CONTENT_LENGTH].to_str().unwrap(), head.bytes.len()), (200, "5000", 0));
    let tag = head.headers[header::ETAG].clone();
    assert_eq!(asks(Request::get("/").header(header::IF_NONE_MATCH, &tag)).await.status, 304);
    assert!(on_record(&portal).await.is_empty(), "nothing has left");
    let one = format!("{document}/1");
    // All but the first byte is on record too; what is read on from there is the same reading.
    assert_eq!(asks(Request::get("/").header(header::RANGE, "bytes=1-")).await.status, 206);
    assert_eq!(asks(Request::get("/").header(header::RANGE, "bytes=3000-")).await.status, 206);
    assert_eq!(on_record(&portal).await, [one.as_str()]);
    assert_eq!(asks(Request::get("/")).await.status, 200);
    let other = asks(Request::get("/").header(header::RANGE, "bytes=10-20").header(header::IF_RANGE, "\"other\"")).await;
    assert_eq!((other.status.as_u16(), other.bytes.len()), (200, 5000), "a range of another version would not fit");
    portal.get(&format!("/projects/{project}/documents.zip"), &wang).await;
    assert_eq!(on_record(&portal).await, [one.as_str(), &one, &one, "documents.zip"]);
}

/// A zip of nothing but its directory: so many entries with a name of one letter.
fn bomb(entries: usize) -> Vec<u8> {
    let mut bytes = b"PK\x03\x04".to_vec();
    bytes.resize(31, 0);
    bytes[26] = 1;
    let begins = bytes.len() as u64;
    for _ in 0..entries {
        bytes.extend_from_slice(b"PK\x01\x02");
        let header = bytes.len();
        bytes.resize(header + 43, 0);
        bytes[header + 24] = 1;
    }
    let (ends, count) = (bytes.len() as u64, entries as u64);
    bytes.extend_from_slice(b"PK\x06\x06");
    bytes.extend_from_slice(&44_u64.to_le_bytes());
    bytes.extend_from_slice(&[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for n in [count, count, ends - begins, begins] {
        bytes.extend_from_slice(&n.to_le_bytes());
    }
    bytes.extend_from_slice(b"PK\x06\x07\0\0\0\0");
    bytes.extend_from_slice(&ends.to_le_bytes());
    bytes.extend_from_slice(&1_u32.to_le_bytes());
    bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0");
    bytes
}

/// Memory this program holds, in megabytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() / 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zip_of_more_than_a_million_entries_is_refused_before_its_directory_is_read() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let wang = portal.session("wang").await;
    let bytes = bomb(1_600_000);
    let before = resident();
    let (most, mut stop) = tokio::sync::oneshot::channel::<()>();
    let watching = tokio::task::spawn_blocking(move || {
        let mut peak = 0;
        while stop.try_recv() == Err(tokio::sync::oneshot::error::TryRecvError::Empty) {
            peak = peak.max(resident());
            std::thread::yield_now();
        }
        peak
    });
    assert_eq!(send(&portal, &project, &wang, &bytes).await.unwrap_err(), 422);
    drop(most);
    let peak = watching.await.unwrap();
    assert!(peak.saturating_sub(before) < 350, "{before} MB before, {peak} MB at the peak");
    // One that says it has few entries, and one that says another length, are none either.
    for (at, says) in [(24, 2_u64), (32, 2), (40, 47)] {
        let mut bytes = bomb(3);
        let record = bytes.windows(4).position(|w| w == b"PK\x06\x06").unwrap();
        bytes[record + at..record + at + 8].copy_from_slice(&says.to_le_bytes());
        assert_eq!(send(&portal, &project, &wang, &bytes).await.unwrap_err(), 422);
    }
}

/// Asks for something and reads no further than its first piece.
async fn begin(router: &Router, address: &str, cookie: &str, range: Option<&str>) -> (StatusCode, HeaderMap, axum::body::BodyDataStream) {
    let mut request = Request::get(address).header(header::COOKIE, cookie);
    if let Some(range) = range {
        request = request.header(header::RANGE, range);
    }
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let mut stream = body.into_data_stream();
    let _first: Option<Result<Bytes, _>> = stream.next().await;
    (parts.status, parts.headers, stream)
}

/// Runs a test where four threads may wait, not 512; it ends within two minutes, whatever happens.
fn with_four_threads(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).max_blocking_threads(4).enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(120), test).await }).expect("it ends in time");
}

/// Downloads that nobody reads on take neither threads nor memory.
#[test]
fn downloads_that_nobody_reads_stop_nobody_else() {
    with_four_threads(async {
        let portal = Portal::open().await;
        let project = portal.project().await;
        let (wang, li, zhou) = (portal.session("wang").await, portal.session("li").await, portal.session("zhou").await);
        let large = send(&portal, &project, &wang, &pdf(64 << 20)).await.unwrap();
        let small = send(&portal, &project, &wang, &pdf(1000)).await.unwrap();
        let (large, small) = (format!("/projects/{project}/documents/{large}"), format!("/projects/{project}/documents/{small}"));
        let zip = format!("/projects/{project}/documents.zip");
        // Checked once as a whole; then ranges are given out.
        assert_eq!(begin(&portal.router, &large, &wang, Some("bytes=9-19")).await.0, 206);
        let before = resident();
        let mut unread = Vec::new();
        for n in 0..8 {
            let range = begin(&portal.router, &large, &wang, Some(&format!("bytes={n}-"))).await;
            assert_eq!(range.0, 206);
            let all = begin(&portal.router, &zip, &li, None).await;
            assert_eq!(all.0, 200);
            unread.extend([range.2, all.2]);
        }
        let held = resident().saturating_sub(before);
        assert!(held < 200, "{held} MB are held for 16 unread downloads");
        // One more is one too many for them; everybody else is answered.
        let (status, headers, _) = begin(&portal.router, &zip, &li, None).await;
        assert_eq!(status, 429);
        assert!(headers.contains_key(header::RETRY_AFTER));
        let others = async {
            assert_eq!(portal.get(&small, &zhou).await.bytes.len(), 1000);
            portal.session("zhao").await;
            assert_eq!(portal.get("/health", "").await.status, 200);
        };
        tokio::time::timeout(Duration::from_secs(20), others).await.expect("a small request is answered");
        // Who goes away makes room.
        drop(unread);
        assert_eq!(begin(&portal.router, &zip, &li, None).await.0, 200);
    });
}

/// Two hundred people who take everything and read nothing of it.
#[test]
fn two_hundred_unread_zips_take_no_thread() {
    with_four_threads(async {
        let portal = Portal::open().await;
        let project = portal.project().await;
        let wang = portal.session("wang").await;
        send(&portal, &project, &wang, &pdf(1 << 20)).await.unwrap();
        let mut unread = Vec::new();
        for n in 0..25 {
            let login = format!("officer{n}");
            let new = service::account::NewAccount {
                login: login.clone(),
                name: login.clone(),
                role: domain::role::Role::Department,
                firm: "自规局".into(),
                office: Some("natural-resources".into()),
                password: Some("correct horse".into()),
                areas: Vec::new(),
                matters: Vec::new(),
            };
            service::account::add(&portal.service, new).await.unwrap();
            let cookie = portal.session(&login).await;
            for _ in 0..8 {
                let (status, _, body) = begin(&portal.router, &format!("/projects/{project}/documents.zip"), &cookie, None).await;
                assert_eq!(status, 200);
                unread.push(body);
            }
        }
        assert_eq!(unread.len(), 200);
        let others = async {
            portal.session("zhao").await;
            let zip = portal.get(&format!("/projects/{project}/documents.zip"), &wang).await;
            assert!(zip.bytes.len() > 1 << 20);
        };
        tokio::time::timeout(Duration::from_secs(20), others).await.expect("others are answered");
        // Whoever reads on after all gets a whole zip.
        let mut bytes = 0;
        while let Some(piece) = unread[0].next().await {
            bytes += piece.unwrap().len();
        }
        assert!(bytes > (1 << 20) - (128 << 10), "{bytes}");
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_that_never_end_hold_one_place_each() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let (wang, li) = (portal.session("wang").await, portal.session("li").await);
    let place =
        async |cookie: &str| announce(&portal, &project, cookie, 100_000).await.headers[header::LOCATION].to_str().unwrap().to_string();
    let mut going = Vec::new();
    let mut places = Vec::new();
    for _ in 0..4 {
        let place = place(&wang).await;
        // A beginning, and then nothing more.
        let (more, pieces) = tokio::sync::mpsc::channel::<Bytes>(1);
        more.send(Bytes::from_static(b"%PDF-1.7\n")).await.unwrap();
        let pieces = futures::stream::unfold(pieces, |mut pieces| async {
            pieces.recv().await.map(|piece| (Ok::<_, std::io::Error>(piece), pieces))
        });
        let request = Request::patch(&place).header(header::COOKIE, &wang).header("upload-offset", "0").header(header::CONTENT_TYPE, KIND);
        let router = portal.router.clone();
        let request = request.body(Body::from_stream(pieces)).unwrap();
        going.push(tokio::spawn(async move { router.oneshot(request).await.unwrap().status() }));
        // It has begun when its first piece is taken.
        more.reserve().await.unwrap();
        places.push((place, more));
    }
    // Of one file one part at a time; of one person four files; of others as many.
    assert_eq!(patch(&portal.router, &places[0].0, &wang, 0, pdf(500)).await.0, 423);
    let (status, headers) = patch(&portal.router, &place(&wang).await, &wang, 0, pdf(500)).await;
    assert_eq!(status, 429);
    assert!(headers.contains_key(header::RETRY_AFTER));
    assert_eq!(patch(&portal.router, &place(&li).await, &li, 0, pdf(500)).await.0, 204);
    let places: Vec<String> = places.into_iter().map(|(place, _)| place).collect();
    for one in going {
        assert_eq!(one.await.unwrap(), 204, "a short part is a part");
    }
    assert_eq!(patch(&portal.router, &places[0], &wang, 9, vec![b'x'; 500]).await.0, 204);
}
