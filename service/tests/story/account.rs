use domain::access::Scope;
use domain::audit::KEPT_DAYS;
use domain::browser::Browser;
use domain::role::Role;
use service::Service;
use service::account::{
    Access, NewAccount, NewToken, Token, add, again, by_session, by_session_unused, by_token, change_password, disable, enable, end_others,
    end_session, end_token, ended_session, list, make_ticket, make_token, note_use, own, redeem, replace_session, revoke, sessions,
    sign_in, sign_out, signed_in, tokens,
};
use service::audit::{Asked, Entry, export, forget, record};
use test_support::story;
use test_support::world::*;

pub fn new(login: &str, role: Role) -> NewAccount {
    NewAccount {
        login: login.into(),
        name: "某人".into(),
        role,
        firm: "某单位".into(),
        office: None,
        password: None,
        areas: Vec::new(),
        matters: Vec::new(),
    }
}

async fn refusal(world: &World, new: NewAccount) -> String {
    sentence(add(&world.service, new).await.unwrap_err())
}

story! {
    async fn a_session_begins_with_the_right_password_and_ends_by_sign_out_or_time(world) {
        let cx = world.service.context(None);
        let Token(token) = sign_in(&cx, " Wang ", "correct horse").await.unwrap();
        let (actor, person) = signed_in(&world.service, &token).await.unwrap().unwrap();
        assert_eq!((actor.role, person.name.as_str()), (Role::Enterprise, "wang某"));
        sign_out(&cx, &token).await.unwrap();
        assert!(signed_in(&world.service, &token).await.unwrap().is_none());
        let Token(token) = sign_in(&cx, "wang", "correct horse").await.unwrap();
        world.service.clock.advance_seconds(2 * 3600);
        assert!(signed_in(&world.service, &token).await.unwrap().is_none());
    }
}

story! {
    async fn wrong_passwords_and_unknown_logins_get_the_same_sentence_and_then_a_wait(world) {
        let cx = world.service.context(None);
        let wrong = |login: &'static str| { let cx = cx.clone(); async move { sentence(sign_in(&cx, login, "nonsense").await.map(|_| ()).unwrap_err()) } };
        assert_eq!(wrong("wang").await, wrong("nobody").await);
        for _ in 0..9 {
            wrong("wang").await;
        }
        assert!(wrong("wang").await.contains("15 分钟"));
        assert!(sign_in(&cx, "wang", "correct horse").await.is_err());
        world.service.clock.advance_seconds(15 * 60);
        assert!(sign_in(&cx, "wang", "correct horse").await.is_ok());
        // Somebody without a password cannot sign in at all.
        assert_eq!(wrong("chen").await, wrong("nobody").await);
    }
}

story! {
    async fn the_database_holds_no_password_and_no_session_secret(world) {
        let Token(token) = sign_in(&world.service.context(None), "wang", "correct horse").await.unwrap();
        use sqlx::Row;
        let row = sqlx::query("select a.password_hash as hash, s.secret_hash as token from account a join session s on s.account = a.id")
            .fetch_one(world.service.db.pool()).await.unwrap();
        let (hash, stored): (String, String) = (row.get("hash"), row.get("token"));
        assert!(hash.starts_with("sealed:") && !hash.contains("argon2id"));
        assert_ne!(stored, token);
    }
}

story! {
    async fn a_wrong_account_is_refused_with_what_is_wrong(world) {
        assert!(refusal(&world, new("Wang!", Role::Enterprise)).await.contains("登录名应为"));
        assert!(refusal(&world, new("wang", Role::Enterprise)).await.contains("已有人使用"));
        assert!(refusal(&world, new("x1", Role::Department)).await.contains("要写明所属单位"));
        assert!(refusal(&world, NewAccount { office: Some("moon".into()), ..new("x1", Role::Department) }).await.contains("没有单位“moon”"));
        assert!(refusal(&world, NewAccount { password: Some("short".into()), ..new("x1", Role::Agent) }).await.contains("至少 12 位"));
        let second = NewAccount { areas: vec!["狮山".into()], ..new("x1", Role::LeadOfficer) };
        assert!(refusal(&world, second).await.contains("一区域一首席"));
        // Nothing of the refused one is left.
        add(&world.service, new("x1", Role::Agent)).await.unwrap();
    }
}

