use bytes::Bytes;
use domain::id::Id;
use domain::project::library::{Document, Request as F};
use domain::project::{Project, Request};
use futures::StreamExt;
use service::blob::Condition;
use service::material::{Announced, Taken, announce, find, forget_old, give_up, take, upload};
use service::{Context, Error};
use sqlx::Row;
use std::path::PathBuf;
use test_support::story;
use test_support::world::*;

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
        let remove = Request::Document { id: document.clone(), request: F::Remove { why: "重复".into() } };
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
        let stale = take(&wang, &sent.id, 0, Bytes::copy_from_slice(&bytes[..4000])).await.unwrap();
        assert_eq!(stale, Taken::WrongOffset { received: 4000 });
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

/// Files below a folder.
fn files(folder: PathBuf) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { files(entry.path()) } else { 1 }).sum()
}

async fn sql(world: &World, sql: &str, bind: &str) {
    let done = sqlx::query(sqlx::AssertSqlSafe(sql.to_string())).bind(bind.to_string()).execute(world.service.db.pool()).await.unwrap();
    assert!(done.rows_affected() > 0, "{sql}");
}

story! {
    /// Whoever is first, on whichever server: the document is one of the two, whole, and stands under its own digest.
    async fn parts_that_come_to_one_place_at_one_moment_never_mix(world) {
        let id = world.project().await;
        let second = world.second_server().await;
        let (here, there) = (world.as_("wang").await, world.at(&second, "wang").await);
        for round in 0..12 {
            let (first, x, y) = (pdf(40_000), vec![b'X'; 90_000 + round], vec![b'Y'; 90_000 + round]);
            let length = (first.len() + x.len()) as u64;
            let sent = announce(&here, &id, Announced { length, ..named(&format!("图{round}.pdf")) }).await.unwrap();
            take(&here, &sent.id, 0, first.clone().into()).await.unwrap();
            let (a, b) = tokio::join!(
                take(&here, &sent.id, 40_000, x.clone().into()),
                take(&there, &sent.id, 40_000, y.clone().into()),
            );
            let whole = [a, b].into_iter().filter_map(Result::ok).filter_map(|taken| match taken {
                Taken::Whole { document } => Some(document),
                _ => None,
            });
            let document = whole.last().expect("one of them makes it whole");
            let (_, bytes) = contents(&here, &id, &document, None).await;
            assert!(bytes == [first.clone(), x].concat() || bytes == [first, y].concat(), "round {round}");
            let found = find(&here, &id, &document, None).await.unwrap();
            let size = bytes.len() as u64;
            assert_eq!(world.service.blobs.check(found.digest).await.unwrap(), Condition::Holds { size }, "what is kept is what its name says");
        }
        assert_eq!(world.sees("wang", &id).await.unwrap().project.library.len(), 12);
        assert_eq!(files(world.folder().join("documents/uploads")) + files(world.folder().join("documents/incoming")), 0);
    }
}

story! {
    async fn an_upload_goes_on_when_the_server_that_had_it_is_gone(world) {
        let id = world.project().await;
        let wang = world.as_("wang").await;
        let bytes = pdf(9000);
        let sent = announce(&wang, &id, Announced { length: 9000, ..named("图.pdf") }).await.unwrap();
        take(&wang, &sent.id, 0, Bytes::copy_from_slice(&bytes[..4000])).await.unwrap();
        // It claimed the upload, wrote a part, and was killed.
        sql(&world, "update upload set claim = 'gone', claimed_at = created_at where id = $1", &sent.id).await;
        let folder = world.folder().join("documents/uploads").join(&sent.id);
        std::fs::write(folder.join("00000000000000004000-gone"), b"half a part").unwrap();
        let rest = Bytes::copy_from_slice(&bytes[4000..]);
        assert_eq!(take(&wang, &sent.id, 4000, rest.clone()).await.unwrap(), Taken::Busy);
        assert!(give_up(&wang, &sent.id).await.is_err());
        world.service.clock.advance_seconds(121);
        let Taken::Whole { document } = take(&wang, &sent.id, 4000, rest).await.unwrap() else { panic!("the last part makes it whole") };
        assert_eq!(contents(&wang, &id, &document, None).await.1, bytes, "what nobody entered is nothing");
        assert_eq!(files(world.folder().join("documents/uploads")), 0);
    }
}

