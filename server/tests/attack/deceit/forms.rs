//! Addresses and forms: nothing in them leads off the site, is shown as the portal's own word, or is our fault.

use super::door::{Door, FORM, coded};
use axum::http::header;
use proptest::prelude::*;
use test_support::world::World;

/// What a browser makes of an address that the portal sends it to.
fn leads_to(location: &str) -> url::Url {
    url::Url::parse("http://localhost/somewhere/deep").unwrap().join(location).unwrap()
}

const ELSEWHERE: [&str; 24] = [
    "https://evil.test",
    "//evil.test",
    "///evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "/\t/evil.test",
    "/\n/evil.test",
    "\t//evil.test",
    " //evil.test",
    "/.//evil.test",
    "/..//evil.test",
    "/a/..//evil.test",
    "/a/../..//evil.test",
    "/./\\evil.test",
    "/%2e//evil.test",
    "/%2E%2E//evil.test",
    "http:evil.test",
    "http:/evil.test",
    "http:\\\\evil.test",
    "javascript:alert(1)",
    "data:text/html,evil",
    "//user@evil.test:80/",
    "/\u{0}/evil.test",
    "http://portal.invalid@evil.test/",
];

#[tokio::test]
async fn nothing_in_an_address_or_a_form_leads_off_the_site() {
    let world = World::on_sqlite().await;
    let door = Door::of(&world, String::new());
    let sign_in = door.action("/sign-in", "sign_in").await;
    for to in ELSEWHERE {
        let answer = door.get(&format!("/language/zh?to={}", coded(to))).await;
        if to.contains('\0') {
            assert_eq!(answer.status, 400, "no address of ours has it");
            let body = format!("login=wang&password=correct+horse&to={}", coded(to));
            let refused = door.post(&sign_in, "text/html", Some("http://localhost/sign-in"), FORM, body.as_bytes()).await;
            assert_eq!(refused.status, 422, "no form of ours sends it");
            continue;
        }
        let location = answer.headers[header::LOCATION].to_str().unwrap();
        assert_eq!(leads_to(location).origin(), leads_to("/").origin(), "{to:?} became {location}");
        let body = format!("login=wang&password=correct+horse&to={}", coded(to));
        let good = door.post(&sign_in, "text/html", Some("http://localhost/sign-in"), FORM, body.as_bytes()).await;
        assert_eq!(good.status, 303);
        let location = good.headers[header::LOCATION].to_str().unwrap();
        assert_eq!(leads_to(location).origin(), leads_to("/").origin(), "{to:?} became {location}");
    }
    // A plain form that is done goes back to its page, and to no other site's.
    let door = Door::of(&world, format!("session={}", world.session("wang").await));
    let id = world.project().await;
    let ask = door.action(&format!("/projects/{id}/consultations"), "ask").await;
    let sendable = || ELSEWHERE.into_iter().filter(|e| !e.contains('\0'));
    let pairs = sendable().map(|e| (e, None)).chain(sendable().map(|e| ("http://localhost/guide", Some(e))));
    for (n, (referer, back)) in pairs.enumerate() {
        let back = back.map(|back| format!("&back={}", coded(back))).unwrap_or_default();
        let body = format!("project={id}&matter=&text=q{n}&key=seed.ask.{n}&based_on=9999{back}");
        let referer = Some(referer).filter(|r| !r.contains(char::is_control));
        let done = door.post(&ask, "text/html", referer, FORM, body.as_bytes()).await;
        assert_eq!(done.status, 303, "{n}: {}", done.text());
        let location = done.headers[header::LOCATION].to_str().unwrap();
        assert_eq!(leads_to(location).origin(), leads_to("/").origin(), "{referer:?} {back:?} became {location}");
    }
    let done = door.post(&ask, "text/html", Some("http://evil.test/matters"), FORM, b"").await;
    assert!(done.headers.get(header::LOCATION).is_none(), "{:?}", done.headers);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Whatever is given, a browser that reads the result stays on the portal; and the result is its own result.
    #[test]
    fn a_local_path_is_one(to in "[/\\\\.:%@?#a-f2e\t\r\n\u{0} \u{a0}\u{3000}／。]{0,24}|[ -~]{0,40}|.{0,40}") {
        let path = app::local_path(&to);
        prop_assert!(path.starts_with('/') && !path.starts_with("//") && path.is_ascii() && !path.contains(char::is_control), "{path}");
        for base in ["http://localhost:3000/rpc/x", "https://portal.example/projects/1"] {
            let base = url::Url::parse(base).unwrap();
            let there = base.join(&path).unwrap();
            prop_assert_eq!(there.origin(), base.origin());
            prop_assert!(there.username().is_empty());
        }
        prop_assert_eq!(app::local_path(&path), path);
    }
}

#[test]
fn paths_of_the_portal_are_let_through() {
    for path in ["/", "/projects", "/guide?industry=biomedical&a=%E4%B8%AD", "/projects/1/sheet#field-uscc", "/guide?next=//x"] {
        assert_eq!(app::local_path(path), path);
    }
}