pub async fn access_of(world: &World, secret: &Token) -> Option<Access> {
    by_session(&world.service, &secret.0).await.unwrap().map(|holder| holder.access)
}

story! {
    async fn a_session_in_use_ends_after_twelve_hours_and_its_end_is_on_record(world) {
        let cx = world.service.context(None);
        let wang = sign_in(&cx, "wang", "correct horse").await.unwrap();
        for _ in 0..11 {
            world.service.clock.advance_seconds(3600);
            assert!(access_of(&world, &wang).await.is_some());
        }
        world.service.clock.advance_seconds(3600);
        assert!(access_of(&world, &wang).await.is_none());
        let idle = sign_in(&cx, "wang", "correct horse").await.unwrap();
        world.service.clock.advance_seconds(2 * 3600);
        assert!(access_of(&world, &idle).await.is_none());
        service::jobs::look(&world.service).await.unwrap();
        assert_eq!(kinds(&world, "session_ended").await, ["maximum", "idle"]);
        world.service.clock.advance_seconds(24 * 3600);
        service::jobs::look(&world.service).await.unwrap();
        assert_eq!(count(&world, "select count(*) as n from session").await, 0, "they are let go");
    }
}

/// What the entries of a kind name, in order of time.
async fn kinds(world: &World, kind: &str) -> Vec<String> {
    let mut found = Vec::new();
    export(&world.service, &Asked::default(), |entry| {
        if entry.kind == kind {
            found.push(entry.subject.clone())
        }
    })
    .await
    .unwrap();
    found
}

async fn count(world: &World, sql: &'static str) -> i64 {
    use sqlx::Row;
    sqlx::query(sql).fetch_one(world.service.db.pool()).await.unwrap().get("n")
}

story! {
    async fn a_sixth_session_ends_the_first_and_a_new_one_in_a_browser_the_one_it_had(world) {
        let cx = world.service.context(None);
        let mut six = Vec::new();
        for _ in 0..6 {
            six.push(sign_in(&cx, "wang", "correct horse").await.unwrap());
            world.service.clock.advance_seconds(1);
        }
        assert!(access_of(&world, &six[0]).await.is_none());
        for open in &six[1..] {
            assert!(access_of(&world, open).await.is_some());
        }
        replace_session(&cx, &six[1].0).await.unwrap();
        assert!(access_of(&world, &six[1]).await.is_none());
        assert_eq!(kinds(&world, "session_ended").await, ["too_many", "replaced"]);
        // Those of another person are nobody's business.
        let li = access_of(&world, &sign_in(&cx, "li", "correct horse").await.unwrap()).await.unwrap();
        let wang = access_of(&world, &six[5]).await.unwrap();
        assert!(end_session(&cx, &li, &wang.id).await.is_err());
        let third = access_of(&world, &six[2]).await.unwrap();
        end_session(&cx, &wang, &third.id).await.unwrap();
        assert!(access_of(&world, &six[2]).await.is_none());
        end_others(&cx, &wang).await.unwrap();
        let left = sessions(&cx, &wang).await.unwrap();
        assert!(left.len() == 1 && left[0].this && left[0].address == "local", "{left:?}");
        assert!(access_of(&world, &sign_in(&cx, "wang", "correct horse").await.unwrap()).await.is_some());
    }
}

story! {
    async fn sessions_are_known_apart_by_browser_and_their_end_is_told_to_their_person_alone(world) {
        const OFFICE: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";
        let at = |address: &str, said: &str| world.service.context(None).from(address).in_browser(Browser::read(said));
        let office = sign_in(&at("10.0.0.3", OFFICE), "wang", "correct horse").await.unwrap();
        world.service.clock.advance_seconds(1);
        let strange = sign_in(&at("10.0.0.4", &"x".repeat(100_000)), "wang", "correct horse").await.unwrap();
        let (office, strange) = (access_of(&world, &office).await.unwrap(), access_of(&world, &strange).await.unwrap());
        let cx = world.service.context(None);
        let shown = sessions(&cx, &strange).await.unwrap();
        let names: Vec<String> = shown.iter().map(|line| line.browser.name().zh).collect();
        assert_eq!(names, ["其他浏览器", "Chrome · Windows"]);
        assert!(ended_session(&cx, &strange, &office.id).await.unwrap().is_none(), "it has not ended");
        end_session(&cx, &strange, &office.id).await.unwrap();
        let (browser, address) = ended_session(&cx, &strange, &office.id).await.unwrap().unwrap();
        assert_eq!((browser.name().zh.as_str(), address.as_str()), ("Chrome · Windows", "10.0.0.3"));
        let li = access_of(&world, &sign_in(&cx, "li", "correct horse").await.unwrap()).await.unwrap();
        assert!(ended_session(&cx, &li, &office.id).await.unwrap().is_none(), "another person's");
        sign_in(&at("10.0.0.5", OFFICE), "wang", "correct horse").await.unwrap();
        assert_eq!(end_others(&cx, &strange).await.unwrap(), 1);
    }
}

