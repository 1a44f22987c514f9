use axum::body::Body;
use axum::http::{Request, header};
use test_support::portal::Portal;

#[tokio::test]
async fn the_public_reads_pages_in_chinese_unless_they_choose_english() {
    let portal = Portal::open().await;
    for path in ["/", "/guide", "/guide/map?industry=biomedical", "/matters", "/matters/construction-permit", "/sign-in"] {
        let answer = portal.get(path, "").await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.text.contains("<html lang=\"zh-CN\""), "{path}");
        let english = portal.get(path, "lang=en").await;
        assert!(english.text.contains("<html lang=\"en\""), "{path}");
        assert!(english.text.contains("Quanlian"), "{path}");
    }
    let asked = portal.get("/guide?lang=en", "").await;
    assert!(asked.text.contains("Show the guide map"));
}

#[tokio::test]
async fn choosing_a_language_comes_back_to_the_page_and_never_leaves_the_site() {
    let portal = Portal::open().await;
    let answer = portal.get("/language/en?to=/guide%3Findustry%3Dchemical", "").await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.headers[header::LOCATION], "/guide?industry=chemical");
    assert!(answer.headers[header::SET_COOKIE].to_str().unwrap().starts_with("lang=en;"));
    for elsewhere in ["https://evil.example", "//evil.example", "/%5Cevil.example", "javascript:alert(1)", "", "/a%0D%0ASet-Cookie:x"] {
        let answer = portal.get(&format!("/language/en?to={elsewhere}"), "").await;
        assert_eq!(answer.headers[header::LOCATION], "/", "{elsewhere}");
    }
    assert_eq!(portal.get("/language/klingon?to=/", "").await.status, 404);
}

#[tokio::test]
async fn addresses_that_make_no_sense_get_a_page_that_says_so() {
    let portal = Portal::open().await;
    for (path, status, words) in [
        ("/guide?colour=red", 400, "没有“colour”这个问题"),
        ("/guide/map?industry=banking", 400, "没有“banking”这一选项"),
        ("/guide/map?as_of=2022-02-30", 400, "“2022-02-30”不是真实存在的日期"),
        ("/guide/map?site_area_sqm=-3", 400, "应填数字"),
        ("/matters/no-such-matter", 404, "没有这个页面"),
        ("/nowhere", 404, "没有这个页面"),
        ("/pkg/../Cargo.toml", 400, "网址中有不能用的字符"),
    ] {
        let answer = portal.get(path, "").await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert!(answer.text.contains(words), "{path}");
    }
    // What comes from the address is text, never markup.
    let answer = portal.get("/guide?%3Cscript%3Ealert(1)%3C/script%3E=1", "").await;
    assert!(!answer.text.contains("<script>alert"));
}

#[tokio::test]
async fn every_answer_is_protected() {
    let portal = Portal::open().await;
    let answer = portal.get("/guide", "").await;
    let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("script-src 'nonce-") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe-inline"));
    assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    let other = portal.get("/guide", "").await;
    assert_ne!(other.headers[header::CONTENT_SECURITY_POLICY], answer.headers[header::CONTENT_SECURITY_POLICY], "a nonce is used once");
}

#[tokio::test]
async fn another_site_cannot_make_a_browser_post() {
    let portal = Portal::open().await;
    for origin in ["https://evil.example", "null"] {
        let request = Request::post("/rpc/sign_out").header(header::HOST, "localhost").header(header::ORIGIN, origin);
        assert_eq!(portal.send(request.body(Body::empty()).unwrap()).await.status, 403, "{origin}");
    }
}

