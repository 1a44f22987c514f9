//! Documents, records of other systems and signed certificates, as programs meet them.

use axum::body::Body;
use axum::http::{Request, header};
use domain::id::Id;
use domain::project::Project;
use test_support::filing::issue;
use test_support::portal::{Answer, Portal};

const SITING: &str = "siting-compliance-check";

async fn record(portal: &Portal, project: &Id<Project>, who: &str, key: &str, body: &str) -> Answer {
    let request = Request::post(format!("/projects/{project}/matters/{SITING}/record"))
        .header(header::AUTHORIZATION, format!("Bearer {}", portal.token(who, "record").await))
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", key);
    portal.send(request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn an_offices_own_system_records_what_it_decided() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let body = r#"{"number": "苏新〔2024〕7号", "system": "省一体化平台", "on": "2024-09-26"}"#;
    let refused = record(&portal, &project, "wang", "1", body).await;
    assert_eq!((refused.status.as_u16(), refused.headers[header::CONTENT_TYPE].to_str().unwrap()), (403, "application/problem+json"));
    assert!(refused.text.contains("由该事项的主办部门办理"), "{}", refused.text);
    assert_eq!(record(&portal, &project, "zhao", "1", body).await.status, 404, "to a stranger there is no such project");
    for wrong in [r#"{"number": 1}"#, "{", r#"{"number": "1", "system": "x", "on": "2024-02-30"}"#] {
        assert_eq!(record(&portal, &project, "zhou", "1", wrong).await.status, 422, "{wrong}");
    }
    let late = r#"{"number": "1", "system": "x", "on": "2030-01-01"}"#;
    assert!(record(&portal, &project, "zhou", "1", late).await.text.contains("不能晚于今天"));
    let done = record(&portal, &project, "zhou", "1", body).await;
    assert_eq!((done.status.as_u16(), done.text.as_str()), (200, r#"{"version":2}"#));
    assert_eq!(record(&portal, &project, "zhou", "1", body).await.text, done.text, "sent twice, done once");
    let page = portal.get(&format!("/projects/{project}/log"), &portal.session("wang").await).await;
    assert!(page.text.contains("在“省一体化平台”办结，文号 苏新〔2024〕7号"));
}

#[tokio::test]
async fn uploads_say_what_is_wrong_with_them() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let (wang, zhao) = (portal.session("wang").await, portal.session("zhao").await);
    let create = async |cookie: &str, length: Option<&str>, said: &str| {
        let mut request =
            Request::post(format!("/projects/{project}/uploads")).header(header::COOKIE, cookie).header("upload-metadata", said);
        if let Some(length) = length {
            request = request.header("upload-length", length);
        }
        portal.send(request.body(Body::empty()).unwrap()).await
    };
    // `图.pdf` in base64.
    let named = "filename 5Zu+LnBkZg==";
    assert_eq!(create(&wang, None, named).await.status, 400);
    assert_eq!(create(&wang, Some("0"), named).await.status, 422);
    assert_eq!(create(&wang, Some("300000000"), named).await.text, "文件有 287 MB，最大 200 MB。\n");
    assert_eq!(create(&zhao, Some("9"), named).await.status, 404);
    assert_eq!(create("", Some("9"), named).await.status, 401);
    let created = create(&wang, Some("9"), named).await;
    assert_eq!(created.status, 201);
    let place = created.headers[header::LOCATION].to_str().unwrap().to_string();
    let patch = async |cookie: &str, offset: &str, kind: &str, bytes: &'static [u8]| {
        let request =
            Request::patch(&place).header(header::COOKIE, cookie).header("upload-offset", offset).header(header::CONTENT_TYPE, kind);
        portal.send(request.body(Body::from(bytes)).unwrap()).await.status.as_u16()
    };
    let kind = "application/offset+octet-stream";
    assert_eq!(patch(&zhao, "0", kind, b"%PDF-").await, 404);
    assert_eq!(patch(&wang, "0", "text/plain", b"%PDF-").await, 415);
    assert_eq!(patch(&wang, "4", kind, b"%PDF-").await, 409);
    assert_eq!(patch(&wang, "x", kind, b"%PDF-").await, 400);
    assert_eq!(patch(&wang, "18446744073709551615", kind, b"%PDF-").await, 409);
    assert_eq!(patch(&wang, "0", kind, b"%PDF-").await, 204);
    let head = portal.send(Request::head(&place).header(header::COOKIE, &wang).body(Body::empty()).unwrap()).await;
    assert_eq!(head.headers["upload-offset"], "5");
    assert_eq!(patch(&wang, "5", kind, b"1.7\n").await, 204);
    let zip = portal.get(&format!("/projects/{project}/documents.zip"), &wang).await;
    assert!(zip.bytes.starts_with(b"PK") && zip.headers[header::CONTENT_TYPE] == "application/zip");
    assert_eq!(portal.get(&format!("/projects/{project}/documents.zip"), &zhao).await.status, 404);
}

#[tokio::test]
async fn signed_certificates_and_keys_are_for_everybody() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let zhou = portal.as_("zhou").await;
    use domain::project::matter::Request as M;
    for command in [M::File, M::Accept, M::Decide] {
        let command = domain::project::Request::Matter { matter: SITING.into(), request: command };
        service::project::request(&zhou, &project, command, Default::default()).await.unwrap();
    }
    service::project::request(&zhou, &project, issue(SITING), Default::default()).await.unwrap();
    let held = service::project::view(&zhou, &project).await.unwrap().project.certificates;
    let number = held.keys().next().unwrap();
    let address = service::certificate::address("", number);
    let signed = portal.get(&format!("{address}/signed.json"), "").await;
    assert_eq!((signed.status.as_u16(), signed.headers[header::CONTENT_TYPE].to_str().unwrap()), (200, "application/jose+json"));
    let keys = portal.get("/.well-known/jwks.json", "").await;
    let keys = service::certificate::Trusted::parse(&keys.text).unwrap();
    assert_eq!(service::certificate::check(&signed.text, &keys).unwrap().number, *number);
    let page = portal.get(&address, "").await;
    assert!(page.text.contains("此证真实、有效") && page.text.contains(number.as_str()));
    assert_eq!(portal.get("/verify/%E6%B2%A1%E6%9C%89", "").await.status, 404);
    assert_eq!(portal.get("/verify/%E6%B2%A1%E6%9C%89/signed.json", "").await.status, 404);
}