story! {
    async fn an_account_says_who_its_person_is(world) {
        let lead = NewAccount { areas: vec!["东渚".into()], name: "首席".into(), ..new("lead2", Role::LeadOfficer) };
        let id = add(&world.service, lead).await.unwrap();
        let who = own(&world.service.db, &id).await.unwrap();
        assert_eq!((who.login.as_str(), who.person.name.as_str(), who.person.firm.as_str()), ("lead2", "首席", "某单位"));
        assert_eq!((who.person.role, who.areas, who.matters.len()), (Role::LeadOfficer, vec!["东渚".to_string()], 0));
    }
}

story! {
    async fn open_connections_hear_of_the_end_also_from_another_server(world) {
        let cx = world.service.context(None);
        let second = world.second_server().await;
        let there = second.context(None);
        let followed = async |secret: &Token| {
            let access = access_of(&world, secret).await.unwrap();
            world.service.endings.follow(&access)
        };
        let in_time = |following: service::account::Following| async move {
            let end = following.end();
            assert!(tokio::time::timeout(std::time::Duration::from_secs(20), end.wait()).await.expect("it hears of the end"));
        };
        let wang = sign_in(&cx, "wang", "correct horse").await.unwrap();
        let following = followed(&wang).await;
        sign_out(&there, &wang.0).await.unwrap();
        in_time(following).await;
        let wang = sign_in(&cx, "wang", "correct horse").await.unwrap();
        let following = followed(&wang).await;
        disable(&there, "wang").await.unwrap();
        in_time(following).await;
        enable(&there, "wang").await.unwrap();
        let wang = sign_in(&cx, "wang", "correct horse").await.unwrap();
        let following = followed(&wang).await;
        world.service.clock.advance_seconds(12 * 3600);
        in_time(following).await;
        // An open page is no use of a session, nor is what it asks for by itself.
        let wang = sign_in(&cx, "wang", "correct horse").await.unwrap();
        let access = access_of(&world, &wang).await.unwrap();
        let following = followed(&wang).await;
        for _ in 0..3 {
            world.service.clock.advance_seconds(1800);
            assert!(again(&world.service, &access).await.unwrap().is_some());
            assert!(by_session_unused(&world.service, &wang.0).await.unwrap().is_some());
        }
        assert!(!following.end().has_come());
        world.service.clock.advance_seconds(1800);
        in_time(following).await;
        // What a person does is.
        let wang = sign_in(&cx, "wang", "correct horse").await.unwrap();
        let access = access_of(&world, &wang).await.unwrap();
        world.service.clock.advance_seconds(7000);
        note_use(&world.service, &access).await.unwrap();
        world.service.clock.advance_seconds(7000);
        assert!(by_session_unused(&world.service, &wang.0).await.unwrap().is_some());
    }
}

