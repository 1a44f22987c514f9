//! What happens by itself: nobody answers, a promised paper falls due, a server is killed at its work.

use domain::account::Actor;
use domain::date::Instant;
use domain::id::Id;
use domain::log::Recorded;
use domain::project::matter::{PauseReason, Progress, Request as M};
use domain::project::review::{Pin, Point, Reason, Verdict};
use domain::project::{Event, Project, Request, timeline};
use domain::rule::Rule;
use service::jobs::{claim, fulfil, look};
use service::project::{Sent, request};
use service::verify::{rebuild, verify};
use service::{Service, work};
use sqlx::Row;
use std::collections::BTreeMap;
use test_support::filing::*;
use test_support::story;
use test_support::world::*;

/// A licence: 水土保持方案审批.
const PERMIT: &str = "water-soil-plan";
/// What makes both the licence and the company part of the project.
const ANSWERS: &[(&str, &str)] = &[("needs_project_company", "true"), ("site_area_sqm", "60000")];
const LICENCE: &str = "company-registration";
const SITING: &str = "siting-compliance-check";

/// Moves the clock to a minute in China.
fn moves_to(world: &World, day: &str, hour: u8, minute: u8) {
    let to = Instant::in_china(day.parse().unwrap(), hour, minute);
    let micros = to.unix_micros() - world.service.clock.now().unix_micros();
    assert!(micros >= 0, "clocks go on");
    world.service.clock.advance_seconds(micros / 1_000_000);
}

/// A filing at the counter, received on Thursday 26 September 2024.
async fn filed(world: &World) -> Id<Project> {
    let id = world.project_with(ANSWERS).await;
    world.finishes_before(&id, &[PERMIT]).await;
    request(&world.office_of(PERMIT).await, &id, step(PERMIT, M::File), Sent::default()).await.map_err(sentence).unwrap();
    id
}

async fn progress(world: &World, id: &Id<Project>, matter: &str) -> Progress {
    world.sees("chen", id).await.unwrap().project.matters[matter].progress.clone()
}

/// What a rule put on the log of a project.
async fn by_rule(world: &World, id: &Id<Project>, rule: Rule) -> Vec<Event> {
    let events = world.service.log.read(id, 0, i64::MAX).await.unwrap();
    let signed = |recorded| match recorded {
        Recorded::Open { meta, event, .. } if meta.actor == rule.account() => Some(event),
        _ => None,
    };
    events.into_iter().filter_map(signed).collect()
}

async fn deemed(world: &World, id: &Id<Project>) -> usize {
    by_rule(world, id, Rule::DeemedAcceptance).await.len()
}

story! {
    /// 26 September is a Thursday. Working days after it: Friday, Sunday the 29th (made up), Monday; the week of National Day is
    /// off; 8 and 9 October.
    async fn what_nobody_answers_in_five_working_days_counts_as_accepted_from_the_day_it_was_received(world) {
        let id = filed(&world).await;
        look(&world.service).await.unwrap();
        moves_to(&world, "2024-10-09", 23, 59);
        look(&world.service).await.unwrap();
        assert_eq!(progress(&world, &id, PERMIT).await, Progress::Filed { preview: false });
        moves_to(&world, "2024-10-10", 0, 0);
        look(&world.service).await.unwrap();
        let catalogue = &world.service.catalogue;
        let project = world.sees("chen", &id).await.unwrap().project;
        let entry = domain::guide::entry(catalogue.matter(PERMIT).unwrap(), &project.profile(catalogue), project.as_of);
        let due = catalogue.calendar().add("2024-09-26".parse().unwrap(), entry.promised_workdays.max(1));
        assert_eq!(progress(&world, &id, PERMIT).await, Progress::Accepted { due }, "the promise counts from the day of receipt");
        let events = by_rule(&world, &id, Rule::DeemedAcceptance).await;
        let [event] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(event.kind(), "matter.deemed_accepted");
        let said = timeline::sentence(event, catalogue, &|_| None);
        assert!(said.zh.contains("自 2024-09-26 收到申请") && said.zh.contains("第三十二条") && said.en.contains("receipt on 2024-09-26"), "{said:?}");
        // It is over: nothing more comes of it, however often it is looked at.
        for _ in 0..3 {
            world.service.clock.advance_seconds(86_400);
            look(&world.service).await.unwrap();
        }
        assert_eq!(deemed(&world, &id).await, 1);
        verify(&world.service).await.unwrap().unwrap();
        let before = work::all(&world.service).await.unwrap();
        rebuild(&world.service).await.unwrap();
        assert_eq!(work::all(&world.service).await.unwrap(), before);
        verify(&world.service).await.unwrap().unwrap();
    }
}

