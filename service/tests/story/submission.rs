//! Filing, review, certificates, several permits in one act.

use domain::catalogue::FieldKind;
use domain::project::Request;
use domain::project::matter::Request as M;
use domain::project::review::{Pin, Point, Reason, Verdict};
use domain::project::submission::Request as S;
use service::certificate::{by_number, check, signed_file};
use service::project::{Sent, request};
use service::submission::filed;
use std::collections::{BTreeMap, BTreeSet};
use test_support::filing::*;
use test_support::story;
use test_support::world::*;

const LICENCE: &str = "company-registration";
const RECORD: &str = "project-filing";

story! {
    async fn data_and_papers_are_filed_as_they_are_and_stay_so(world) {
        let id = world.project_with(&[("needs_project_company", "true")]).await;
        let (wang, li) = (world.as_("wang").await, world.as_("li").await);
        world.finishes_before(&id, &[LICENCE]).await;
        let refused = request(&wang, &id, file(&set(&[LICENCE]), true), Sent::default()).await.map_err(sentence).unwrap_err();
        assert!(refused.contains("还不能申报") && refused.contains("法定代表人"), "{refused}");
        world.fills(&id, LICENCE, &[]).await;
        uploads(&li, &id, "legal-rep-id", "证件").await;
        let refused = request(&wang, &id, file(&set(&[LICENCE]), true), Sent::default()).await.map_err(sentence).unwrap_err();
        assert!(refused.contains("可以容缺"), "{refused}");
        let late = [promise("articles-of-association", "下周补", "2024-12-01"), promise("domicile-proof", "三日内", "2024-09-29")];
        let refused = request(&wang, &id, file_promising(&set(&[LICENCE]), &late.into(), true), Sent::default()).await.map_err(sentence).unwrap_err();
        assert!(refused.contains("之间补交"), "{refused}");
        let promised: BTreeMap<_, _> =
            ["articles-of-association", "domicile-proof"].map(|m| promise(m, "三日内补交", "2024-09-29")).into();
        let refused = request(&wang, &id, file_promising(&set(&[LICENCE]), &promised, false), Sent::default()).await.map_err(sentence).unwrap_err();
        assert_eq!(refused, "请先声明所报内容真实。");
        assert!(request(&world.as_("zhou").await, &id, file_promising(&set(&[LICENCE]), &promised, true), Sent::default()).await.is_err());
        // The same form twice: one package, one receipt.
        let sent = || Sent { key: Some("filing".into()), ..Sent::default() };
        let filing = file_promising(&set(&[LICENCE]), &promised, true);
        let (a, b) = tokio::join!(
            request(&wang, &id, filing.clone(), sent()),
            request(&wang, &id, filing, sent()),
        );
        assert_eq!(a.map_err(sentence).unwrap(), b.map_err(sentence).unwrap());
        let (package, submission) = world.only_package(&id).await;
        assert_eq!(world.sees("wang", &id).await.unwrap().project.submissions.len(), 1);
        assert!(submission.number.starts_with("20240926"), "{}", submission.number);

        // What happens to the sheet and the library afterwards changes nothing that was filed.
        world.fills(&id, LICENCE, &[("registered_capital", "9999")]).await;
        let document = submission.parcels[LICENCE].latest().unwrap().documents[0].1.clone();
        let remove = domain::project::library::Request::Remove { why: "换新".into() };
        world.does("li", &id, Request::Document { id: document.clone(), request: remove }).await.unwrap();
        let snapshot = filed(&world.office_of(LICENCE).await, &id, &package, &LICENCE.into(), None).await.unwrap();
        assert_eq!(snapshot.values["registered_capital"], "12");
        let copy = &snapshot.documents[0];
        let bytes = service::material::find(&wang, &id, &copy.document, Some(copy.version)).await.unwrap();
        assert_eq!(bytes.digest, copy.digest);
        assert!(filed(&world.as_("zhao").await, &id, &package, &LICENCE.into(), None).await.is_err());

        // What was promised keeps the decision waiting, and comes.
        world.says(&id, LICENCE, Verdict::Pass).await.unwrap();
        let office = world.office_of(LICENCE).await;
        let decide = || Request::Matter { matter: LICENCE.into(), request: M::Decide };
        let refused = request(&office, &id, decide(), Sent::default()).await.map_err(sentence).unwrap_err();
        assert!(refused.contains("还没有到"), "{refused}");
        for material in ["articles-of-association", "domicile-proof"] {
            uploads(&li, &id, material, material).await;
        }
        request(&office, &id, decide(), Sent::default()).await.map_err(sentence).unwrap();
    }
}