story! {
    async fn an_access_token_has_a_scope_and_an_end_and_can_be_revoked(world) {
        let cx = world.service.context(None);
        let make = |name: &str| NewToken { login: "zhou".into(), name: name.into(), scopes: [Scope::Read].into(), days: 1 };
        let one = make_token(&cx, make("自有系统")).await.unwrap().0;
        let two = make_token(&cx, make("报表")).await.unwrap().0;
        assert!(one.starts_with("qlt_"));
        let holder = by_token(&world.service, &one).await.unwrap().unwrap();
        assert_eq!(holder.access.scopes, [Scope::Read].into());
        assert!(by_session(&world.service, &one).await.unwrap().is_none(), "a token is no session");
        let zhou = holder.access.account.clone();
        assert_eq!(tokens(&cx, &zhou).await.unwrap().len(), 2);
        // By a token nobody changes how they come in.
        assert!(end_token(&cx, &holder.access, "x").await.is_err());
        assert!(end_others(&cx, &holder.access).await.is_err());
        let by_it = change_password(&cx, &holder.access, "correct horse", "wild geese in May").await;
        assert!(sentence(by_it.unwrap_err()).contains("须本人登录"));
        revoke(&cx, "zhou", "报表").await.unwrap();
        assert!(by_token(&world.service, &two).await.unwrap().is_none());
        revoke(&cx, "zhou", &one[..12]).await.unwrap();
        assert!(by_token(&world.service, &one).await.unwrap().is_none());
        assert!(revoke(&cx, "zhou", &one[..12]).await.is_err());
        let three = make_token(&cx, make("一天")).await.unwrap().0;
        world.service.clock.advance_seconds(86_400);
        assert!(by_token(&world.service, &three).await.unwrap().is_none());
        let four = make_token(&cx, make("停用")).await.unwrap().0;
        disable(&cx, "zhou").await.unwrap();
        enable(&cx, "zhou").await.unwrap();
        assert!(by_token(&world.service, &four).await.unwrap().is_none(), "it does not come back");
    }
}

story! {
    async fn a_ticket_opens_once_and_at_once(world) {
        let cx = world.service.context(None);
        let wang = sign_in(&cx, "wang", "correct horse").await.unwrap();
        let access = access_of(&world, &wang).await.unwrap();
        let ticket = make_ticket(&cx, &access).await.unwrap().text;
        let (one, two) = tokio::join!(redeem(&world.service, &ticket), redeem(&world.service, &ticket));
        assert_eq!([one.unwrap(), two.unwrap()].iter().flatten().count(), 1, "of two at the same moment one gets it");
        let late = make_ticket(&cx, &access).await.unwrap().text;
        world.service.clock.advance_seconds(30);
        assert!(redeem(&world.service, &late).await.unwrap().is_none());
        let ended = make_ticket(&cx, &access).await.unwrap().text;
        sign_out(&cx, &wang.0).await.unwrap();
        assert!(redeem(&world.service, &ended).await.unwrap().is_none(), "its session has ended");
    }
}

story! {
    /// What the page says has ended is what its list has shown.
    async fn sessions_that_nobody_used_are_not_counted_among_those_that_were_ended(world) {
        let cx = world.service.context(None);
        sign_in(&cx, "wang", "correct horse").await.unwrap();
        world.service.clock.advance_seconds(2 * 3600);
        sign_in(&cx, "wang", "correct horse").await.unwrap();
        let wang = access_of(&world, &sign_in(&cx, "wang", "correct horse").await.unwrap()).await.unwrap();
        assert_eq!(sessions(&cx, &wang).await.unwrap().len(), 2);
        assert_eq!(end_others(&cx, &wang).await.unwrap(), 1);
        let mut ended = kinds(&world, "session_ended").await;
        ended.sort();
        assert_eq!(ended, ["by_hand", "idle"]);
    }
}

story! {
    async fn what_is_on_record_is_exported_in_order_and_kept_a_year(world) {
        let cx = world.service.context(None).from("203.0.113.9");
        let wang = sign_in(&cx, "wang", "correct horse").await.unwrap();
        assert!(sign_in(&cx, "wang", "nonsense of mine").await.is_err());
        sign_out(&cx, &wang.0).await.unwrap();
        world.service.clock.advance_seconds(86_400);
        disable(&cx, "wang").await.unwrap();
        enable(&cx, "wang").await.unwrap();
        let of = async |asked: Asked| {
            let mut kinds = Vec::new();
            export(&world.service, &asked, |entry| kinds.push(entry.kind.clone())).await.unwrap();
            kinds
        };
        let login = Some("wang".to_string());
        assert_eq!(of(Asked { login: login.clone(), ..Asked::default() }).await, ["signed_in", "sign_in_failed", "signed_out"]);
        let (first, next) = ("2024-09-26".parse().ok(), "2024-09-27".parse().ok());
        assert_eq!(of(Asked { since: next, ..Asked::default() }).await, ["account_disabled", "account_enabled"]);
        assert!(of(Asked { until: first, ..Asked::default() }).await.contains(&"rights_changed".to_string()), "duties are given at the start");
        // More than is read together.
        for i in 0..1100 {
            record(&cx, domain::audit::Kind::DocumentRead, Entry::of(format!("{i}"))).await.unwrap();
        }
        assert_eq!(kinds(&world, "document_read").await.len(), 1100);
        let today = world.service.clock.now().date();
        assert!(sentence(forget(&world.service, today.plus(1 - KEPT_DAYS)).await.unwrap_err()).contains("至少保存 366 天"));
        assert_eq!(forget(&world.service, today.plus(-KEPT_DAYS)).await.unwrap(), 0);
        world.service.clock.advance_seconds(KEPT_DAYS * 86_400);
        assert!(forget(&world.service, today).await.unwrap() > 3);
        assert_eq!(of(Asked::default()).await.len(), 1102);
        assert_eq!(list(&world.service.db).await.unwrap().iter().filter(|person| person.signed_in_at.is_some()).count(), 1);
    }
}