story! {
    async fn an_answer_on_the_fifth_day_is_in_time(world) {
        let id = filed(&world).await;
        look(&world.service).await.unwrap();
        moves_to(&world, "2024-10-09", 23, 58);
        request(&world.office_of(PERMIT).await, &id, step(PERMIT, M::Accept), Sent::default()).await.map_err(sentence).unwrap();
        moves_to(&world, "2024-11-10", 0, 0);
        look(&world.service).await.unwrap();
        assert_eq!(deemed(&world, &id).await, 0);
    }
}

story! {
    /// A notice of corrections is an answer; what comes back is received anew.
    async fn a_package_that_is_sent_back_is_answered_and_counts_anew_when_it_returns(world) {
        let id = world.project_with(ANSWERS).await;
        let wang = world.as_("wang").await;
        world.finishes_before(&id, &[PERMIT]).await;
        world.prepares(&id, PERMIT).await;
        request(&wang, &id, file(&set(&[PERMIT]), true), Sent::default()).await.map_err(sentence).unwrap();
        let (package, _) = world.only_package(&id).await;
        let point = Point { pin: Pin::Field("earthwork_volume".into()), reason: Reason::Unclear, note: "写明土石方量".into() };
        world.says(&id, PERMIT, Verdict::Correct { points: vec![point] }).await.unwrap();
        moves_to(&world, "2024-10-14", 10, 0);
        look(&world.service).await.unwrap();
        assert!(matches!(progress(&world, &id, PERMIT).await, Progress::Returned { .. }));
        world.fills(&id, PERMIT, &[("earthwork_volume", "61000")]).await;
        request(&wang, &id, give_back(&package, ""), Sent::default()).await.map_err(sentence).unwrap();
        // Monday the 14th: five working days are over with Monday the 21st.
        moves_to(&world, "2024-10-21", 23, 59);
        look(&world.service).await.unwrap();
        assert_eq!(deemed(&world, &id).await, 0);
        moves_to(&world, "2024-10-22", 0, 0);
        look(&world.service).await.unwrap();
        assert_eq!(deemed(&world, &id).await, 1);
    }
}

story! {
    /// What offices arrange among themselves nobody has applied for; what is assumed is history.
    async fn the_rule_holds_for_applications_and_not_for_history(world) {
        let id = world.project().await;
        world.does("zhou", &id, step(SITING, M::File)).await.unwrap();
        let replayed = filed(&world).await;
        let assumed = Sent { assumed: true, ..Sent::default() };
        request(&world.as_("wang").await, &replayed, ask("q", None, "？"), assumed).await.map_err(sentence).unwrap();
        moves_to(&world, "2024-12-01", 0, 0);
        look(&world.service).await.unwrap();
        assert_eq!(deemed(&world, &id).await + deemed(&world, &replayed).await, 0);
    }
}

story! {
    /// A portal that looks late: what is on its log is taken in from the first event.
    async fn a_portal_that_never_looked_is_caught_up(world) {
        let id = filed(&world).await;
        moves_to(&world, "2024-12-01", 0, 0);
        look(&world.service).await.unwrap();
        assert_eq!(deemed(&world, &id).await, 1);
    }
}

story! {
    /// What was filed before the portal did anything by itself: it cannot know what the applicant was told.
    async fn what_was_filed_before_there_were_rules_is_left_to_its_office(world) {
        let id = filed(&world).await;
        moves_to(&world, "2024-09-27", 12, 0);
        sqlx::query("update job_begun set at = $1").bind(world.service.clock.now().to_string()).execute(world.service.db.pool()).await.unwrap();
        moves_to(&world, "2024-12-01", 0, 0);
        look(&world.service).await.unwrap();
        assert_eq!(deemed(&world, &id).await, 0);
        assert!(left(&world.service).await.is_empty());
    }
}

story! {
    /// It depends on the time alone, not on whether the rule or the office is there first; and what is told late stops no clock.
    async fn an_office_that_comes_too_late_finds_it_accepted(world) {
        let id = filed(&world).await;
        moves_to(&world, "2024-10-10", 9, 0);
        let office = world.office_of(PERMIT).await;
        request(&office, &id, step(PERMIT, M::Accept), Sent::default()).await.map_err(sentence).unwrap();
        let tracked = world.sees("chen", &id).await.unwrap().project.matters[PERMIT].clone();
        let due = tracked.moved.map(|_| tracked.progress.clone());
        assert!(tracked.deemed && matches!(due, Some(Progress::Accepted { .. })), "{due:?}");
        let pause = M::Pause { reason: PauseReason::Supplement, note: "补图".into() };
        let refused = request(&office, &id, step(PERMIT, pause), Sent::default()).await.map_err(sentence).unwrap_err();
        assert!(refused.contains("补正不停止计时"), "{refused}");
        look(&world.service).await.unwrap();
        assert_eq!(deemed(&world, &id).await, 0, "the office said it");
    }
}

