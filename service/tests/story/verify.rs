use domain::Id;
use domain::log::Digest;
use domain::media::Media;
use domain::project::library::Arrived;
use domain::project::matter::Request as M;
use domain::project::{Command, Project, certificate};
use service::project::{Sent, request};
use service::verify::{Part, cards, rebuild, verify};
use test_support::filing::{issue, uploads};
use test_support::story;
use test_support::world::*;

async fn change(world: &World, sql: &'static str) {
    let done = sqlx::query(sql).execute(world.service.db.pool()).await.unwrap();
    assert!(done.rows_affected() > 0, "{sql}");
}

async fn some_history(world: &World) -> domain::Id<domain::project::Project> {
    let id = world.project().await;
    world.project().await;
    world.does("wang", &id, ask("q1", None, "一")).await.unwrap();
    world.does("wang", &id, raise("d1", "二")).await.unwrap();
    id
}

story! {
    async fn a_log_as_written_verifies(world) {
        some_history(&world).await;
        let verified = verify(&world.service).await.unwrap().unwrap();
        assert_eq!((verified.events, verified.streams), (4, 2));
    }
}

macro_rules! tampered {
    ($name:ident, $sql:expr, $seq:expr) => {
        story! {
            async fn $name(world) {
                some_history(&world).await;
                change(&world, $sql).await;
                let broken = verify(&world.service).await.unwrap().unwrap_err().remove(0);
                assert_eq!(broken.seq, $seq, "{broken:?}");
            }
        }
    };
}
tampered!(a_changed_letter_of_a_body_is_found, "update event set body = replace(body, '一', '七') where seq = 3", 3);
tampered!(a_changed_time_is_found, "update event set at = '2024-09-26T02:00:00.000001Z' where seq = 2", 2);
tampered!(a_changed_actor_is_found, "update event set actor = 'me' where seq = 3", 3);
tampered!(a_changed_kind_is_found, "update event set kind = 'difficulty.resolved' where seq = 4", 4);
tampered!(a_changed_hash_is_found, "update event set hash = replace(hash, substr(hash, 1, 1), 'x') where seq = 1", 1);
tampered!(a_removed_event_in_the_middle_is_found, "delete from event where seq = 3", 4);
tampered!(a_removed_last_event_is_found, "delete from event where seq = 4", 3);

story! {
    async fn the_read_tables_made_again_are_equal_row_for_row(world) {
        let id = some_history(&world).await;
        world.does("li", &id, step("industry-access-review", domain::project::matter::Request::Prepare)).await.unwrap();
        let before = cards(&world.service).await.unwrap();
        change(&world, "update project_card set done = 99, name = 'x'").await;
        assert_eq!(rebuild(&world.service).await.unwrap(), 2);
        assert_eq!(cards(&world.service).await.unwrap(), before);
        let offices = sqlx::query("select * from project_office").fetch_all(world.service.db.pool()).await.unwrap();
        assert!(offices.len() > 20);
    }
}

story! {
    /// Row for row: what lists show is what the log gives.
    async fn a_row_of_a_read_table_that_the_log_does_not_give_is_found(world) {
        let id = some_history(&world).await;
        world.does("zhou", &id, step(SITING, M::File)).await.unwrap();
        for (table, sql) in [
            ("project_card", "update project_card set done = done + 1"),
            ("work", "update work set due = '2030-01-01'"),
            ("work", "delete from work"),
            ("project_office", "insert into project_office (project, office) select project, 'nobody' from project_card"),
            ("certificate", "insert into certificate (number, project, matter, signed, printed, issued_at, standing, reason) \
                             values ('假1号', 'p', 'm', 's', 'p', 'i', 'valid', '')"),
        ] {
            change(&world, sql).await;
            let broken = verify(&world.service).await.unwrap().unwrap_err();
            assert!(broken.iter().all(|one| one.part == Part::Table && one.why.zh.contains(table)) && !broken.is_empty(), "{table}: {broken:?}");
            rebuild(&world.service).await.unwrap();
            verify(&world.service).await.unwrap().unwrap();
        }
    }
}

story! {
    async fn a_stream_of_a_kind_that_nobody_knows_is_named(world) {
        some_history(&world).await;
        change(&world, "update event set stream = 'ballot:1' where seq = 2").await;
        let broken = verify(&world.service).await.unwrap().unwrap_err();
        assert!(broken.iter().any(|one| one.seq == 2), "{broken:?}");
        // One that chains is named as well: written by a later release, say.
        let row = sqlx::query("select body from event where seq = 1").fetch_one(world.service.db.pool()).await.unwrap();
        let body: String = sqlx::Row::try_get(&row, "body").unwrap();
        let at = world.service.clock.now();
        let meta = domain::log::Meta { stream: "ballot:2".into(), version: 1, at, actor: "a".into(), kind: "ballot.opened".into() };
        let hash = domain::log::link(Digest::default(), meta.digest(&body));
        sqlx::query("insert into event (seq, stream, version, at, actor, kind, body, hash) values (5, 'ballot:2', 1, $1, 'a', 'ballot.opened', $2, $3)")
            .bind(at.to_string()).bind(body).bind(hash.to_string()).execute(world.service.db.pool()).await.unwrap();
        let broken = verify(&world.service).await.unwrap().unwrap_err();
        let named = broken.iter().find(|one| one.seq == 5).unwrap();
        assert!(named.why.zh.contains("不认识“ballot”类的流") && named.why.en.contains("knows no streams of the kind `ballot`"), "{named:?}");
    }
}

