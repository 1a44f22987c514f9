use crate::story;
use crate::world::*;
use service::verify::{cards, rebuild, verify};

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
                let broken = verify(&world.service).await.unwrap().unwrap_err();
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
        world.does("li", &id, step("industry-access-review", domain::matter::Command::Prepare)).await.unwrap();
        let before = cards(&world.service).await.unwrap();
        change(&world, "update project_card set done = 99, name = 'x'").await;
        assert_eq!(rebuild(&world.service).await.unwrap(), 2);
        assert_eq!(cards(&world.service).await.unwrap(), before);
        let offices = sqlx::query("select * from project_office").fetch_all(world.service.db.pool()).await.unwrap();
        assert!(offices.len() > 20);
    }
}