story! {
    async fn of_two_servers_one_does_it(world) {
        let mut ids = Vec::new();
        for _ in 0..4 {
            ids.push(filed(&world).await);
        }
        let second = world.second_server().await;
        look(&world.service).await.unwrap();
        moves_to(&world, "2024-10-10", 0, 0);
        let looks = [&world.service, &second, &world.service, &second].map(|service| {
            let service = service.clone();
            tokio::spawn(async move { look(&service).await })
        });
        for one in looks {
            one.await.unwrap().unwrap();
        }
        for id in &ids {
            assert_eq!(deemed(&world, id).await, 1);
        }
        verify(&second).await.unwrap().unwrap();
    }
}

/// What is left in the table of timers, of what is not the house's own.
async fn left(service: &Service) -> Vec<(String, i64, String)> {
    let rows = sqlx::query("select job, tries, not_before from timer where stream <> '' order by job, stream")
        .fetch_all(service.db.pool())
        .await
        .unwrap();
    rows.iter().map(|row| (row.try_get("job").unwrap(), row.try_get("tries").unwrap(), row.try_get("not_before").unwrap())).collect()
}

story! {
    async fn what_a_killed_server_had_claimed_another_does_later_and_once(world) {
        let id = filed(&world).await;
        look(&world.service).await.unwrap();
        moves_to(&world, "2024-10-10", 0, 0);
        // It is at it, and gone before anything came of it.
        let held = claim(&world.service).await.unwrap();
        assert!(!held.is_empty());
        let second = world.second_server().await;
        look(&second).await.unwrap();
        assert_eq!(deemed(&world, &id).await, 0, "its claim still lasts");
        world.service.clock.advance_seconds(5 * 60);
        look(&second).await.unwrap();
        assert_eq!(deemed(&world, &id).await, 1);
        // It was only slow.
        for timer in held {
            fulfil(&world.service, timer).await.unwrap();
        }
        assert_eq!(deemed(&world, &id).await, 1);
        assert!(left(&second).await.is_empty());
        verify(&world.service).await.unwrap().unwrap();
    }
}

story! {
    /// It was done, and the server killed before it could say so: done once more it is done once.
    async fn an_effect_whose_timer_was_left_behind_is_not_repeated(world) {
        let id = filed(&world).await;
        look(&world.service).await.unwrap();
        moves_to(&world, "2024-10-10", 0, 0);
        let row = sqlx::query("select key, job, stream, subject, due from timer where stream <> ''").fetch_one(world.service.db.pool()).await.unwrap();
        let column = |name: &str| row.try_get::<String, _>(name).unwrap();
        look(&world.service).await.unwrap();
        sqlx::query("insert into timer (key, job, stream, subject, due, not_before, tries) values ($1, $2, $3, $4, $5, $5, 1)")
            .bind(column("key")).bind(column("job")).bind(column("stream")).bind(column("subject")).bind(column("due"))
            .execute(world.service.db.pool()).await.unwrap();
        look(&world.service).await.unwrap();
        assert_eq!(deemed(&world, &id).await, 1);
        assert!(left(&world.service).await.is_empty());
    }
}

story! {
    async fn a_job_that_fails_stops_no_other_and_is_tried_again_after_a_pause(world) {
        let id = filed(&world).await;
        sqlx::query("insert into timer (key, job, stream, subject, due, not_before, tries) values ('x', 'deemed-acceptance', 'project:gone', 'x', $1, $1, 0)")
            .bind("2024-09-01T00:00:00.000000Z").execute(world.service.db.pool()).await.unwrap();
        sqlx::query("insert into timer (key, job, stream, subject, due, not_before, tries) values ('y', 'of-a-later-release', 'project:x', 'x', $1, $1, 0)")
            .bind("2024-09-01T00:00:00.000000Z").execute(world.service.db.pool()).await.unwrap();
        moves_to(&world, "2024-10-10", 0, 0);
        let now = world.service.clock.now();
        look(&world.service).await.unwrap();
        assert_eq!(deemed(&world, &id).await, 1);
        let later = |seconds: i64| now.plus_seconds(seconds).to_string();
        let waiting = |tries, seconds| vec![("deemed-acceptance".to_string(), tries, later(seconds)), ("of-a-later-release".into(), tries, later(seconds))];
        assert_eq!(left(&world.service).await, waiting(1, 60));
        world.service.clock.advance_seconds(60);
        look(&world.service).await.unwrap();
        assert_eq!(left(&world.service).await, waiting(2, 60 + 120));
    }
}