#[tokio::test]
async fn a_project_is_for_its_parties_alone() {
    let portal = Portal::open().await;
    let path = format!("/projects/{}", portal.project().await);
    let signed_out = portal.get(&path, "").await;
    assert!(signed_out.status.is_redirection(), "{}", signed_out.status);
    assert!(signed_out.headers[header::LOCATION].to_str().unwrap().starts_with("/sign-in?to="));
    let stranger = portal.get(&path, &portal.session("zhao").await).await;
    assert_eq!(stranger.status, 404);
    assert!(!stranger.text.contains("测试项目"));
    let owner = portal.get(&path, &portal.session("wang").await).await;
    assert_eq!(owner.status, 200);
    assert!(owner.text.contains("测试项目") && owner.text.contains("正处在“合作洽谈”阶段"));
    assert_eq!(owner.headers[header::CACHE_CONTROL], "private, no-store");
}

#[tokio::test]
async fn the_catalogue_is_served_compact_and_for_ever() {
    let portal = Portal::open().await;
    let page = portal.get("/guide", "").await.text;
    let path = page.split("data-catalogue=\"").nth(1).unwrap().split('"').next().unwrap();
    let answer = portal.get(path, "").await;
    assert_eq!(answer.status, 200);
    assert!(answer.headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    let catalogue = domain::catalogue::Catalogue::from_bytes(&answer.bytes).unwrap();
    assert_eq!(catalogue.matters.len(), 70);
    assert_eq!(portal.get("/catalogue/0000000000000000.bin", "").await.status, 404);
}

#[tokio::test]
async fn health_says_whether_the_database_answers() {
    let portal = Portal::open().await;
    assert_eq!(portal.get("/health", "").await.status, 200);
    portal.service.db.close().await;
    assert_eq!(portal.get("/health", "").await.status, 503);
}

/// The address of a server function, as the page's form names it.
async fn form_action(portal: &Portal, page: &str, cookie: &str, name: &str) -> String {
    let text = portal.get(page, cookie).await.text;
    let action = text.split("action=\"").skip(1).filter_map(|rest| rest.split('"').next()).find(|a| *a == format!("/rpc/{name}"));
    action.unwrap_or_else(|| panic!("{page} has no form for {name}")).to_string()
}

#[tokio::test]
async fn signing_in_by_a_plain_form_leads_on_or_back_with_the_reason() {
    let portal = Portal::open().await;
    let action = form_action(&portal, "/sign-in", "", "sign_in").await;
    let good = portal.post(&action, "", "login=wang&password=correct+horse&to=/projects").await;
    assert_eq!(good.status, 303);
    assert_eq!(good.headers[header::LOCATION], "/projects");
    let cookie = good.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("session=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let wrong = portal.post(&action, "", "login=wang&password=nonsense&to=/projects").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("登录名或密码不对。") && wrong.text.contains("value=\"wang\"") && !wrong.text.contains("nonsense"));
}

#[tokio::test]
async fn a_command_not_allowed_gets_its_status_and_its_sentence() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let zhou = portal.session("zhou").await;
    let page = format!("/projects/{project}/matters/siting-compliance-check");
    let action = form_action(&portal, &page, &zhou, "move_matter").await;
    let form = format!("project={project}&matter=industry-access-review&step=accept&key=k&based_on=1");
    let request = Request::post(&action)
        .header(header::COOKIE, &zhou)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json");
    let answer = portal.send(request.body(Body::from(form)).unwrap()).await;
    assert_eq!(answer.status, 403, "{}", answer.text);
    assert!(answer.text.contains("由该事项的主办部门办理"), "{}", answer.text);
}