story! {
    async fn contents_that_were_changed_are_not_given_out(world) {
        let id = world.project().await;
        let wang = world.as_("wang").await;
        let bytes = pdf(30_000);
        let document = send(&wang, &id, named("图.pdf"), &bytes, 10_000).await.unwrap();
        let found = find(&wang, &id, &document, None).await.unwrap();
        let read = async |range| {
            let mut stream = world.service.blobs.read(found.digest, range).await.map_err(|fault| fault.to_string())?;
            let mut all = Vec::new();
            while let Some(piece) = stream.next().await {
                all.extend_from_slice(&piece.map_err(|error| error.to_string())?);
            }
            Ok::<_, String>(all)
        };
        assert_eq!(read(Some(29_000..29_010)).await.unwrap(), b"xxxxxxxxxx");
        let mut changed = std::fs::read(world.sealed_at(found.digest)).unwrap();
        changed[100] ^= 1;
        std::fs::write(world.sealed_at(found.digest), &changed).unwrap();
        // Not a range of it either, though what is asked for was not changed.
        for range in [None, Some(29_000..29_010)] {
            assert!(read(range).await.unwrap_err().contains("not what their digest says"));
        }
        std::fs::remove_file(world.sealed_at(found.digest)).unwrap();
        for range in [None, Some(0..10)] {
            read(range).await.unwrap_err();
        }
        // Whoever brings the same contents again makes it good; also where something broken stands in their place.
        std::fs::write(world.sealed_at(found.digest), b"broken").unwrap();
        send(&wang, &id, named("又一份.pdf"), &bytes, 10_000).await.unwrap();
        assert_eq!(read(None).await.unwrap(), bytes);
    }
}

async fn names_kept(world: &World, id: &Id<Project>) -> i64 {
    let rows = sqlx::query("select count(*) as n from document_version where project = $1").bind(id.to_string());
    rows.fetch_one(world.service.db.pool()).await.unwrap().get("n")
}

story! {
    /// What is refused at the last part takes nothing of the project's room.
    async fn a_version_that_is_refused_when_it_is_whole_leaves_no_name(world) {
        let id = world.project().await;
        let wang = world.as_("wang").await;
        let document = send(&wang, &id, named("执照.pdf"), &pdf(1000), 1000).await.unwrap();
        let replaces = |name: &str| Announced { replaces: Some(document.clone()), why: "地址变更".into(), ..named(name) };
        // The same contents again: the name that is there stays.
        assert!(send(&wang, &id, replaces("又一.pdf"), &pdf(1000), 1000).await.is_err());
        assert_eq!(names_kept(&world, &id).await, 1);
        // Removed while the file was on its way.
        let bytes = pdf(50_000);
        let upload = announce(&wang, &id, Announced { length: 50_000, ..replaces("新执照.pdf") }).await.unwrap();
        take(&wang, &upload.id, 0, Bytes::copy_from_slice(&bytes[..20_000])).await.unwrap();
        let remove = Request::Document { id: document.clone(), request: F::Remove { why: "重复".into() } };
        world.does("wang", &id, remove).await.unwrap();
        take(&wang, &upload.id, 20_000, Bytes::copy_from_slice(&bytes[20_000..])).await.map_err(sentence).unwrap_err();
        assert_eq!(names_kept(&world, &id).await, 1);
        assert_eq!(find(&wang, &id, &document, None).await.unwrap().name, "执照.pdf");
        // There is no such version.
        for version in [0, 2, usize::MAX] {
            assert!(matches!(find(&wang, &id, &document, Some(version)).await, Err(Error::Public(service::Public::NotFound))));
        }
    }
}

story! {
    async fn a_project_holds_so_much_and_no_more(world) {
        let id = world.project().await;
        let wang = world.as_("wang").await;
        send(&wang, &id, named("图.pdf"), &pdf(1000), 1000).await.unwrap();
        let large = || Announced { length: 200 << 20, ..named("图.pdf") };
        let mut last = None;
        for _ in 0..102 {
            last = Some(announce(&wang, &id, large()).await.map_err(sentence).unwrap());
        }
        let refused = announce(&wang, &id, large()).await.unwrap_err();
        let Error::Public(public) = refused else { panic!("{refused:?}") };
        assert!(public.sentence().zh.contains("20 GB") && public.retry_after().is_some());
        // What an officer has on the way takes no more than its share.
        let other = world.project().await;
        let zhou = world.as_("zhou").await;
        let mut taken = 0;
        while announce(&zhou, &other, large()).await.is_ok() {
            taken += 1;
        }
        assert_eq!(taken, 25);
        announce(&wang, &other, large()).await.map_err(sentence).unwrap();
        // What is given up makes room, and other projects have their own.
        give_up(&wang, &last.unwrap().id).await.unwrap();
        announce(&wang, &id, large()).await.map_err(sentence).unwrap();
        announce(&wang, &world.project().await, large()).await.map_err(sentence).unwrap();
    }
}