const SITING: &str = "siting-compliance-check";

async fn decided(world: &World) -> Id<Project> {
    let id = world.project().await;
    let office = world.office_of(SITING).await;
    for command in [M::File, M::Accept, M::Decide] {
        request(&office, &id, step(SITING, command), Sent::default()).await.map_err(sentence).unwrap();
    }
    id
}

story! {
    /// Of everything the log names, the first that does not hold is named with its event.
    async fn contents_that_are_missing_or_changed_are_found(world) {
        let id = decided(&world).await;
        uploads(&world.as_("wang").await, &id, "business-licence", "执照").await;
        uploads(&world.as_("wang").await, &id, "business-licence", "新执照").await;
        let office = world.office_of(SITING).await;
        request(&office, &id, issue(SITING), Sent::default()).await.map_err(sentence).unwrap();
        let verified = verify(&world.service).await.unwrap().unwrap();
        assert_eq!(verified.contents, 4, "two documents, a signed file and its printed form");
        let project = world.sees("wang", &id).await.unwrap().project;
        let held = project.certificates.values().next().unwrap();
        let documents: Vec<_> = project.library.values().filter_map(|kept| kept.latest()).collect();
        let contents = [held.signed, held.printed].into_iter().chain(documents.iter().map(|version| version.digest));
        for digest in contents {
            let bytes = std::fs::read(world.sealed_at(digest)).unwrap();
            let mut changed = bytes.clone();
            changed[5] ^= 1;
            std::fs::write(world.sealed_at(digest), &changed).unwrap();
            let broken = verify(&world.service).await.unwrap().unwrap_err().remove(0);
            assert!(broken.why.zh.contains("与其散列不符") && broken.why.zh.contains(&digest.to_string()), "{broken:?}");
            std::fs::remove_file(world.sealed_at(digest)).unwrap();
            let broken = verify(&world.service).await.unwrap().unwrap_err().remove(0);
            assert!(broken.why.zh.contains("不在了") && broken.seq > 4, "{broken:?}");
            std::fs::write(world.sealed_at(digest), &bytes).unwrap();
        }
        assert!(verify(&world.service).await.unwrap().is_ok());
    }
}

story! {
    /// One file that cannot be read hides nothing of the others.
    async fn contents_that_cannot_be_read_are_named_beside_those_that_are_missing(world) {
        let id = world.project().await;
        for paper in ["一", "二", "三"] {
            uploads(&world.as_("wang").await, &id, "business-licence", paper).await;
        }
        let project = world.sees("wang", &id).await.unwrap().project;
        let digests: Vec<Digest> = project.library.values().filter_map(|kept| kept.latest()).map(|version| version.digest).collect();
        // A link to itself is what no reader gets to the end of.
        std::fs::remove_file(world.sealed_at(digests[0])).unwrap();
        std::os::unix::fs::symlink(world.sealed_at(digests[0]), world.sealed_at(digests[0])).unwrap();
        std::fs::remove_file(world.sealed_at(digests[2])).unwrap();
        let broken = verify(&world.service).await.unwrap().unwrap_err();
        let of = |digest: Digest, why: &str| broken.iter().any(|one| one.why.zh.contains(why) && one.why.zh.contains(&digest.to_string()));
        assert!(of(digests[0], "无法读取") && of(digests[2], "不在了") && broken.len() == 2, "{broken:?}");
    }
}

story! {
    /// What is missing before an event does not keep the event itself from being looked at.
    async fn what_follows_a_gap_is_looked_at_all_the_same(world) {
        let id = some_history(&world).await;
        uploads(&world.as_("wang").await, &id, "business-licence", "执照").await;
        let project = world.sees("wang", &id).await.unwrap().project;
        let digest = project.library.values().find_map(|kept| kept.latest()).unwrap().digest;
        // The second project is gone, and what was asked in the first then was changed.
        change(&world, "delete from event where seq = 2").await;
        change(&world, "update event set body = replace(body, '一', '七') where seq = 3").await;
        // In the first project one more is gone, and the document that came after it.
        change(&world, "delete from event where seq = 4").await;
        std::fs::remove_file(world.sealed_at(digest)).unwrap();
        let found = verify(&world.service).await.unwrap().unwrap_err();
        let says = |seq: u64, why: &str| found.iter().any(|one| one.seq == seq && one.why.zh.contains(why));
        assert!(says(3, "前面缺少序号 2") && says(3, "记录被改动过"), "{found:?}");
        assert!(says(5, "前面缺少序号 4") && says(5, "不在了"), "{found:?}");
        assert!(!says(5, "记录被改动过"), "it is not blamed for what is gone: {found:?}");
    }
}

