use crate::story;
use crate::world::*;
use domain::project::matter::Command as M;
use domain::role::Role;
use service::work::{all, appoint_deputy, list};
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
        service::project::execute(&sun, &id, ask("q1", None, "？"), Default::default()).await.unwrap();
        world.service.clock.advance_seconds(4 * 86_400);
        assert!(service::project::view(&signed_in().await, &id).await.is_err(), "the day has passed");
    }
}