story! {
    /// Whoever is counted is counted with all others: on two servers, at the same moment.
    async fn many_who_announce_at_once_get_no_more_room_than_one_after_the_other(world) {
        let (id, other) = (world.project().await, world.project().await);
        send(&world.as_("wang").await, &id, named("图.pdf"), &pdf(1000), 1000).await.unwrap();
        let second = world.second_server().await;
        let (here, there) = (world.as_("wang").await, world.at(&second, "wang").await);
        let at_once = async |n: usize, project: &Id<Project>, length: u64| {
            let mut tasks = Vec::new();
            for i in 0..n {
                let (cx, project) = (if i % 2 == 0 { here.clone() } else { there.clone() }, project.clone());
                tasks.push(tokio::spawn(async move { announce(&cx, &project, Announced { length, ..named("图.pdf") }).await.map(|_| ()) }));
            }
            let mut taken = 0;
            for task in tasks {
                match task.await.unwrap() {
                    Ok(()) => taken += 1,
                    Err(error) => assert!(matches!(error, Error::Public(service::Public::TooMany { .. })), "{error:?}"),
                }
            }
            taken
        };
        let before = async |n: usize, project: &Id<Project>, length: u64| {
            for _ in 0..n {
                announce(&here, project, Announced { length, ..named("图.pdf") }).await.map_err(sentence).unwrap();
            }
        };
        // What fits into a project beside what it has: 102 of the largest.
        before(96, &id, 200 << 20).await;
        assert_eq!(at_once(16, &id, 200 << 20).await, 6);
        // What one person may have on the way, whatever the project: 200.
        before(92, &other, 9).await;
        assert_eq!(at_once(16, &other, 9).await, 6);
    }
}

story! {
    async fn files_are_announced_so_often_and_no_more(world) {
        let id = world.project().await;
        let wang = world.as_("wang").await;
        announce(&wang, &id, Announced { length: 9, ..named("图.pdf") }).await.unwrap();
        sql(&world, "update attempt set count = 600 where code = $1", "announce_upload").await;
        let refused = announce(&wang, &id, Announced { length: 9, ..named("图.pdf") }).await.unwrap_err();
        assert!(matches!(refused, Error::Public(service::Public::TooMany { after, .. }) if after > 0), "{refused:?}");
        // Who may not even see the project hears that and is not counted.
        assert!(matches!(announce(&world.as_("zhao").await, &id, named("x")).await, Err(Error::Public(service::Public::NotFound))));
        world.service.clock.advance_seconds(3601);
        announce(&wang, &id, Announced { length: 9, ..named("图.pdf") }).await.unwrap();
    }
}

story! {
    async fn what_was_left_half_written_goes_after_a_day(world) {
        let id = world.project().await;
        let wang = world.as_("wang").await;
        let document = send(&wang, &id, named("图.pdf"), &pdf(900), 300).await.unwrap();
        let sent = announce(&wang, &id, Announced { length: 9000, ..named("二.pdf") }).await.unwrap();
        take(&wang, &sent.id, 0, pdf(4000).into()).await.unwrap();
        let documents = world.folder().join("documents");
        let old = ["incoming/left", "incoming/left#1", "uploads/nobody/part", "uploads/nobody/part#2"];
        std::fs::create_dir_all(documents.join("incoming")).unwrap();
        std::fs::create_dir_all(documents.join("uploads/nobody")).unwrap();
        // The story's clock stands in 2024, and so does what was left on the day before.
        let before = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_727_000_000);
        for name in old {
            let file = std::fs::File::create(documents.join(name)).unwrap();
            file.set_modified(before).unwrap();
        }
        std::fs::write(documents.join("incoming/new"), b"").unwrap();
        forget_old(&world.service).await.unwrap();
        assert!(old.iter().all(|name| !documents.join(name).exists()));
        assert!(documents.join("incoming/new").exists());
        assert_eq!(upload(&wang, &sent.id).await.unwrap().received, 4000, "younger than a day");
        world.service.clock.advance_seconds(25 * 3600);
        forget_old(&world.service).await.unwrap();
        assert!(upload(&wang, &sent.id).await.is_err());
        assert_eq!(files(documents.join("uploads")), 0);
        contents(&wang, &id, &document, None).await;
    }
}