story! {
    async fn a_certificate_that_nobody_signed_is_found(world) {
        let id = decided(&world).await;
        let office = world.office_of(SITING).await;
        let page = b"%PDF-1.7\n".to_vec();
        let printed = Arrived { digest: world.service.blobs.keep(page.clone()).await.unwrap(), media: Media::Pdf, size: page.len() as u64 };
        let signed = world.service.blobs.keep(b"{}".to_vec()).await.unwrap();
        let made = certificate::PreparedCertificate { matter: SITING.into(), number: "假1号".into(), signed, printed, documents: Vec::new() };
        // No door takes this: whoever does it has the portal's own hands.
        let command = Command::Certificate { command: certificate::Command::Issue { made: vec![made] } };
        service::project::execute(&office, &id, command, Sent::default()).await.map_err(sentence).unwrap();
        let broken = verify(&world.service).await.unwrap().unwrap_err().remove(0);
        assert!(broken.why.zh.contains("假1号") && broken.why.zh.contains("签名无效"), "{broken:?}");
    }
}

/// The file of the keys that are believed.
fn believed(world: &World) -> std::path::PathBuf {
    world.folder().join("keys/trusted.json")
}

story! {
    /// One key that is believed no more does not hide what else is wrong, and all it signed is named.
    async fn all_that_does_not_hold_is_found_and_not_the_first_alone(world) {
        let (first, second) = (decided(&world).await, decided(&world).await);
        let office = world.office_of(SITING).await;
        for id in [&first, &second] {
            request(&office, id, issue(SITING), Sent::default()).await.map_err(sentence).unwrap();
        }
        uploads(&world.as_("wang").await, &second, "business-licence", "执照").await;
        service::daily_head::make(&world.service).await.unwrap();
        let verified = verify(&world.service).await.unwrap().unwrap();
        assert_eq!(verified.contents, 5);
        // The key is taken out, another one is in use; a document is gone and an event was changed.
        std::fs::write(believed(&world), r#"{"keys":[]}"#).unwrap();
        world.service.keys.rotate(&world.service).await.unwrap();
        let project = world.sees("wang", &second).await.unwrap().project;
        let digest = project.library.values().filter(|kept| kept.is(&"business-licence".into())).find_map(|kept| kept.latest()).unwrap().digest;
        std::fs::remove_file(world.sealed_at(digest)).unwrap();
        change(&world, "update event set body = replace(body, '测试项目', '别的项目') where seq = 1").await;
        let found = verify(&world.service).await.unwrap().unwrap_err();
        let of = |part: Part| found.iter().filter(|broken| broken.part == part).collect::<Vec<_>>();
        assert_eq!(of(Part::Log).iter().map(|broken| broken.seq).collect::<Vec<_>>(), [1], "what follows it is not blamed");
        assert!(of(Part::Head).iter().any(|head| head.why.zh.contains("密钥不认识")), "{found:?}");
        let contents = of(Part::Contents);
        assert_eq!(contents.iter().filter(|one| one.why.zh.contains("密钥不认识")).count(), 2, "both certificates: {found:?}");
        assert!(contents.iter().any(|one| one.why.zh.contains("不在了") && one.why.zh.contains(&digest.to_string())), "{found:?}");
        assert_eq!(found.len(), 5, "{found:?}");
    }
}

story! {
    /// The file of keys is the word: what was taken out of it comes back by nobody's start, and nothing is signed with it.
    async fn a_key_that_was_taken_out_of_the_file_stays_out(world) {
        let id = decided(&world).await;
        let own = world.service.keys.id().unwrap();
        std::fs::write(believed(&world), r#"{"keys":[]}"#).unwrap();
        let again = world.second_server().await;
        assert!(again.keys.trusted().unwrap().keys().is_empty());
        let office = world.office_of(SITING).await;
        for service in [&world.service, &again] {
            let refused = service::daily_head::make(service).await.unwrap_err().to_string();
            assert!(refused.contains(&own) && refused.contains("`quanlian key trust` adds it"), "{refused}");
        }
        assert!(request(&office, &id, issue(SITING), Sent::default()).await.is_err());
        // By a person who says so; twice is once.
        for _ in 0..2 {
            assert_eq!(world.service.keys.trust(&world.service).unwrap(), own);
        }
        assert_eq!(again.keys.trusted().unwrap().keys().len(), 1);
        request(&office, &id, issue(SITING), Sent::default()).await.map_err(sentence).unwrap();
        // Or another key in its place; the one that was taken out is not believed again by that, nor one that is retired.
        std::fs::write(believed(&world), r#"{"keys":[]}"#).unwrap();
        let new = again.keys.rotate(&again).await.unwrap();
        let trusted = world.second_server().await.keys.trusted().unwrap();
        assert_eq!(trusted.keys().iter().map(|key| key.key.kid.as_str()).collect::<Vec<_>>(), [new.as_str()]);
        let text = std::fs::read_to_string(believed(&world)).unwrap().replacen("\"iat\"", "\"exp\": 1, \"iat\"", 1);
        std::fs::write(believed(&world), text).unwrap();
        assert!(again.keys.trust(&again).unwrap_err().to_string().contains("key rotate"));
    }
}
