//! Rights that were too wide, and answers that told what there is, over the real doors.

use crate::doors::send_as;
use domain::id::Id;
use domain::project::Project;
use domain::project::library::Document;
use domain::role::Role;
use service::account::{NewAccount, add};
use service::material::{Announced, Taken, announce, take};
use test_support::people::ZHOU;
use test_support::portal::Portal;

/// Somebody who oversees everything and fills in nothing; their session.
async fn supervisor(portal: &Portal) -> String {
    let new = NewAccount {
        login: "du".into(),
        name: "督某".into(),
        role: Role::Supervisor,
        firm: "督查室".into(),
        office: None,
        password: Some("correct horse".into()),
        areas: Vec::new(),
        matters: Vec::new(),
    };
    add(&portal.service, new).await.unwrap();
    portal.session("du").await
}

/// Somebody of an office, as the portal's people have them; their session.
async fn officer(portal: &Portal, login: &str, firm: &str, office: &str) -> String {
    let new = NewAccount {
        login: login.into(),
        name: format!("{login}某"),
        role: Role::Department,
        firm: firm.into(),
        office: Some(office.into()),
        password: Some("correct horse".into()),
        areas: Vec::new(),
        matters: Vec::new(),
    };
    add(&portal.service, new).await.unwrap();
    portal.session(login).await
}

/// The status of a form of a project: with everything a form has beside its own.
async fn status(portal: &Portal, who: &str, name: &str, project: &Id<Project>, form: &str) -> u16 {
    let answer = send_as(portal, name, who, &format!("project={project}&key=k-{name}&based_on=99&{form}")).await;
    answer.status.as_u16()
}

#[tokio::test]
async fn an_office_with_nothing_in_a_package_is_not_heard_in_it() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let tax = officer(&portal, "shui", "税务局", "tax").await;
    assert_eq!(status(&portal, &tax, "notify_package", &project, "package=s1").await, 403);
    assert_eq!(status(&portal, &tax, "convert_package", &project, "package=s1").await, 403);
    // Of the agent: no withdrawing, no answer in an office's name, no field that only an office knows.
    let li = portal.session("li").await;
    assert_eq!(status(&portal, &li, "withdraw_package", &project, "package=s1&reason=x").await, 403);
    assert_eq!(status(&portal, &li, "fill_section", &project, "values[land_price]=1").await, 403);
}

#[tokio::test]
async fn an_enterprise_is_no_office() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let wang = portal.session("wang").await;
    let its_own = "matter=environmental-acceptance";
    for step in ["pause&reason=publicity&note=x", "refuse&note=x", "claim", "pre-review&note=x"] {
        assert_eq!(status(&portal, &wang, "move_matter", &project, &format!("{its_own}&step={step}")).await, 403, "{step}");
    }
    // It may finish the matter, once it is that far; it is not so far yet.
    assert_eq!(status(&portal, &wang, "move_matter", &project, &format!("{its_own}&step=issue")).await, 409);
    assert_eq!(status(&portal, &wang, "move_matter", &project, "matter=siting-compliance-check&step=issue").await, 403);
}

async fn uploads(portal: &Portal, login: &str, project: &Id<Project>) -> Id<Document> {
    let cx = portal.as_(login).await;
    let bytes = format!("%PDF-1.7\n{login}");
    let announced = Announced { name: "附件.pdf".into(), length: bytes.len() as u64, ..Announced::default() };
    let upload = announce(&cx, project, announced).await.unwrap();
    match take(&cx, &upload.id, 0, bytes.into()).await.unwrap() {
        Taken::Whole { document } => document,
        Taken::Part { .. } | Taken::WrongOffset { .. } | Taken::Busy => panic!("it is whole"),
    }
}

#[tokio::test]
async fn what_an_office_uploaded_stays_as_it_was() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let document = uploads(&portal, "zhou", &project).await;
    for who in ["wang", "li"] {
        let who = portal.session(who).await;
        let remove = status(&portal, &who, "remove_document", &project, &format!("document={document}&why=x")).await;
        let sort = status(&portal, &who, "sort_document", &project, &format!("document={document}&material=business-licence")).await;
        assert_eq!((remove, sort), (403, 403));
    }
    let zhou = portal.session("zhou").await;
    assert_eq!(status(&portal, &zhou, "remove_document", &project, &format!("document={document}&why=x")).await, 200);
}

