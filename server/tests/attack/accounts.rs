//! What is left to whom an account does not, or not yet, let in.

use crate::sign_in::{action, form, on_record};
use axum::body::Body;
use axum::http::{Request, header};
use domain::role::Role;
use server::{Peer, Settings};
use service::account::{NewAccount, Password, add, by_session, disable, sign_in};
use test_support::portal::{Answer, Portal};

/// Somebody whose password the operator chose, and their session.
async fn newcomer(portal: &Portal) -> String {
    let new = NewAccount {
        login: "xin".into(),
        name: "新人".into(),
        role: Role::Agent,
        firm: "全链办".into(),
        office: None,
        password: Some(Password::First("from the operator".into())),
        areas: Vec::new(),
        matters: Vec::new(),
    };
    add(&portal.service, new).await.unwrap();
    let secret = sign_in(&portal.service.context(None), "xin", "from the operator").await.unwrap().0;
    format!("session={secret}")
}

#[tokio::test]
async fn a_first_password_opens_nothing_but_its_own_change_and_what_everybody_reads() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let xin = newcomer(&portal).await;
    for path in ["/", "/guide", "/guide/map", "/matters", "/verify", "/sign-in"] {
        assert_eq!(portal.get(path, &xin).await.status, 200, "{path}");
    }
    for path in ["/projects", "/work", "/account/", "/no-such-page"] {
        let answer = portal.get(path, &xin).await;
        assert_eq!((answer.status.as_u16(), answer.headers[header::LOCATION].to_str().unwrap()), (303, "/account"), "{path}");
    }
    // Nor does an address that is read one way by who asks for rights and another way by who walks it.
    for path in [
        "/pkg/..",
        "/language/..",
        "/pkg/%2e%2e",
        "/pkg/.%2E",
        "/pkg/..\\",
        "/pkg/..%5c",
        "/matters/..\\",
        "/verify/..%2f",
        "/.well-known/..",
        "/..\\",
        "/./",
        "/pkg/%09..",
    ] {
        for page in [format!("{path}/projects/{project}/sheet"), format!("{path}\\projects\\{project}"), format!("{path}/work")] {
            let Ok(request) = Request::get(&page).header(header::COOKIE, &xin).header(header::ACCEPT, "text/html").body(Body::empty())
            else {
                continue;
            };
            assert_eq!(portal.send(request).await.status, 400, "{page}");
        }
    }
    for path in [format!("/projects/{project}/documents.zip"), format!("/live?project={project}"), format!("/collab/{project}.land")] {
        let request = Request::get(&path).header(header::COOKIE, &xin).body(Body::empty()).unwrap();
        let answer = portal.send(request).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.text.contains("请先在“我的账号”修改密码"), "{}", answer.text);
    }
    for path in ["/collab/ticket", "/rpc/my_projects", "/rpc/move_matter", "/rpc/start_project"] {
        assert_eq!(portal.send(form(path, &xin, "203.0.113.9", String::new())).await.status, 403, "{path}");
    }
    let page = portal.get("/account", &xin).await;
    assert!(page.status == 200 && page.text.contains("您的密码由管理员设置") && !page.text.contains("role=\"alert\""));
    let change = action(&portal, "/account", &xin, "change_password").await;
    let sent = |new: &str| format!("old=from+the+operator&new={new}&again={new}&key=k.password.0&based_on=0").replace(' ', "+");
    for (bad, why) in [("1qaz2wsx3edc", "太常见"), ("xin-xin-2024-xin", "登录名"), ("kurz", "至少 12 位")] {
        let refused = portal.send(form(&change, &xin, "203.0.113.9", sent(bad))).await;
        assert!(refused.status == 422 && refused.text.contains(why), "{bad}: {} {}", refused.status, refused.text);
    }
    // As a plain form, without JavaScript.
    let done = portal.post(&change, &xin, &sent("wild geese in May")).await;
    assert_eq!((done.status.as_u16(), done.headers[header::LOCATION].to_str().unwrap()), (303, "/account"));
    assert_eq!(portal.get("/projects", &xin).await.status, 200);
    // It is told once: the answer that tells it lets the browser forget.
    let told = told(&done);
    let page = portal.get("/account", &format!("{xin}; {told}")).await;
    assert!(
        page.text.contains("密码已修改") && page.headers[header::SET_COOKIE].to_str().unwrap().starts_with("told=; "),
        "{:?}",
        page.headers
    );
    assert!(!portal.get("/account", &xin).await.text.contains("密码已修改"));
    assert_eq!(on_record(&portal, "password_changed").await, ["xin"]);
}

/// What an answer has the browser remember for the next page.
fn told(answer: &Answer) -> String {
    let set = answer.headers.get_all(header::SET_COOKIE).iter().filter_map(|set| set.to_str().ok());
    set.filter_map(|set| set.split(';').next()).find(|set| set.starts_with("told=")).unwrap().to_string()
}

