//! Rights that were too wide, and answers that told what there is, over the real doors.

use crate::doors::send_as;
use crate::portal::Portal;
use domain::account::Role;
use domain::id::Id;
use domain::material::Document;
use domain::project::Project;
use service::account::{NewAccount, add};
use service::material::{Announced, Taken, announce, take};

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
        Taken::Part { .. } | Taken::Busy => panic!("it is whole"),
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
    officer(&portal, "zheng", "zhou的单位", "natural-resources").await;
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