#[tokio::test]
async fn nobody_stands_in_for_ever() {
    let portal = Portal::open().await;
    officer(&portal, "zheng", ZHOU.firm, "natural-resources").await;
    let deputy = portal.as_("zheng").await.actor.unwrap().account;
    let zhou = portal.session("zhou").await;
    let name = async |until: &str| {
        let form = format!("deputy={deputy}&until={until}&key=k&based_on=0");
        send_as(&portal, "name_deputy", &zhou, &form).await
    };
    let refused = name("9999-12-31").await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("代理最长 60 天"), "{}", refused.text);
    let wang = portal.session("wang").await;
    let form = format!("deputy={deputy}&until=2024-10-01&key=k&based_on=0");
    assert_eq!(send_as(&portal, "name_deputy", &wang, &form).await.status, 403);
}

#[tokio::test]
async fn whoever_may_not_see_a_project_hears_the_same_whatever_they_send() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let zhao = portal.session("zhao").await;
    let li = portal.as_("li").await.actor.unwrap().account;
    let known = format!("account={li}");
    let forms = [
        ("appoint_agent", known.as_str()),
        ("appoint_agent", "account=nobody"),
        ("confirm_fields", "fields=total_investment:1"),
        ("confirm_fields", "fields=garbage"),
        ("move_matter", "matter=siting-compliance-check&step=garbage"),
        ("move_matter", "matter=siting-compliance-check&step=pause&reason=garbage"),
        ("move_matter", "matter=siting-compliance-check&step=issue"),
        ("ask", "matter=garbage&text="),
        ("answer", "question=garbage&text="),
        ("raise", "matter=garbage&text="),
        ("resolve", "difficulty=d&action=&owner=&due=garbage"),
        ("adopt_plan", "settings=garbage=1&reason="),
        ("fill_section", "values[no_such_field]=1"),
        ("mark_section", "section=garbage&ready=true&seq=0"),
        ("limit_document", "document=d&expires=garbage"),
        ("file_package", "matters[]=garbage&texts[x]=y&dues[x]=garbage"),
        ("return_package", "package=garbage&explanation="),
        ("convert_package", "package=garbage"),
        ("give_opinion", "package=garbage&matter=garbage&snapshot=garbage&said[verdict]=garbage"),
        ("record_elsewhere", "matter=garbage&number=&system=&on=garbage"),
        ("issue_jointly", "matters[]=garbage"),
        ("correct_certificate", "number=garbage&reason="),
        ("revoke_certificate", "number=garbage&reason="),
    ];
    let nowhere: Id<Project> = "no-such-project".into();
    for (name, form) in forms {
        for project in [&project, &nowhere] {
            assert_eq!(status(&portal, &zhao, name, project, form).await, 404, "{name} {form}");
        }
    }
    for (name, form) in [("view_sheet", ""), ("sheet_history", "&section=garbage"), ("document_names", ""), ("view_project", "")] {
        let answer = send_as(&portal, name, &zhao, &format!("id={project}{form}")).await;
        assert_eq!(answer.status, 404, "{name}");
    }
}

#[tokio::test]
async fn what_the_sheet_holds_is_not_told_to_whom_may_not_confirm() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let zhou = portal.session("zhou").await;
    for fields in ["applicant_name:1", "applicant_name:77", "uscc:1"] {
        assert_eq!(status(&portal, &zhou, "confirm_fields", &project, &format!("fields={fields}")).await, 403, "{fields}");
    }
}

