use domain::account::Account;
use domain::deputy::Substitution;
use domain::id::Id;
use domain::log::Recorded;
use domain::project::matter::Request as M;
use domain::role::Role;
use domain::rule::Rule;
use service::verify::{rebuild, verify};
use service::work::{all, appoint_deputy, list};
use sqlx::Row;
use test_support::story;
use test_support::world::*;

const SITING: &str = "siting-compliance-check";

story! {
    async fn what_waits_for_an_office_is_on_its_list_until_it_is_done(world) {
        let id = world.project().await;
        let zhou = world.as_("zhou").await;
        assert!(list(&zhou).await.unwrap().items.is_empty());
        world.does("zhou", &id, step(SITING, M::File)).await.unwrap();
        let waiting = list(&zhou).await.unwrap().items;
        assert_eq!((waiting[0].state.as_str(), waiting[0].due.unwrap().to_string()), ("filed", "2024-10-09".to_string()));
        world.does("zhou", &id, step(SITING, M::Claim)).await.unwrap();
        assert_eq!(world.does("zhou", &id, step(SITING, M::Claim)).await.unwrap_err(), "已经由您办理。");
        // A colleague takes it over, and the log says from whom.
        world.does("gu", &id, step(SITING, M::Claim)).await.unwrap();
        let now = list(&zhou).await.unwrap();
        assert_eq!(now.items[0].claimed, Some(world.as_("gu").await.actor.unwrap().account));
        assert!(now.people.values().any(|p| p.name == "gu某"));
        let before = all(&world.service).await.unwrap();
        service::verify::rebuild(&world.service).await.unwrap();
        assert_eq!(all(&world.service).await.unwrap(), before);
        for command in [M::Accept, M::Decide, M::Issue] {
            world.does("zhou", &id, step(SITING, command)).await.unwrap();
        }
        assert!(list(&zhou).await.unwrap().items.is_empty());
        assert!(list(&world.as_("shen").await).await.unwrap().items.is_empty());
        assert!(list(&world.as_("wang").await).await.is_err(), "no office, no list");
    }
}

story! {
    async fn a_deputy_stands_in_until_the_day_and_no_longer(world) {
        let id = world.project().await;
        let second = world.person("sun", Role::Agent, "全链办", None, &[], &[]).await;
        let li = world.as_("li").await;
        let until = |days: i64| Some(world.service.clock.now().date().plus(days));
        let stranger = world.as_("zhou").await.actor.unwrap().account;
        assert_eq!(appoint_deputy(&li, Some(&stranger), until(3)).await.map_err(sentence).unwrap_err(), "请选择本单位同岗位的同事。");
        assert_eq!(appoint_deputy(&li, Some(&second), until(-1)).await.map_err(sentence).unwrap_err(), "请写今天或以后的日期。");
        let for_ever = Some("9999-12-31".parse().unwrap());
        assert!(appoint_deputy(&li, Some(&second), for_ever).await.map_err(sentence).unwrap_err().starts_with("代理最长 60 天"));
        let signed_in = async || {
            let token = world.session("sun").await;
            let (actor, _) = service::account::signed_in(&world.service, &token).await.unwrap().unwrap();
            world.service.context(Some(actor))
        };
        assert!(service::project::view(&signed_in().await, &id).await.is_err(), "not their project");
        // One that was entered for ever before there was a longest time counts for nothing.
        let account = li.actor.as_ref().unwrap().account.to_string();
        sqlx::query("insert into deputy (account, deputy, until) values ($1, $2, '9999-12-31')")
            .bind(account).bind(second.to_string()).execute(world.service.db.pool()).await.unwrap();
        assert!(service::project::view(&signed_in().await, &id).await.is_err());
        assert!(service::project::list(&signed_in().await).await.unwrap().is_empty());
        appoint_deputy(&li, Some(&second), until(3)).await.unwrap();
        let sun = signed_in().await;
        assert_eq!(service::project::list(&sun).await.unwrap().len(), 1);
        service::project::request(&sun, &id, ask("q1", None, "？"), Default::default()).await.unwrap();
        world.service.clock.advance_seconds(4 * 86_400);
        assert!(service::project::view(&signed_in().await, &id).await.is_err(), "the day has passed");
    }
}

