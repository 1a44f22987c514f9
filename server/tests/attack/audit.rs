//! What happened to accounts is on record, with whom and from where.

use crate::sign_in::{action, begun, form};
use service::account::{disable, enable};
use service::audit::{Asked, Recorded, export};
use test_support::portal::Portal;

async fn exported(portal: &Portal, login: Option<&str>) -> Vec<Recorded> {
    let mut found = Vec::new();
    let asked = Asked { login: login.map(str::to_string), ..Asked::default() };
    export(&portal.service, &asked, |entry| found.push(entry.clone())).await.unwrap();
    found
}

#[tokio::test]
async fn a_story_of_an_account_is_told_in_order() {
    let portal = Portal::open().await;
    let enter = action(&portal, "/sign-in", "", "sign_in").await;
    let sign_in = |password: &str| form(&enter, "", "203.0.113.9", format!("login=wang&password={password}&to=/projects"));
    portal.send(sign_in("%3Cscript%3E")).await;
    let wang = begun(&portal.send(sign_in("correct+horse")).await);
    let change = action(&portal, "/account", &wang, "change_password").await;
    let body = "old=correct+horse&new=wild+geese+in+May&again=wild+geese+in+May&key=k.password.0&based_on=0";
    assert_eq!(portal.send(form(&change, &wang, "203.0.113.9", body.into())).await.status, 200);
    let leave = action(&portal, "/account", &wang, "sign_out").await;
    portal.send(form(&leave, &wang, "203.0.113.9", String::new())).await;
    let token = portal.token("wang", "read").await;
    let cx = portal.service.context(None);
    service::account::revoke(&cx, "wang", &token).await.unwrap();
    disable(&cx, "wang").await.unwrap();
    enable(&cx, "wang").await.unwrap();
    let all = exported(&portal, None).await;
    let kinds: Vec<&str> = all.iter().map(|entry| entry.kind.as_str()).collect();
    let wanted = [
        "account_added",
        "rights_changed",
        "sign_in_failed",
        "signed_in",
        "password_changed",
        "signed_out",
        "token_made",
        "token_revoked",
        "account_disabled",
        "account_enabled",
    ];
    let mut story = kinds.iter();
    assert!(wanted.iter().all(|kind| story.any(|told| told == kind)), "{kinds:?}");
    assert!(all.windows(2).all(|pair| pair[0].at <= pair[1].at));
    let of_wang = exported(&portal, Some("wang")).await;
    let seen: Vec<_> = of_wang.iter().map(|e| (e.kind.as_str(), e.address.as_str())).collect();
    assert_eq!(seen[0], ("sign_in_failed", "203.0.113.9"));
    assert_eq!(seen[1], ("signed_in", "203.0.113.9"));
    // No secret and no password is in it.
    let text = serde_json::to_string(&all).unwrap();
    for secret in [wang.trim_start_matches("session="), token.as_str(), "correct horse", "wild geese", "script"] {
        assert!(!text.contains(secret), "{secret}");
    }
}