#[tokio::test]
async fn a_refused_plain_form_comes_back_with_what_was_written() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let wang = portal.session("wang").await;
    let page = format!("/projects/{project}/consultations");
    let action = form_action(&portal, &page, &wang, "ask").await;
    let text = "字".repeat(2001);
    let form = format!("project={project}&matter=project-filing&text={text}%3C%2Ftextarea%3E&key=seed.ask..0&based_on=1");
    let request = Request::post(&action)
        .header(header::COOKIE, &wang)
        .header(header::REFERER, format!("http://localhost{page}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "text/html");
    let answer = portal.send(request.body(Body::from(form)).unwrap()).await;
    assert_eq!(answer.status, 422, "{}", answer.text);
    assert!(answer.text.contains(&format!("{text}&lt;/textarea")), "the text is in its box, and nothing else");
    assert!(answer.text.contains("role=\"alert\""));
    assert!(answer.text.contains("value=\"project-filing\" selected"), "{}", answer.text);
    assert!(!answer.text.contains("type=\"module\""), "the program does not know this address");
    // Sent again from there, and well this time, it leads to the page itself.
    assert!(answer.text.contains(&format!("name=\"back\" value=\"{page}\"")));
    let form = format!("project={project}&matter=project-filing&text=ok&key=seed.ask..1&based_on=1&back={page}");
    let request = Request::post(&action)
        .header(header::COOKIE, &wang)
        .header(header::REFERER, format!("http://localhost{action}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "text/html");
    let done = portal.send(request.body(Body::from(form)).unwrap()).await;
    assert_eq!((done.status.as_u16(), done.headers[header::LOCATION].to_str().unwrap()), (303, page.as_str()));
}

/// The page of a project is not for who is signed out; what they wrote on it is theirs all the same.
#[tokio::test]
async fn a_plain_form_of_somebody_signed_out_can_be_sent_again() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let wang = portal.session("wang").await;
    let page = format!("/projects/{project}/consultations");
    let action = form_action(&portal, &page, &wang, "ask").await;
    let send = |cookie: String, form: String| {
        let request = Request::post(&action)
            .header(header::COOKIE, cookie)
            .header(header::REFERER, format!("http://localhost{page}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "text/html");
        portal.send(request.body(Body::from(form)).unwrap())
    };
    service::account::sign_out(&portal.service.context(None), wang.trim_start_matches("session=")).await.unwrap();
    let written = "text=%22%3Cb%3E%E8%BF%98%E5%9C%A8&key=seed.ask..0&based_on=1";
    let refused = send(wang, format!("project={project}&matter=project-filing&{written}")).await;
    assert_eq!(refused.status, 401, "{}", refused.text);
    assert!(refused.headers.get(header::LOCATION).is_none());
    for said in ["请先登录。", "登录（新窗口）", "您填写的内容仍在", "已登录，再次提交"] {
        assert!(refused.text.contains(said), "{said}: {}", refused.text);
    }
    assert!(refused.text.contains(&format!("action=\"{action}\"")) && refused.text.contains("name=\"text\" value=\"&quot;"));
    assert!(refused.text.contains("还在") && !refused.text.contains("<b>还在"), "{}", refused.text);
    let again = send(portal.session("wang").await, format!("project={project}&matter=project-filing&{written}&back={page}")).await;
    assert_eq!((again.status.as_u16(), again.headers[header::LOCATION].to_str().unwrap()), (303, page.as_str()));
}

#[tokio::test]
async fn a_kept_page_is_the_same_but_for_its_nonce_and_never_anybody_elses() {
    let portal = Portal::open().await;
    let nonce = |answer: &test_support::portal::Answer| {
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_string()
    };
    let first = portal.get("/guide?industry=biomedical", "").await;
    let again = portal.get("/guide?industry=biomedical", "").await;
    let (one, two) = (nonce(&first), nonce(&again));
    assert_ne!(one, two);
    assert!(again.text.contains(&format!("nonce=\"{two}\"")) && !again.text.contains(&one));
    assert_eq!(first.text.replace(&one, &two), again.text);
    // Signed in, or in another language, it is another page.
    let wang = portal.get("/guide?industry=biomedical", &portal.session("wang").await).await;
    assert!(wang.text.contains("wang某") && !portal.get("/guide?industry=biomedical", "").await.text.contains("wang某"));
    assert!(portal.get("/guide?industry=biomedical&lang=en", "").await.text.contains("lang=\"en\""));
    assert!(portal.get("/guide?industry=biomedical", "lang=en").await.text.contains("lang=\"en\""));
    assert!(portal.get("/guide?industry=biomedical", "").await.text.contains("lang=\"zh-CN\""));
}
