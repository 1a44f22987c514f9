//! Documents in a store that speaks S3: a server nobody here wrote, that checks every request's signature.

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use service::blob::Blobs;
use service::material::{Announced, Taken, announce, find, take};
use test_support::world::World;

async fn server(folder: &std::path::Path) -> String {
    std::fs::create_dir(folder.join("bucket")).unwrap();
    let mut builder = S3ServiceBuilder::new(FileSystem::new(folder).unwrap());
    builder.set_auth(SimpleAuth::from_single("key", "secret"));
    let service = builder.build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await.map_err(|_| ())
            });
        }
    });
    address
}

fn settings(address: &str, secret: &str) -> Vec<(String, String)> {
    let pairs = [
        ("AWS_ENDPOINT", address),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ALLOW_HTTP", "true"),
    ];
    pairs.map(|(name, value)| (name.to_string(), value.to_string())).into()
}

/// Files below a folder; the store leaves empty folders behind.
fn files(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_file_goes_to_s3_in_parts_and_comes_back_by_ranges() {
    let folder = tempfile::tempdir().unwrap();
    let address = server(folder.path()).await;
    let mut world = World::on_sqlite().await;
    world.service.blobs = Blobs::open_with("s3://bucket/quanlian", settings(&address, "secret")).unwrap().sealed_with(&world.service.keys);
    let id = world.project().await;
    let wang = world.as_("wang").await;
    // More than one part of a multipart upload.
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend((0..20 * 1024 * 1024_u32).map(|i| (i / 7).to_le_bytes()[0]));
    let announced = Announced { name: "总平面图.pdf".into(), length: bytes.len() as u64, ..Announced::default() };
    let upload = announce(&wang, &id, announced).await.unwrap();
    let mut document = None;
    let mut offset = 0;
    for piece in bytes.chunks(6 * 1024 * 1024) {
        let taken = take(&wang, &upload.id, offset, piece.to_vec().into()).await.unwrap();
        offset += piece.len() as u64;
        if let Taken::Whole { document: whole } = taken {
            document = Some(whole);
        }
    }
    let found = find(&wang, &id, &document.unwrap(), None).await.unwrap();
    assert_eq!(found.digest, domain::log::Digest::of(&bytes));
    let read = async |range| {
        use futures::TryStreamExt;
        let stream = world.service.blobs.read(found.digest, range).await.unwrap();
        stream.map_ok(|b| b.to_vec()).try_concat().await.unwrap()
    };
    assert!(read(None).await == bytes);
    assert_eq!(read(Some(9_000_000..9_000_100)).await, bytes[9_000_000..9_000_100]);
    // Nothing is left of the parts, and the store keeps others out.
    assert_eq!(files(&folder.path().join("bucket/quanlian/uploads")), 0);
    let stranger = Blobs::open_with("s3://bucket/quanlian", settings(&address, "guessed")).unwrap().sealed_with(&world.service.keys);
    assert!(stranger.has(found.digest).await.is_err());
    // A store that does not let us in is ours to mend, not the person's; what was announced stays.
    world.service.blobs = stranger;
    let wang = world.as_("wang").await;
    let upload = announce(&wang, &id, Announced { name: "二.pdf".into(), length: 9, ..Announced::default() }).await.unwrap();
    let failed = take(&wang, &upload.id, 0, b"%PDF-1.7\n".to_vec().into()).await.unwrap_err();
    assert!(matches!(failed, service::Error::Fault(_)));
    assert_eq!(service::material::upload(&wang, &upload.id).await.unwrap().received, 0);
}
