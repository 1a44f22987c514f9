use crate::story;
use crate::world::*;
use bytes::Bytes;
use domain::id::Id;
use domain::material::{Command as F, Document};
use domain::project::{Command, Project};
use futures::StreamExt;
use service::material::{Announced, Taken, announce, find, take, upload};
use service::{Context, Error};

fn pdf(n: usize) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.resize(n.max(9), b'x');
    bytes
}

async fn send(cx: &Context, project: &Id<Project>, announced: Announced, bytes: &[u8], part: usize) -> Result<Id<Document>, Error> {
    let announced = Announced { length: bytes.len() as u64, ..announced };
    let upload = announce(cx, project, announced).await?;
    let mut offset = 0;
    for piece in bytes.chunks(part) {
        let taken = take(cx, &upload.id, offset, Bytes::copy_from_slice(piece)).await?;
        offset += piece.len() as u64;
        if let Taken::Whole { document } = taken {
            return Ok(document);
        }
    }
    panic!("the last part makes it whole")
}

fn named(name: &str) -> Announced {
    Announced { name: name.into(), material: Some("business-licence".into()), ..Announced::default() }
}

async fn contents(cx: &Context, project: &Id<Project>, document: &Id<Document>, version: Option<usize>) -> (String, Vec<u8>) {
    let found = find(cx, project, document, version).await.unwrap();
    let mut stream = cx.service.blobs.read(found.digest, None).await.unwrap();
    let mut all = Vec::new();
    while let Some(piece) = stream.next().await {
        all.extend_from_slice(&piece.unwrap());
    }
    (found.name, all)
}

story! {
    async fn a_file_arrives_in_parts_and_stays_as_it_was(world) {
        let id = world.project().await;
        let wang = world.as_("wang").await;
        let first = pdf(300_000);
        let document = send(&wang, &id, named("../../etc/营业执照.exe"), &first, 65_536).await.unwrap();
        let (name, bytes) = contents(&wang, &id, &document, None).await;
        assert_eq!((name.as_str(), bytes == first), ("营业执照.pdf", true));
        let again = Announced { replaces: Some(document.clone()), why: "地址变更".into(), ..named("新执照.pdf") };
        send(&wang, &id, again.clone(), &pdf(5), 100).await.unwrap();
        assert_eq!(contents(&wang, &id, &document, None).await.0, "新执照.pdf");
        assert_eq!(contents(&wang, &id, &document, Some(1)).await.1, first, "the first version is as it was");
        let same = send(&wang, &id, again, &pdf(5), 100).await.map_err(sentence).unwrap_err();
        assert_eq!(same, "与现有版本内容相同，没有新增版本。");
        // Removing takes it out of use, and nothing else.
        let remove = Command::Document { id: document.clone(), command: F::Remove { why: "重复".into() } };
        world.does("li", &id, remove).await.unwrap();
        assert_eq!(contents(&wang, &id, &document, Some(1)).await.1, first);
    }
}

story! {
    async fn a_file_that_was_cut_off_goes_on_where_it_was(world) {
        let id = world.project().await;
        let wang = world.as_("wang").await;
        let bytes = pdf(10_000);
        let sent = announce(&wang, &id, Announced { length: 10_000, ..named("图.pdf") }).await.unwrap();
        take(&wang, &sent.id, 0, Bytes::copy_from_slice(&bytes[..4000])).await.unwrap();
        assert_eq!(upload(&wang, &sent.id).await.unwrap().received, 4000);
        // The answer to the first part was lost: it is sent again, and told where to go on.
        let stale = take(&wang, &sent.id, 0, Bytes::copy_from_slice(&bytes[..4000])).await.unwrap_err();
        assert!(matches!(stale, Error::Public(service::Public::Stale { version: 4000, .. })));
        upload(&world.as_("zhao").await, &sent.id).await.unwrap_err();
        // Another server takes the rest.
        let second = world.second_server().await;
        let there = world.at(&second, "wang").await;
        let taken = take(&there, &sent.id, 4000, Bytes::copy_from_slice(&bytes[4000..])).await.unwrap();
        let Taken::Whole { document } = taken else { panic!("{taken:?}") };
        assert_eq!(contents(&wang, &id, &document, None).await.1, bytes);
        // The last part sent twice makes one document.
        assert_eq!(take(&wang, &sent.id, 4000, Bytes::new()).await.unwrap(), Taken::Whole { document });
        assert_eq!(world.sees("wang", &id).await.unwrap().project.library.len(), 1);
    }
}

story! {
    async fn what_is_no_paper_is_refused_and_nothing_of_it_stays(world) {
        let id = world.project().await;
        let wang = world.as_("wang").await;
        for (bytes, says) in [
            (&b"MZ\x90\0\x03\0\0\0"[..], "可执行程序"),
            (b"PK\x03\x04 no zip at all", "压缩包"),
            (b"Rar!\x1a\x07", "压缩包"),
            (b"<html><script>alert(1)</script>", "网页或脚本"),
            (b"hello", "认不出文件类型"),
        ] {
            let refused = send(&wang, &id, named("报告.pdf"), bytes, 1000).await.map_err(sentence).unwrap_err();
            assert!(refused.contains(says), "{refused}");
        }
        let large = announce(&wang, &id, Announced { length: 300 << 20, ..named("大.pdf") }).await.map_err(sentence).unwrap_err();
        assert_eq!(large, "文件有 300 MB，最大 200 MB。");
        assert!(announce(&wang, &id, named("空.pdf")).await.is_err());
        assert!(announce(&world.as_("zhao").await, &id, Announced { length: 9, ..named("别人的.pdf") }).await.is_err());
        assert!(world.sees("wang", &id).await.unwrap().project.library.is_empty());
    }
}

/// A zip of these entries, as office programs write them.
fn zipped(entries: &[(&str, usize)]) -> Vec<u8> {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, size) in entries {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&vec![b' '; *size]).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

story! {
    async fn an_office_document_is_told_from_a_bomb_and_from_a_macro(world) {
        let id = world.project().await;
        let wang = world.as_("wang").await;
        let whole = [("[Content_Types].xml", 300), ("word/document.xml", 5000)];
        let good = send(&wang, &id, named("说明"), &zipped(&whole), 100).await.unwrap();
        assert_eq!(contents(&wang, &id, &good, None).await.0, "说明.docx");
        for (more, says) in [(("word/vbaProject.bin", 10), "可执行程序"), (("word/media/a.bin", 20 << 20), "压缩包")] {
            let refused = send(&wang, &id, named("说明.docx"), &zipped(&[whole[0], whole[1], more]), 50_000).await;
            let refused = refused.map_err(sentence).unwrap_err();
            assert!(refused.contains(says), "{refused}");
        }
        let refused = send(&wang, &id, named("图纸.docx"), &zipped(&[("图纸.dwg", 100)]), 50).await.map_err(sentence).unwrap_err();
        assert!(refused.contains("压缩包"), "{refused}");
    }
}
