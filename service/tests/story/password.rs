//! Passwords: changed by their person, set by the operator, guessed by strangers.

use crate::account::{access_of, new};
use domain::access::Scope;
use domain::role::Role;
use service::account::{
    NewAccount, NewToken, Password, add, by_token, change_password, end_token, ended_token, make_token, sessions, set_password, sign_in,
    tokens,
};
use test_support::story;
use test_support::world::*;

story! {
    async fn a_changed_password_leaves_tokens_and_their_revocation_names_them(world) {
        let cx = world.service.context(None);
        let new = NewToken { login: "wang".into(), name: "报表".into(), scopes: [Scope::Read].into(), days: 1 };
        let token = make_token(&cx, new).await.unwrap().0;
        let wang = access_of(&world, &sign_in(&cx, "wang", "correct horse").await.unwrap()).await.unwrap();
        change_password(&cx, &wang, "correct horse", "wild geese in May").await.unwrap();
        assert!(by_token(&world.service, &token).await.unwrap().is_some(), "the page says so");
        let line = tokens(&cx, &wang.account).await.unwrap().remove(0);
        assert!(ended_token(&cx, &wang, &line.id).await.unwrap().is_none());
        end_token(&cx, &wang, &line.id).await.unwrap();
        assert_eq!(ended_token(&cx, &wang, &line.id).await.unwrap().as_deref(), Some("报表"));
    }
}

story! {
    async fn a_first_password_is_changed_and_ends_every_other_session(world) {
        let cx = world.service.context(None);
        add(&world.service, NewAccount { password: Some(Password::First("from the operator".into())), ..new("xin", Role::Agent) }).await.unwrap();
        let xin = sign_in(&cx, "xin", "from the operator").await.unwrap();
        let other = sign_in(&cx, "xin", "from the operator").await.unwrap();
        let access = access_of(&world, &xin).await.unwrap();
        assert!(access.first_password);
        let change = async |old: &str, new: &str| change_password(&cx, &access, old, new).await.map_err(sentence);
        assert!(change("something else", "wild geese in May").await.unwrap_err().contains("现在的密码不对"));
        assert!(change("from the operator", "from the operator").await.unwrap_err().contains("不同"));
        for (bad, why) in [("short", "至少 12 位"), ("1qaz2wsx3edc", "太常见"), ("xin2024xinxin", "登录名"), ("quanlian-demo", "系统名")] {
            assert!(change("from the operator", bad).await.unwrap_err().contains(why), "{bad}");
        }
        change("from the operator", "wild geese in May").await.unwrap();
        assert!(!access_of(&world, &xin).await.unwrap().first_password);
        assert!(access_of(&world, &other).await.is_none());
        assert!(sign_in(&cx, "xin", "from the operator").await.is_err());
        set_password(&cx, "xin", Password::First("operator once more".into())).await.unwrap();
        assert!(access_of(&world, &xin).await.is_none());
        assert!(access_of(&world, &sign_in(&cx, "xin", "operator once more").await.unwrap()).await.unwrap().first_password);
    }
}

story! {
    /// Whichever of the two is first: what the operator has set is not written over by who knew the one before.
    async fn a_password_that_the_operator_sets_meanwhile_holds(world) {
        let cx = world.service.context(None);
        for round in 0..4 {
            let mine = format!("wild geese in May {round}");
            set_password(&cx, "wang", Password::Plain(mine.clone())).await.map_err(sentence).unwrap();
            let wang = access_of(&world, &sign_in(&cx, "wang", &mine).await.unwrap()).await.unwrap();
            let theirs = format!("from the operator {round}");
            let (own, set) = tokio::join!(
                change_password(&cx, &wang, &mine, "quite another horse"),
                set_password(&cx, "wang", Password::First(theirs.clone())),
            );
            set.map_err(sentence).unwrap();
            if let Err(refused) = own {
                assert_eq!(sentence(refused), "现在的密码不对。");
            }
            assert!(sign_in(&cx, "wang", "quite another horse").await.is_err());
            let token = sign_in(&cx, "wang", &theirs).await.map_err(sentence).unwrap();
            assert!(access_of(&world, &token).await.unwrap().first_password, "and is changed at the first sign-in");
            assert_eq!(sessions(&cx, &wang).await.unwrap().len(), 1, "all from before have ended");
        }
    }
}

story! {
    async fn a_password_is_not_changed_without_being_on_record_nor_by_halves(world) {
        let cx = world.service.context(None);
        let wang = access_of(&world, &sign_in(&cx, "wang", "correct horse").await.unwrap()).await.unwrap();
        let other = sign_in(&cx, "wang", "correct horse").await.unwrap();
        let rename = async |sql: &'static str| sqlx::query(sql).execute(world.service.db.pool()).await.unwrap();
        rename("alter table audit rename to audit_away").await;
        assert!(change_password(&cx, &wang, "correct horse", "wild geese in May").await.is_err());
        assert!(set_password(&cx, "wang", Password::First("from the operator".into())).await.is_err());
        rename("alter table audit_away rename to audit").await;
        assert!(access_of(&world, &other).await.is_some(), "no session has ended");
        sign_in(&cx, "wang", "correct horse").await.map_err(sentence).unwrap();
    }
}

story! {
    async fn wrong_passwords_at_one_address_lock_nobody_out_at_another(world) {
        let at = |address: &str| world.service.context(None).from(address);
        for _ in 0..10 {
            assert!(sign_in(&at("203.0.113.9"), "wang", "nonsense of mine").await.is_err());
        }
        assert!(sentence(sign_in(&at("203.0.113.9"), "wang", "correct horse").await.map(|_| ()).unwrap_err()).contains("15 分钟"));
        assert!(sign_in(&at("198.51.100.7"), "wang", "correct horse").await.is_ok());
        // Many right ones in a row are no guessing.
        for _ in 0..12 {
            sign_in(&at("198.51.100.7"), "wang", "correct horse").await.unwrap();
        }
    }
}
