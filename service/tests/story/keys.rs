//! Forms' keys: sent twice, done once, by whom and for what they were sent; and the right before everything that could tell.

use domain::Error as Public;
use domain::id::Id;
use domain::limit::Limit;
use domain::project::matter::{ExternalDecision, Progress, Request as M};
use domain::project::{Project, Request, sheet, team};
use domain::role::Role;
use service::Error;
use service::project::{Sent, open, request};
use test_support::filing::{convert, correct, file, give_back, issue, jointly, set};
use test_support::story;
use test_support::world::*;

const SITING: &str = "siting-compliance-check";

fn key(key: &str) -> Sent {
    Sent { key: Some(key.into()), ..Sent::default() }
}

fn record() -> Request {
    let elsewhere = ExternalDecision { number: "1".into(), system: "一体化平台".into(), on: "2024-09-26".parse().unwrap() };
    step(SITING, M::Record { elsewhere })
}

async fn version(world: &World, id: &Id<Project>) -> u64 {
    world.sees("chen", id).await.unwrap().project.version
}

fn status(error: Error) -> u16 {
    error.into_public().status()
}

story! {
    async fn a_key_is_one_persons_in_one_project_for_one_thing(world) {
        let (one, two) = (world.project().await, world.project().await);
        let (wang, zhou) = (world.as_("wang").await, world.as_("zhou").await);
        let office = zhou.actor.as_ref().unwrap().account.clone();
        // An enterprise uses what an office's key used to be.
        for taken in [format!("{office}/record/DOC-1"), "DOC-1".to_string(), format!("{office}/DOC-1")] {
            open(&wang, "占用", "狮山", Default::default(), key(&taken)).await.unwrap();
            request(&wang, &one, ask(&taken, None, "？"), key(&taken)).await.unwrap();
        }
        for id in [&one, &two] {
            request(&zhou, id, record(), key("DOC-1")).await.unwrap();
            assert_eq!(world.sees("chen", id).await.unwrap().project.matters[SITING].progress, Progress::Issued);
        }
        let before = version(&world, &one).await;
        request(&zhou, &one, record(), key("DOC-1")).await.unwrap();
        assert_eq!(version(&world, &one).await, before, "sent twice, done once");
        let other = request(&zhou, &one, step("boundary-survey", M::Claim), key("DOC-1")).await.unwrap_err();
        assert!(sentence(other).contains("内容与这次不同"));
        assert_eq!(version(&world, &one).await, before);
    }
}

story! {
    async fn the_same_form_from_two_servers_at_once_is_one_event(world) {
        let id = world.project().await;
        let second = world.second_server().await;
        let (here, there) = (world.as_("wang").await, world.at(&second, "wang").await);
        let before = version(&world, &id).await;
        let mut tasks = Vec::new();
        for i in 0..10 {
            let (cx, id) = (if i % 2 == 0 { here.clone() } else { there.clone() }, id.clone());
            tasks.push(tokio::spawn(async move { request(&cx, &id, ask("q", None, "？"), key("k")).await.map_err(sentence) }));
        }
        for task in tasks {
            assert_eq!(task.await.unwrap().unwrap().version, before + 1);
        }
        assert_eq!(version(&world, &id).await, before + 1);
        let (a, b) = tokio::join!(
            open(&here, "一", "狮山", Default::default(), key("start")),
            open(&there, "一", "狮山", Default::default(), key("start")),
        );
        assert_eq!(a.unwrap(), b.unwrap());
        assert_eq!(service::project::list(&here).await.unwrap().len(), 2);
    }
}