story! {
    async fn one_correction_round_and_a_certificate_that_anybody_can_check(world) {
        let id = world.project_with(&[("needs_project_company", "true")]).await;
        let wang = world.as_("wang").await;
        world.finishes_before(&id, &[RECORD]).await;
        world.fills(&id, RECORD, &[]).await;
        request(&wang, &id, file(&set(&[RECORD]), true), Sent::default()).await.map_err(sentence).unwrap();
        let (package, submission) = world.only_package(&id).await;
        let first = submission.parcels[RECORD].latest().unwrap().snapshot;
        let point = Point { pin: Pin::Field("construction_scale".into()), reason: Reason::Unclear, note: "写明建筑面积".into() };
        world.says(&id, RECORD, Verdict::Correct { points: vec![point] }).await.unwrap();
        let refused = request(&wang, &id, give_back(&package, ""), Sent::default()).await.map_err(sentence).unwrap_err();
        assert_eq!(refused, "“建设规模”还没有改；请先改好，或写明为什么不改。");
        // Only what the notice asked for goes along.
        world.fills(&id, RECORD, &[("construction_scale", "总建筑面积 14 万平方米"), ("main_products", "试剂"), ("total_investment", "777")]).await;
        request(&world.as_("li").await, &id, give_back(&package, ""), Sent::default()).await.map_err(sentence).unwrap();
        let office = world.office_of(RECORD).await;
        let now = filed(&office, &id, &package, &RECORD.into(), None).await.unwrap();
        let before = filed(&office, &id, &package, &RECORD.into(), Some(1)).await.unwrap();
        assert_eq!(now.values["construction_scale"], "总建筑面积 14 万平方米");
        assert_eq!(now.values["total_investment"], before.values["total_investment"]);
        // An opinion on the state before is refused, with what has changed.
        let stale = S::GiveOpinion { matter: RECORD.into(), verdict: Verdict::Pass, snapshot: first };
        let refused = request(&office, &id, Request::Submission { id: package.clone(), request: stale }, Sent::default()).await;
        assert!(refused.map_err(sentence).unwrap_err().contains("申报内容已更新（“建设规模”）"));
        world.says(&id, RECORD, Verdict::PassWith { conditions: "开工前补报施工图".into() }).await.unwrap();

        let decide = Request::Matter { matter: RECORD.into(), request: M::Decide };
        assert!(request(&office, &id, issue(RECORD), Sent::default()).await.is_err(), "not before it is decided");
        request(&office, &id, decide, Sent::default()).await.map_err(sentence).unwrap();
        request(&office, &id, issue(RECORD), Sent::default()).await.map_err(sentence).unwrap();
        let project = world.sees("wang", &id).await.unwrap().project;
        let (number, held) = project.certificate(&RECORD.into()).unwrap();
        // It is a paper of the library now, and its number a value of the sheet where there is a field for it.
        assert!(project.library.values().any(|k| k.latest().is_some_and(|v| v.digest == held.printed)));
        let shown = by_number(&world.service, number).await.unwrap();
        assert!(shown.authentic && shown.certificate.conditions == ["开工前补报施工图"]);
        let text = String::from_utf8(signed_file(&world.service, number).await.unwrap()).unwrap();
        // Another key signs from now on; the old certificate stays good.
        let old = world.service.keys.id().unwrap();
        assert_ne!(world.service.keys.rotate(&world.service).await.unwrap(), old);
        assert_eq!(check(&text, &world.service.keys.trusted().unwrap()).unwrap().number, *number);
        assert!(by_number(&world.service, "没有").await.is_err());
        let refused = request(&world.as_("zhou").await, &id, correct(number, "？"), Sent::default()).await;
        assert!(refused.map_err(sentence).unwrap_err().contains("由该事项的主办部门发证"));
        request(&office, &id, correct(number, "面积笔误"), Sent::default()).await.map_err(sentence).unwrap();
        assert_eq!(by_number(&world.service, number).await.unwrap().standing.code(), "corrected");
        assert_eq!(service::verify::rebuild(&world.service).await.unwrap(), 1);
        assert_eq!(by_number(&world.service, number).await.unwrap().standing.code(), "corrected");
    }
}