#[tokio::test]
async fn what_is_told_of_an_ended_session_is_its_persons_own() {
    let portal = Portal::open().await;
    let (wang, other) = (portal.session("wang").await, portal.session("wang").await);
    let zhao = portal.session("zhao").await;
    let end = action(&portal, "/account", &wang, "end_session").await;
    let access = by_session(&portal.service, other.trim_start_matches("session=")).await.unwrap().unwrap().access;
    let body = format!("id={}&key=k.end.0&based_on=0", access.id);
    assert_eq!(portal.send(form(&end, &zhao, "203.0.113.9", body.clone())).await.status, 404, "another person's");
    let done = portal.send(form(&end, &wang, "203.0.113.9", body)).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert!(!done.headers.contains_key("serverfnredirect"), "the page stays where it is");
    let told = told(&done);
    assert!(portal.get("/account", &format!("{wang}; {told}")).await.text.contains("已结束：其他浏览器，"));
    // A cookie is what somebody may have planted: nothing of it is shown, and nobody else's sessions are told of.
    for planted in [told.as_str(), "told=session.1", "told=others.many", "told=token.<b>bold</b>", "told=anything"] {
        let page = portal.get("/account", &format!("{zhao}; {planted}")).await;
        assert!(page.status == 200 && !page.text.contains("notice-done") && !page.text.contains("<b>bold"), "{planted}");
    }
}

#[tokio::test]
async fn a_password_is_guessed_no_better_on_the_account_page() {
    let portal = Portal::open().await;
    let wang = portal.session("wang").await;
    let change = action(&portal, "/account", &wang, "change_password").await;
    let body = |old: &str| format!("old={old}&new=wild+geese+in+May&again=wild+geese+in+May&key=k.password.0&based_on=0");
    for i in 0..10 {
        assert_eq!(portal.send(form(&change, &wang, "203.0.113.9", body(&format!("guess{i}")))).await.status, 422);
    }
    assert_eq!(portal.send(form(&change, &wang, "203.0.113.9", body("correct+horse"))).await.status, 429);
    assert_eq!(portal.send(form(&change, &wang, "198.51.100.7", body("correct+horse"))).await.status, 200);
}

#[tokio::test]
async fn who_is_disabled_is_out_at_once() {
    let portal = Portal::open().await;
    let wang = portal.session("wang").await;
    assert_eq!(portal.get("/projects", &wang).await.status, 200);
    disable(&portal.service.context(None), "wang").await.unwrap();
    assert!(portal.get("/projects", &wang).await.status.is_redirection());
    assert!(sign_in(&portal.service.context(None), "wang", "correct horse").await.is_err());
    assert_eq!(on_record(&portal, "account_disabled").await, ["wang"]);
    assert_eq!(on_record(&portal, "session_ended").await, ["disabled"]);
}

#[tokio::test]
async fn people_of_government_come_in_from_their_networks_alone() {
    let settings = Settings { staff: vec!["10.20.0.0/16".parse().unwrap()], ..Settings::default() };
    let portal = Portal::with(settings).await;
    let get = |path: &str, from: &str, name: &str, value: &str| {
        let mut request = Request::get(path).header(name, value).header(header::ACCEPT, "text/html").body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer(from.parse().unwrap()));
        portal.send(request)
    };
    let sign_in_page = get("/sign-in", "10.20.1.2", "x-nothing", "").await.text;
    let path = sign_in_page.split("action=\"").skip(1).find(|rest| rest.starts_with("/rpc/sign_in")).unwrap().split('"').next().unwrap();
    let as_ = |login: &str, from: &str| form(path, "", from, format!("login={login}&password=correct+horse&to=/projects"));
    let refused = portal.send(as_("li", "203.0.113.9")).await;
    assert!(refused.status == 403 && refused.text.contains("须从指定的网络访问"), "{} {}", refused.status, refused.text);
    assert!(!refused.headers.contains_key(header::SET_COOKIE));
    assert_eq!(portal.send(as_("wang", "203.0.113.9")).await.status, 200, "an enterprise comes from anywhere");
    let li = crate::sign_in::begun(&portal.send(as_("li", "10.20.1.2")).await);
    assert_eq!(get("/projects", "10.20.1.2", "cookie", &li).await.status, 200);
    assert_eq!(get("/projects", "203.0.113.9", "cookie", &li).await.status, 403, "the session is carried elsewhere");
    let token = format!("Bearer {}", portal.token("zhou", "read").await);
    assert_eq!(get("/projects", "10.20.1.2", "authorization", &token).await.status, 200);
    assert_eq!(get("/projects", "203.0.113.9", "authorization", &token).await.status, 403);
    // Once for each of them, their address and the minute.
    let mut on_record = on_record(&portal, "turned_away").await;
    on_record.sort();
    assert_eq!(on_record, ["/projects", "li"]);
}
