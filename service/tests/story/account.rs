use crate::story;
use crate::world::*;
use domain::account::Role;
use service::account::{NewAccount, Token, add, sign_in, sign_out, signed_in};

fn new(login: &str, role: Role) -> NewAccount {
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
        sign_out(&world.service, &token).await.unwrap();
        assert!(signed_in(&world.service, &token).await.unwrap().is_none());
        let Token(token) = sign_in(&cx, "wang", "correct horse").await.unwrap();
        world.service.clock.advance_seconds(8 * 24 * 3600);
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
        let row = sqlx::query("select a.password_hash as hash, s.token_hash as token from account a join session s on s.account = a.id")
            .fetch_one(world.service.db.pool()).await.unwrap();
        let (hash, stored): (String, String) = (row.get("hash"), row.get("token"));
        assert!(hash.starts_with("$argon2id$"));
        assert_ne!(stored, token);
    }
}

story! {
    async fn a_wrong_account_is_refused_with_what_is_wrong(world) {
        assert!(refusal(&world, new("Wang!", Role::Enterprise)).await.contains("登录名应为"));
        assert!(refusal(&world, new("wang", Role::Enterprise)).await.contains("已有人使用"));
        assert!(refusal(&world, new("x1", Role::Department)).await.contains("要写明所属单位"));
        assert!(refusal(&world, NewAccount { office: Some("moon".into()), ..new("x1", Role::Department) }).await.contains("没有单位“moon”"));
        assert!(refusal(&world, NewAccount { password: Some("short".into()), ..new("x1", Role::Agent) }).await.contains("至少 8 位"));
        let second = NewAccount { areas: vec!["狮山".into()], ..new("x1", Role::LeadOfficer) };
        assert!(refusal(&world, second).await.contains("一区域一首席"));
        // Nothing of the refused one is left.
        add(&world.service, new("x1", Role::Agent)).await.unwrap();
    }
}