story! {
    async fn six_permits_all_or_none(world) {
        let id = world.project().await;
        let six = world.brings_to_the_gate(&id).await;
        let chen = world.as_("chen").await;
        let one_less: BTreeSet<_> = six.iter().filter(|m| m.as_str() != "land-use-planning-permit").cloned().collect();
        let refused = request(&chen, &id, jointly(&one_less), Sent::default()).await.map_err(sentence).unwrap_err();
        assert!(refused.contains("还不能联发") && refused.contains("建设用地规划许可证"), "{refused}");
        assert!(world.sees("wang", &id).await.unwrap().project.certificates.is_empty(), "none of them");
        let two = world.second_server().await;
        let there = world.at(&two, "chen").await;
        let (a, b) = tokio::join!(
            request(&chen, &id, jointly(&six), Sent::default()),
            request(&there, &id, jointly(&six), Sent::default()),
        );
        assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|ok| **ok).count(), 1, "once, whoever is first");
        let project = world.sees("wang", &id).await.unwrap().project;
        assert_eq!((project.joint.len(), project.certificates.len()), (1, six.len()));
        let numbers: BTreeSet<_> = project.joint[0].numbers.iter().collect();
        assert_eq!(numbers.len(), six.len());
        for number in numbers {
            assert!(by_number(&world.service, number).await.unwrap().authentic);
        }
        assert!(service::verify::verify(&world.service).await.unwrap().is_ok());
    }
}

story! {
    async fn what_was_reviewed_ahead_is_converted_only_as_it_was(world) {
        let id = world.project().await;
        let wang = world.as_("wang").await;
        // The scheme review may be filed ahead of the project filing.
        let scheme = "design-scheme-review";
        world.finishes_before(&id, &["planning-conditions-issue"]).await;
        world.finishes(&id, "planning-conditions-issue").await;
        world.fills(&id, scheme, &[]).await;
        let project = world.sees("wang", &id).await.unwrap().project;
        let catalogue = &world.service.catalogue;
        let entries = sheet_of(&wang, &id).await;
        let on = world.service.clock.now().date();
        let complete = domain::project::filing::completeness(&project, catalogue, &catalogue.form, &entries, catalogue.matter(scheme).unwrap(), on);
        assert!(complete.preview && complete.fields.is_empty(), "{:?}", complete.fields);
        for lacking in &complete.papers {
            uploads(&wang, &id, lacking.material.as_str(), "一版").await;
        }
        request(&wang, &id, file(&set(&[scheme]), true), Sent::default()).await.map_err(sentence).unwrap();
        world.says(&id, scheme, Verdict::Pass).await.unwrap();
        let (package, _) = world.only_package(&id).await;
        let refused = request(&wang, &id, convert(&package), Sent::default()).await.map_err(sentence).unwrap_err();
        assert!(refused.contains("企业投资项目备案"), "{refused}");
        world.finishes_before(&id, &[scheme]).await;
        let form = &catalogue.form;
        let number = catalogue.matter(scheme).unwrap().fields.iter().find(|f| form.field(f.as_str()).unwrap().kind == FieldKind::Number).unwrap();
        let was = sheet_of(&wang, &id).await[number].value.clone();
        world.fills(&id, scheme, &[(number.as_str(), "13")]).await;
        let refused = request(&wang, &id, convert(&package), Sent::default()).await.map_err(sentence).unwrap_err();
        assert!(refused.contains("预审之后"), "{refused}");
        world.fills(&id, scheme, &[(number.as_str(), &was)]).await;
        request(&wang, &id, convert(&package), Sent::default()).await.map_err(sentence).unwrap();
        let project = world.sees("wang", &id).await.unwrap().project;
        assert!(matches!(project.matters[scheme].progress, domain::project::matter::Progress::Accepted { .. }));
    }
}