/// A sentence of a stranger's, as a failed form would leave it in the address.
fn smuggled(function: &str, sentence: &str) -> String {
    use base64::Engine as _;
    let error = app::Failure(domain::Error::Refused { sentence: domain::Text::same(sentence) });
    let error = base64::engine::general_purpose::URL_SAFE.encode(serde_json::to_vec(&error).unwrap());
    format!("__path={}&__err={error}", coded(function))
}

#[tokio::test]
async fn a_sentence_in_an_address_is_never_shown() {
    let world = World::on_sqlite().await;
    let door = Door::of(&world, String::new());
    let function = door.action("/sign-in", "sign_in").await;
    let lie = "您的账号已冻结，请致电";
    let query = smuggled(&function, lie);
    let spelt = query.replace("__path", "%5f%5Fp%61th").replace("__err", "_%5ferr");
    for path in [format!("/sign-in?{query}"), format!("/sign-in?to=/work&{query}"), format!("/sign-in?{spelt}")] {
        let page = door.get(&path).await;
        assert_eq!(page.status, 200);
        assert!(!page.text().contains(lie) && !page.text().contains("role=\"alert\""), "{path}");
        assert!(!page.text().contains("__err"), "{path}: nor handed on");
    }
    // Nor by the page a form says it came from.
    let body = format!("login=wang&password=x&to=/&back={}", coded(&format!("/sign-in?{query}")));
    let refused = door.post(&function, "text/html", Some(&format!("http://localhost/sign-in?{query}")), FORM, body.as_bytes()).await;
    assert!(!refused.text().contains(lie) && refused.text().contains("登录名或密码不对。"), "{}", refused.text());
}

#[tokio::test]
async fn a_refused_plain_form_is_answered_by_its_page_at_once() {
    let world = World::on_sqlite().await;
    let door = Door::of(&world, String::new());
    let function = door.action("/sign-in", "sign_in").await;
    let body = b"login=w%3Cang&password=secret-of-mine&to=/work";
    let refused = door.post(&function, "text/html", Some("http://localhost/sign-in?to=/work"), FORM, body).await;
    assert_eq!(refused.status, 422);
    assert!(refused.headers.get(header::LOCATION).is_none());
    let text = refused.text();
    assert!(text.contains("登录名或密码不对。") && text.contains("value=\"w&lt;ang\""), "{text}");
    assert!(!text.contains("secret-of-mine"), "a password is never sent back");
    assert!(text.contains("name=\"back\" value=\"/sign-in?to=/work\""), "sent again it still leads on: {text}");
    // From a page of nobody's the reason is said all the same.
    let refused = door.post(&function, "text/html", None, FORM, body).await;
    assert_eq!((refused.status.as_u16(), refused.text().trim()), (422, "登录名或密码不对。"));
}

#[tokio::test]
async fn a_server_function_that_is_called_wrongly_says_so_and_is_no_fault_of_ours() {
    let world = World::on_sqlite().await;
    let door = Door::of(&world, format!("session={}", world.session("wang").await));
    let id = world.project().await;
    let page = format!("/projects/{id}/consultations");
    let ask = door.action(&page, "ask").await;
    let whole = format!("project={id}&matter=&text=q&key=seed.ask.0&based_on=1");
    for accept in ["application/json", "text/html"] {
        let post = async |path: &str, kind: &str, body: &[u8]| door.post(path, accept, None, kind, body).await;
        for (status, answer) in [
            (404, post("/rpc/no_such_function", FORM, b"").await),
            (404, post("/rpc/as", FORM, whole.as_bytes()).await),
            (415, post(&ask, "application/json", b"{}").await),
            (415, post(&ask, "multipart/form-data; boundary=x", b"--x--").await),
            (415, post(&ask, "", whole.as_bytes()).await),
            (422, post(&ask, FORM, b"").await),
            // Whose right it is comes before what is wrong with the form: of a project that is not there nothing is told.
            (404, post(&ask, FORM, b"project=1").await),
            (422, post(&ask, FORM, whole.replace("based_on=1", "based_on=-1").as_bytes()).await),
            (422, post(&ask, FORM, whole.replace("based_on=1", "based_on[a][b][c][d][e][f][g]=1").as_bytes()).await),
            (422, post(&ask, FORM, &[0xff, 0xfe, b'=', 0x80]).await),
            (422, post(&ask, FORM, whole.replace(id.as_str(), "%00").as_bytes()).await),
            (413, post(&ask, FORM, &vec![b'a'; 300 * 1024]).await),
        ] {
            assert_eq!(answer.status, status, "{accept}: {}", answer.text());
            assert!(answer.text().chars().count() > 4, "{accept} {status}: a sentence");
        }
    }
    let answer = door.get(&ask).await;
    assert_eq!((answer.status.as_u16(), answer.headers[header::ALLOW].to_str().unwrap()), (405, "POST"));
    assert_eq!(door.post(&ask, "application/json", None, FORM, whole.as_bytes()).await.status, 200);
}