story! {
    async fn a_used_key_with_other_contents_says_so_whatever_the_operation(world) {
        let id = world.project().await;
        let (wang, li) = (world.as_("wang").await, world.as_("li").await);
        let first = open(&wang, "一", "狮山", Default::default(), key("k")).await.unwrap();
        assert_eq!(open(&wang, "一", "狮山", Default::default(), key("k")).await.unwrap(), first);
        assert_eq!(status(open(&wang, "二", "狮山", Default::default(), key("k")).await.unwrap_err()), 422);
        // The key of one form for another operation, which makes its command itself.
        request(&wang, &id, ask("q", None, "？"), key("k")).await.unwrap();
        let filed = request(&wang, &id, file(&set(&[SITING]), true), key("k")).await;
        assert_eq!(status(filed.unwrap_err()), 422);
        assert_eq!(status(request(&wang, &id, convert(&"s".into()), key("k")).await.unwrap_err()), 422);
        assert_eq!(status(request(&wang, &id, give_back(&"s".into(), ""), key("k")).await.unwrap_err()), 422);
        // A colleague's key is another one.
        request(&li, &id, ask("q2", None, "！"), key("k")).await.unwrap();
    }
}

story! {
    async fn a_key_says_nothing_to_whom_the_right_is_not_given(world) {
        let id = world.project().await;
        request(&world.as_("zhou").await, &id, record(), key("k")).await.unwrap();
        let endless = "x".repeat(10_000);
        for key in ["k", endless.as_str()] {
            let sent = || Sent { key: Some(key.to_string()), ..Sent::default() };
            assert_eq!(status(request(&world.as_("zhao").await, &id, record(), sent()).await.unwrap_err()), 404);
            assert_eq!(status(request(&world.as_("shen").await, &id, record(), sent()).await.unwrap_err()), 403);
            let filed = request(&world.as_("zhao").await, &id, file(&set(&[SITING]), true), sent()).await;
            assert_eq!(status(filed.unwrap_err()), 404);
            assert_eq!(status(request(&world.as_("shen").await, &id, issue(SITING), sent()).await.unwrap_err()), 403);
            let jointly = request(&world.as_("zhou").await, &id, jointly(&set(&[SITING])), sent()).await;
            assert_eq!(status(jointly.unwrap_err()), 403);
            assert_eq!(status(request(&world.as_("zhao").await, &id, correct("1", "？"), sent()).await.unwrap_err()), 404);
        }
    }
}

story! {
    async fn hostile_keys_are_refused_or_are_keys_like_others(world) {
        let id = world.project().await;
        let wang = world.as_("wang").await;
        let refused = request(&wang, &id, ask("q", None, "？"), key(&"长".repeat(67))).await.unwrap_err();
        assert_eq!(sentence(refused), "表单的标识太长，最多 200 字节。");
        assert_eq!(status(open(&wang, "一", "狮山", Default::default(), key(&"x".repeat(201))).await.unwrap_err()), 422);
        for (i, hostile) in ["\0\n\r\u{1b}[2J", "' or 1=1 --", "../..", &"x".repeat(200), "{\"a\":[]}"].into_iter().enumerate() {
            let before = version(&world, &id).await;
            for _ in 0..2 {
                request(&wang, &id, ask(&format!("q{i}"), None, "？"), key(hostile)).await.map_err(sentence).unwrap();
            }
            assert_eq!(version(&world, &id).await, before + 1, "{hostile:?}");
        }
    }
}

story! {
    async fn rows_of_keys_from_before_are_met_by_nobody(world) {
        let id = world.project().await;
        let wang = world.as_("wang").await;
        let account = &wang.actor.as_ref().unwrap().account;
        for old in [format!("{account}/k"), "k".to_string()] {
            sqlx::query("insert into command (key, stream, version, at) values ($1, $2, 1, '2024-09-26T02:00:00.000000Z')")
                .bind(old).bind(service::project::stream(&id)).execute(world.service.db.pool()).await.unwrap();
        }
        request(&wang, &id, ask("q", None, "？"), key("k")).await.unwrap();
        assert_eq!(version(&world, &id).await, 2);
    }
}