story! {
    /// What cannot be put on record is not done, and what is not done is not on record.
    async fn nothing_ends_or_begins_that_is_not_on_record(world) {
        let cx = world.service.context(None);
        let wang = sign_in(&cx, "wang", "correct horse").await.unwrap();
        let access = access_of(&world, &wang).await.unwrap();
        let new = || NewToken { login: "wang".into(), name: "报表".into(), scopes: [Scope::Read].into(), days: 30 };
        make_token(&cx, new()).await.unwrap();
        let zheng = world.person("zheng", Role::Department, "自规局", Some("natural-resources"), &[], &[]).await;
        let rename = async |sql: &'static str| sqlx::query(sql).execute(world.service.db.pool()).await.unwrap();
        rename("alter table audit rename to audit_away").await;
        assert!(sign_out(&cx, &wang.0).await.is_err());
        assert!(end_session(&cx, &access, &access.id).await.is_err());
        assert!(end_others(&cx, &Access { id: "another".into(), ..access.clone() }).await.is_err());
        assert!(revoke(&cx, "wang", "报表").await.is_err());
        assert!(make_token(&cx, NewToken { name: "另一个".into(), ..new() }).await.is_err());
        world.service.clock.advance_seconds(3600);
        assert!(access_of(&world, &wang).await.is_some(), "it has not ended");
        let zhou = world.as_("zhou").await;
        assert!(service::work::appoint_deputy(&zhou, Some(&zheng), "2024-10-01".parse().ok()).await.is_err());
        rename("alter table audit_away rename to audit").await;
        let held = tokens(&cx, &access.account).await.unwrap();
        assert_eq!(held.iter().map(|token| token.name.as_str()).collect::<Vec<_>>(), ["报表"]);
        assert_eq!(count(&world, "select count(*) as n from deputy").await, 0);
        sign_out(&cx, &wang.0).await.unwrap();
        assert!(access_of(&world, &wang).await.is_none());
        assert_eq!(kinds(&world, "signed_out").await.len(), 1);
        assert_eq!(kinds(&world, "session_ended").await.len(), 0);
    }
}

story! {
    async fn a_limit_that_is_met_is_on_record_once_a_minute(world) {
        let second = world.second_server().await;
        let tries = async |service: &Service, n: usize| {
            let cx = service.context(None).from("203.0.113.9");
            for _ in 0..n {
                sign_in(&cx, "wang", "not the password").await.map(|_| ()).unwrap_err();
            }
        };
        tries(&world.service, 13).await;
        tries(&second, 3).await;
        assert_eq!(kinds(&world, "limit_met").await, ["sign_in wang@203.0.113.9"], "once, on all servers");
        world.service.clock.advance_seconds(60);
        tries(&second, 5).await;
        assert_eq!(kinds(&world, "limit_met").await.len(), 2);
        // Others are others.
        let lookups = world.service.context(None).from("2001:db8::1");
        for _ in 0..70 {
            let _ = service::limit::take(&lookups, domain::limit::Limit::LookUpCertificate, &lookups.network()).await;
        }
        let mut met = kinds(&world, "limit_met").await;
        met.sort();
        assert_eq!(met, ["look_up_certificate 2001:db8:0:0::/64", "sign_in wang@203.0.113.9", "sign_in wang@203.0.113.9"]);
    }
}
