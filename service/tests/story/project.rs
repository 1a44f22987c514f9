use domain::project::matter::Request as M;
use domain::project::{Note, Request, team};
use domain::role::Role;
use domain::{Error as Public, Text};
use service::Error;
use service::project::{Sent, list, open, request, since};
use test_support::story;
use test_support::world::*;

story! {
    async fn a_project_opened_from_a_map_has_its_people_and_its_matters(world) {
        let id = world.project().await;
        let view = world.sees("wang", &id).await.unwrap();
        assert_eq!(view.project.team.lead, Some(world.as_("chen").await.actor.unwrap().account));
        assert_eq!(view.project.team.agent, Some(world.as_("li").await.actor.unwrap().account));
        assert_eq!(view.owner_name, "新芯公司");
        assert!(view.project.matters.len() > 30);
        assert_eq!(list(&world.as_("wang").await).await.unwrap().len(), 1);
        assert_eq!(list(&world.as_("zhou").await).await.unwrap().len(), 1);
        assert_eq!(list(&world.as_("zhao").await).await.unwrap().len(), 0);
    }
}

story! {
    /// The enterprise that watches reads at once who its new agent is.
    async fn an_event_of_the_feed_comes_with_the_people_it_names(world) {
        let id = world.project().await;
        let new = world.person("sun", Role::Agent, "全链办", None, &[], &[]).await;
        let access = world.access("wang").await;
        let before = world.sees("wang", &id).await.unwrap();
        assert!(!before.people.contains_key(&new));
        let appoint = team::Request::AppointAgent { account: new.clone() };
        world.does("chen", &id, Request::Team { request: appoint }).await.unwrap();
        let told = since(&world.service, &access, &id, before.seq).await.unwrap();
        let names: Vec<_> = told[0].people.iter().map(|person| person.name.as_str()).collect();
        assert!(names.contains(&"sun某") && names.contains(&"chen某"), "{names:?}");
        let mut page = before;
        assert!(told.into_iter().all(|one| page.hear(one)));
        assert_eq!(page.name(&new).as_deref(), Some("sun某"));
    }
}

story! {
    async fn an_area_without_a_lead_officer_is_refused_at_the_field(world) {
        let refused = open(&world.as_("wang").await, "项目", "月球", Default::default(), Sent::default()).await.unwrap_err();
        assert_eq!(sentence(refused), "“月球”还没有首席服务专员，请选择列出的片区。");
    }
}

story! {
    async fn the_same_form_sent_twice_opens_one_project_and_asks_one_question(world) {
        let cx = world.as_("wang").await;
        let sent = || Sent { key: Some("form-1".into()), ..Sent::default() };
        let first = open(&cx, "一", "狮山", Default::default(), sent()).await.unwrap();
        let second = open(&cx, "一", "狮山", Default::default(), sent()).await.unwrap();
        assert_eq!(first, second);
        let key = || Sent { key: Some("form-2".into()), ..Sent::default() };
        let (a, b) = tokio::join!(request(&cx, &first, ask("q1", None, "？"), key()), request(&cx, &first, ask("q1", None, "？"), key()));
        assert_eq!(a.unwrap(), b.unwrap());
        assert_eq!(world.sees("wang", &first).await.unwrap().project.version, 2);
    }
}

story! {
    async fn an_unknown_project_and_somebody_elses_look_the_same(world) {
        let id = world.project().await;
        assert_eq!(world.sees("zhao", &id).await.unwrap_err(), Public::NotFound);
        assert_eq!(world.sees("wang", &"no-such-project".into()).await.unwrap_err(), Public::NotFound);
        assert_eq!(world.does("zhao", &id, ask("q", None, "？")).await.unwrap_err(), "没有找到，或您无权查看。");
    }
}

story! {
    async fn a_question_on_a_matter_goes_to_its_backbone_officer(world) {
        let id = world.project().await;
        world.does("wang", &id, ask("q1", Some("siting-compliance-check"), "要交哪些图？")).await.unwrap();
        let view = world.sees("gu", &id).await.unwrap();
        assert_eq!(view.project.consultations[&domain::Id::from("q1")].to, Some(view.viewer.account.clone()));
        world.does("gu", &id, answer("q1", "范围图。")).await.unwrap();
    }
}

story! {
    async fn a_stale_page_is_told_what_changed_and_nothing_is_done(world) {
        let id = world.project().await;
        world.does("wang", &id, ask("q1", Some("siting-compliance-check"), "要交哪些图？")).await.unwrap();
        let seen = world.sees("zhou", &id).await.unwrap().project.version;
        world.does("gu", &id, answer("q1", "范围图。")).await.unwrap();
        let sent = Sent { based_on: Some(seen), ..Sent::default() };
        let error = request(&world.as_("zhou").await, &id, answer("q1", "坐标。"), sent.clone()).await.unwrap_err();
        let Error::Public(Public::Stale { version, changes }) = error else { panic!("{error:?}") };
        assert_eq!((version, changes.len()), (3, 1));
        assert_eq!(changes[0].sentence.zh, "答复：范围图。");
        // What happened to something else does not disturb.
        request(&world.as_("zhou").await, &id, step("siting-compliance-check", M::Prepare), sent).await.unwrap();
        assert_eq!(world.sees("wang", &id).await.unwrap().project.version, 4);
    }
}

story! {
    async fn the_enterprise_sees_an_internal_note_only_as_sealed(world) {
        let id = world.project().await;
        let note = Note { matter: None, text: Text::same("资金存疑"), internal: true, milestone: None };
        world.does("chen", &id, Request::Note { note }).await.unwrap();
        let view = world.sees("wang", &id).await.unwrap();
        assert_eq!(view.project.version, 2);
        assert!(!serde_json::to_string(&view).unwrap().contains("资金存疑"));
        assert!(serde_json::to_string(&world.sees("li", &id).await.unwrap()).unwrap().contains("资金存疑"));
        let new = since(&world.service, &world.access("wang").await, &id, 1).await.unwrap();
        assert!(!serde_json::to_string(&new).unwrap().contains("资金存疑"));
        assert!(domain::log::verify(&view.recent).is_ok());
    }
}

story! {
    async fn twenty_people_at_once_lose_nothing(world) {
        let id = world.project().await;
        let second = world.second_server().await;
        let mut tasks = Vec::new();
        for i in 0..20 {
            let service = if i % 2 == 0 { &world.service } else { &second };
            let (cx, id) = (world.at(service, "wang").await, id.clone());
            tasks.push(tokio::spawn(async move { request(&cx, &id, ask(&format!("q{i}"), None, "？"), Sent::default()).await }));
        }
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let view = world.sees("wang", &id).await.unwrap();
        assert_eq!(view.project.consultations.len(), 20);
        assert_eq!(view.project.version, 21);
        assert!(domain::log::verify(&view.recent).is_ok());
    }
}