story! {
    async fn a_promised_paper_that_has_not_come_is_called_for_once_on_its_day(world) {
        let id = world.project_with(ANSWERS).await;
        let (wang, li) = (world.as_("wang").await, world.as_("li").await);
        world.finishes_before(&id, &[LICENCE]).await;
        world.fills(&id, LICENCE, &[]).await;
        uploads(&li, &id, "legal-rep-id", "证件").await;
        let promised: BTreeMap<_, _> =
            ["articles-of-association", "domicile-proof"].map(|m| promise(m, "三日内补交", "2024-09-29")).into();
        request(&wang, &id, file_promising(&set(&[LICENCE]), &promised, true), Sent::default()).await.map_err(sentence).unwrap();
        look(&world.service).await.unwrap();
        uploads(&li, &id, "domicile-proof", "证明").await;
        moves_to(&world, "2024-09-29", 8, 59);
        look(&world.service).await.unwrap();
        assert!(by_rule(&world, &id, Rule::PromiseDue).await.is_empty());
        moves_to(&world, "2024-09-29", 9, 0);
        for _ in 0..3 {
            look(&world.service).await.unwrap();
        }
        let events = by_rule(&world, &id, Rule::PromiseDue).await;
        let [event] = events.as_slice() else { panic!("one, of the paper that has not come: {events:?}") };
        let said = timeline::sentence(event, &world.service.catalogue, &|_| None);
        assert!(said.zh.contains("今日到期，尚未补交") && said.zh.contains("章程") && said.zh.contains("2024-09-29"), "{said:?}");
        verify(&world.service).await.unwrap().unwrap();
    }
}

story! {
    /// Nobody comes in as a rule, whatever stands in the accounts.
    async fn nobody_does_what_a_rule_does(world) {
        let id = filed(&world).await;
        moves_to(&world, "2024-10-10", 0, 0);
        let deem = || step(PERMIT, M::DeemAccepted);
        for login in ["wang", "li", "chen", "zhou"] {
            let refused = world.does(login, &id, deem()).await.unwrap_err();
            assert!(refused.contains("视为受理由规则记录"), "{refused}");
        }
        let rule = Rule::DeemedAcceptance.account();
        let firm = sqlx::query("select firm from account limit 1").fetch_one(world.service.db.pool()).await.unwrap();
        for (role, login) in [("department", "r1"), ("rule", "r2")] {
            sqlx::query("delete from account where id = $1").bind(rule.to_string()).execute(world.service.db.pool()).await.unwrap();
            sqlx::query("insert into account (id, login, name, role, firm, created_at) values ($1, $2, '规则', $3, $4, '2024-09-26T02:00:00.000000Z')")
                .bind(rule.to_string()).bind(login).bind(role).bind(firm.try_get::<String, _>("firm").unwrap())
                .execute(world.service.db.pool()).await.unwrap();
            match service::account::actor(&world.service.db, &rule).await {
                Ok(Some(actor)) => assert!(request(&world.service.context(Some(actor)), &id, deem(), Sent::default()).await.is_err()),
                Ok(None) => panic!("{role}"),
                Err(fault) => assert!(fault.to_string().contains("unknown role"), "{fault}"),
            }
        }
        // A rule does its own and nothing else, and reads nothing.
        let acts = async |actor: Actor, command: Request| request(&world.service.context(Some(actor)), &id, command, Sent::default()).await;
        assert!(acts(Rule::PromiseDue.actor(), deem()).await.is_err());
        assert!(acts(Rule::DeemedAcceptance.actor(), step(PERMIT, M::Accept)).await.is_err());
        assert!(service::project::view(&world.service.context(Some(Rule::DeemedAcceptance.actor())), &id).await.is_err());
        assert_eq!(deemed(&world, &id).await, 0);
        acts(Rule::DeemedAcceptance.actor(), deem()).await.map_err(sentence).unwrap();
    }
}

story! {
    async fn keys_of_forms_are_let_go_of_when_nobody_sends_them_any_more(world) {
        let id = world.project().await;
        let key = || Sent { key: Some("k".into()), ..Sent::default() };
        let wang = world.as_("wang").await;
        let once = request(&wang, &id, ask("q", None, "？"), key()).await.map_err(sentence).unwrap();
        world.service.clock.advance_seconds(91 * 86_400);
        look(&world.service).await.unwrap();
        assert_eq!(request(&wang, &id, ask("q", None, "？"), key()).await.map_err(sentence).unwrap(), once, "still known");
        world.service.clock.advance_seconds(2 * 86_400);
        look(&world.service).await.unwrap();
        let rows = sqlx::query("select count(*) as n from command").fetch_one(world.service.db.pool()).await.unwrap();
        assert_eq!(rows.try_get::<i64, _>("n").unwrap(), 0);
    }
}
