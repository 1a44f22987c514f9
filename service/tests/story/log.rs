use service::project::since;
use std::time::Duration;
use test_support::story;
use test_support::world::*;

story! {
    /// A reader that keeps a cursor gets every event once, in order, whatever the writers do.
    async fn readers_with_a_cursor_lose_and_double_nothing(world) {
        let id = world.project().await;
        let second = world.second_server().await;
        let (reader, access) = (second.clone(), world.access("wang").await);
        let mut latest_seq = second.log.watch();
        let project = id.clone();
        let reading = tokio::spawn(async move {
            let (mut cursor, mut versions) = (0, Vec::new());
            while versions.len() < 51 {
                let new = since(&reader, &access, &project, cursor).await.unwrap();
                cursor = new.last().map_or(cursor, |told| told.recorded.seq());
                versions.extend(new.iter().map(|told| told.recorded.version()));
                if new.is_empty() {
                    latest_seq.changed().await.unwrap();
                }
            }
            versions
        });
        let mut tasks = Vec::new();
        for i in 0..50 {
            let (cx, id) = (world.as_("wang").await, id.clone());
            tasks.push(tokio::spawn(async move {
                service::project::request(&cx, &id, ask(&format!("q{i}"), None, "？"), Default::default()).await
            }));
        }
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let versions = tokio::time::timeout(Duration::from_secs(30), reading).await.expect("the reader keeps up").unwrap();
        assert_eq!(versions, (1..=51).collect::<Vec<u64>>());
    }
}

story! {
    async fn sequence_numbers_have_no_holes_over_two_servers(world) {
        let second = world.second_server().await;
        let mut tasks = Vec::new();
        for i in 0..12 {
            let service = if i % 2 == 0 { world.service.clone() } else { second.clone() };
            let cx = world.at(&service, "wang").await;
            tasks.push(tokio::spawn(async move {
                service::project::open(&cx, &format!("项目{i}"), "狮山", Default::default(), Default::default()).await
            }));
        }
        let mut seqs = Vec::new();
        for task in tasks {
            let id = task.await.unwrap().unwrap();
            let events = world.service.log.read(&id, 0, 10).await.unwrap();
            seqs.extend(events.iter().map(|e| e.seq()));
        }
        seqs.sort_unstable();
        assert_eq!(seqs, (1..=12).collect::<Vec<u64>>());
    }
}