story! {
    async fn nothing_is_told_by_what_there_is_before_the_right_is_asked(world) {
        let id = world.project().await;
        let known = world.as_("li").await.actor.unwrap().account;
        // Who is appointed is looked up for whom may appoint.
        for account in [known, "nobody".into()] {
            let appoint = || Request::Team { request: team::Request::AppointAgent { account: account.clone() } };
            assert_eq!(world.does("zhao", &id, appoint()).await.unwrap_err(), "没有找到，或您无权查看。");
            assert!(world.does("wang", &id, appoint()).await.unwrap_err().contains("由首席服务专员安排帮代办专员"));
        }
        // What the sheet holds, likewise.
        service::sheet::fill(&world.as_("li").await, &id, [("total_investment".into(), "80000".into())].into()).await.unwrap();
        let seq = service::sheet::view(&world.as_("li").await, &id).await.unwrap().entries["total_investment"].seq;
        for seq in [seq, seq + 7] {
            let confirm = || Request::Sheet { request: sheet::Request::Confirm { fields: vec![("total_investment".into(), seq)] } };
            assert_eq!(world.does("zhao", &id, confirm()).await.unwrap_err(), "没有找到，或您无权查看。");
            assert!(world.does("zhou", &id, confirm()).await.unwrap_err().contains("由建设单位自己确认代填的内容"));
        }
    }
}

story! {
    async fn a_question_goes_to_no_officer_of_another_office(world) {
        let id = world.project().await;
        world.person("xu", Role::BackboneOfficer, "税务局", Some("tax"), &[], &["boundary-survey"]).await;
        world.does("wang", &id, ask("q", Some("boundary-survey"), "？")).await.unwrap();
        let project = world.sees("chen", &id).await.unwrap().project;
        assert_eq!(project.consultations[&Id::from("q")].to, project.team.agent);
        assert!(world.does("xu", &id, answer("q", "我说了算")).await.unwrap_err().contains("由审批骨干专员"));
    }
}

story! {
    async fn an_enterprise_finishes_its_own_acceptance_and_gets_no_certificate(world) {
        let id = world.project().await;
        let its_own = "environmental-acceptance";
        world.finishes_before(&id, &[its_own]).await;
        let wang = world.as_("wang").await;
        for command in [M::File, M::Accept, M::Decide] {
            request(&wang, &id, step(its_own, command), Sent::default()).await.map_err(sentence).unwrap();
        }
        assert_eq!(status(request(&world.as_("li").await, &id, issue(its_own), key("i")).await.unwrap_err()), 403);
        for _ in 0..2 {
            request(&wang, &id, issue(its_own), key("i")).await.map_err(sentence).unwrap();
        }
        let project = world.sees("wang", &id).await.unwrap().project;
        assert_eq!(project.matters[its_own].progress, Progress::Issued);
        assert!(project.certificates.is_empty());
    }
}

story! {
    async fn what_people_make_is_counted_and_what_is_replayed_is_not(world) {
        let id = world.project().await;
        let most = 60;
        assert!(matches!(Limit::Ask.row().measure, domain::limit::Measure::Rate { most: 60, .. }));
        let wang = world.as_("wang").await.from("203.0.113.7");
        for i in 0..most {
            request(&wang, &id, ask(&format!("q{i}"), None, "？"), key(&format!("k{i}"))).await.map_err(sentence).unwrap();
        }
        let one_more = || ask("one more", None, "？");
        let Error::Public(met @ Public::TooMany { .. }) = request(&wang, &id, one_more(), Sent::default()).await.unwrap_err() else {
            panic!("the limit is met")
        };
        assert!(met.retry_after().is_some_and(|after| after > 0));
        // What was done before is answered as before, others go on, and so does everything else.
        request(&wang, &id, ask("q0", None, "？"), key("k0")).await.unwrap();
        request(&world.as_("li").await.from("203.0.113.7"), &id, ask("li", None, "？"), Sent::default()).await.unwrap();
        request(&wang, &id, raise("d", "难"), Sent::default()).await.unwrap();
        let replayed = Sent { at: Some(world.service.clock.now()), ..Sent::default() };
        request(&wang, &id, one_more(), replayed).await.map_err(sentence).unwrap();
        world.service.clock.advance_seconds(3601);
        request(&wang, &id, ask("later", None, "？"), Sent::default()).await.map_err(sentence).unwrap();
    }
}