/// Who sees a project and has not the right hears that, whatever is wrong with what they send.
#[tokio::test]
async fn the_right_is_asked_before_the_form_is_read() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let (wang, zhou) = (portal.session("wang").await, portal.session("zhou").await);
    let tax = officer(&portal, "shui", "税务局", "tax").await;
    for (who, name, form) in [
        (&wang, "move_matter", "matter=siting-compliance-check&step=pause&reason=garbage"),
        (&wang, "move_matter", "matter=siting-compliance-check&step=garbage"),
        (&wang, "move_matter", "matter=garbage&step=garbage"),
        (&wang, "resolve", "difficulty=garbage&action=&owner=&due=garbage"),
        (&wang, "adopt_plan", "settings=garbage=1&reason="),
        (&zhou, "confirm_fields", "fields=garbage"),
        (&zhou, "mark_section", "section=garbage&ready=true&seq=0"),
        (&zhou, "limit_document", "document=garbage&expires=garbage"),
        (&zhou, "file_package", "matters[]=garbage&texts[x]=y&dues[x]=garbage"),
        (&zhou, "return_package", "package=garbage&explanation="),
        (&tax, "give_opinion", "package=garbage&matter=siting-compliance-check&snapshot=garbage&said[verdict]=garbage"),
        (&wang, "give_opinion", "package=garbage&matter=garbage&snapshot=garbage&said[notes][x]=y"),
        (&wang, "record_elsewhere", "matter=siting-compliance-check&number=&system=&on=garbage"),
        (&wang, "issue_jointly", "matters[]=garbage"),
        (&zhou, "correct_certificate", "number=garbage&reason="),
        (&zhou, "ask", "matter=garbage&text="),
        (&zhou, "appoint_agent", "account=garbage"),
        (&tax, "fill_section", "values[applicant_name]=x&values[no_such_field]=1"),
        (&tax, "fill_section", "values[total_investment]=garbage"),
        (&wang, "move_many", "step=garbage"),
        (&wang, "move_many", "step=claim"),
    ] {
        assert_eq!(status(&portal, who, name, &project, form).await, 403, "{name} {form}");
    }
    // To whom has the right it is said what is wrong.
    assert_eq!(status(&portal, &zhou, "move_matter", &project, "matter=siting-compliance-check&step=pause&reason=garbage").await, 422);
    assert_eq!(status(&portal, &wang, "confirm_fields", &project, "fields=garbage").await, 422);
    assert_eq!(status(&portal, &wang, "fill_section", &project, "values[total_investment]=garbage").await, 422);
    // A form that cannot be read at all says nothing to whom the project does not exist.
    let zhao = portal.session("zhao").await;
    for form in ["section=land&ready=true&seq=garbage", "section=land&ready=garbage&seq=1", ""] {
        assert_eq!(status(&portal, &zhao, "mark_section", &project, form).await, 404, "{form}");
        assert_eq!(status(&portal, &wang, "mark_section", &project, form).await, 422, "{form}");
    }
}

/// Nobody who fills in nothing of a sheet is told of it by an empty form.
#[tokio::test]
async fn an_empty_form_of_the_sheet_is_for_those_who_fill_it_in() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let du = supervisor(&portal).await;
    for form in ["", "values[no_such_field]=1", "values[total_investment]=garbage"] {
        assert_eq!(status(&portal, &du, "fill_section", &project, form).await, 403, "{form}");
    }
    assert_eq!(status(&portal, &portal.session("wang").await, "fill_section", &project, "").await, 200);
}

/// The doors of programs: files and an office's own system.
#[tokio::test]
async fn programs_too_hear_of_the_right_before_what_is_wrong() {
    use axum::body::Body;
    use axum::http::{Request, header};
    let portal = Portal::open().await;
    let project = portal.project().await;
    let (du, wang, zhao) = (supervisor(&portal).await, portal.session("wang").await, portal.session("zhao").await);
    let announces = async |who: &str, length: Option<&str>| {
        let mut request = Request::post(format!("/projects/{project}/uploads")).header(header::COOKIE, who);
        if let Some(length) = length {
            request = request.header("upload-length", length);
        }
        portal.send(request.body(Body::empty()).unwrap()).await.status.as_u16()
    };
    for length in [None, Some("0"), Some("garbage"), Some("999999999999")] {
        assert_eq!((announces(&du, length).await, announces(&zhao, length).await), (403, 404), "{length:?}");
    }
    assert_eq!((announces(&wang, None).await, announces(&wang, Some("0")).await), (400, 422));
    let patched = Request::patch("/uploads/no-such-upload").header(header::COOKIE, &wang);
    assert_eq!(portal.send(patched.body(Body::empty()).unwrap()).await.status, 404);
    let records = async |who: &str, matter: &str| {
        let request = Request::post(format!("/projects/{project}/matters/{matter}/record"))
            .header(header::COOKIE, who)
            .header(header::CONTENT_TYPE, "application/json");
        portal.send(request.body(Body::from("garbage")).unwrap()).await.status.as_u16()
    };
    assert_eq!((records(&wang, "siting-compliance-check").await, records(&zhao, "garbage").await), (403, 404));
    assert_eq!(records(&portal.session("zhou").await, "garbage").await, 403);
    assert_eq!(records(&portal.session("zhou").await, "siting-compliance-check").await, 422);
}