/// What is on record of who stands in for somebody: the kind of each event, and who signed it.
async fn on_record(world: &World, account: &Id<Account>) -> Vec<(String, Id<Account>)> {
    let events = world.service.log.read(&Id::<Substitution>::from(account.as_str()), 0, 100).await.unwrap();
    let open = |recorded| match recorded {
        Recorded::Open { meta, .. } => Some((meta.kind, meta.actor)),
        Recorded::Sealed { .. } => None,
    };
    events.into_iter().filter_map(open).collect()
}

async fn deputies(world: &World) -> Vec<(String, String, String)> {
    let rows = sqlx::query("select account, deputy, until from deputy order by account").fetch_all(world.service.db.pool()).await.unwrap();
    rows.iter().map(|r| (r.try_get("account").unwrap(), r.try_get("deputy").unwrap(), r.try_get("until").unwrap())).collect()
}

story! {
    /// The first stream that is no project: the same chain, the same table, proved and made again like all others.
    async fn who_stands_in_for_whom_is_on_the_log(world) {
        world.project().await;
        let second = world.person("sun", Role::Agent, "全链办", None, &[], &[]).await;
        let li = world.as_("li").await;
        let account = li.actor.as_ref().unwrap().account.clone();
        let until = Some("2024-09-30".parse().unwrap());
        appoint_deputy(&li, Some(&second), until).await.unwrap();
        // The same once more is no news; ending what is not there neither.
        appoint_deputy(&li, Some(&second), until).await.unwrap();
        assert_eq!(on_record(&world, &account).await, [("deputy.appointed".to_string(), account.clone())]);
        let rows = deputies(&world).await;
        assert_eq!(rows, [(account.to_string(), second.to_string(), "2024-09-30".to_string())]);
        let verified = verify(&world.service).await.unwrap().unwrap();
        assert_eq!((verified.events, verified.streams, verified.projects), (2, 2, 1));
        rebuild(&world.service).await.unwrap();
        assert_eq!(deputies(&world).await, rows);
        for _ in 0..2 {
            appoint_deputy(&li, None, None).await.unwrap();
        }
        assert_eq!(on_record(&world, &account).await.last().unwrap().0, "deputy.ended");
        assert_eq!(on_record(&world, &account).await.len(), 2);
        assert!(deputies(&world).await.is_empty());
        rebuild(&world.service).await.unwrap();
        assert!(deputies(&world).await.is_empty());
        let names = sqlx::query("select body from event where stream like 'deputy:%'").fetch_all(world.service.db.pool()).await.unwrap();
        assert!(names.iter().all(|row| !row.try_get::<String, _>("body").unwrap().contains('某')), "accounts, no names");
    }
}

story! {
    async fn a_deputy_from_before_there_were_streams_is_put_on_record_once(world) {
        let second = world.person("sun", Role::Agent, "全链办", None, &[], &[]).await;
        let account = world.as_("li").await.actor.unwrap().account;
        sqlx::query("insert into deputy (account, deputy, until) values ($1, $2, '2024-10-05')")
            .bind(account.to_string()).bind(second.to_string()).execute(world.service.db.pool()).await.unwrap();
        // As the release before left it: nothing was begun.
        sqlx::query("delete from job_begun").execute(world.service.db.pool()).await.unwrap();
        let rows = deputies(&world).await;
        for _ in 0..2 {
            world.second_server().await;
        }
        assert_eq!(on_record(&world, &account).await, [("deputy.appointed".to_string(), Rule::DeputyOnRecord.account())]);
        // What somebody puts there later no rule signs: it is found.
        sqlx::query("insert into deputy (account, deputy, until) values ($1, $2, '2024-10-05')")
            .bind(second.to_string()).bind(account.to_string()).execute(world.service.db.pool()).await.unwrap();
        let third = world.second_server().await;
        assert!(verify(&third).await.unwrap().is_err());
        sqlx::query("delete from deputy where account = $1").bind(second.to_string()).execute(world.service.db.pool()).await.unwrap();
        rebuild(&world.service).await.unwrap();
        assert_eq!(deputies(&world).await, rows);
        verify(&world.service).await.unwrap().unwrap();
    }
}
