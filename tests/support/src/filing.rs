//! People filling in, uploading, filing and reviewing.

use crate::world::{World, sentence, step};
use domain::catalogue::{CodeRule, Field, FieldKind, Material, Matter, Shape};
use domain::date::Date;
use domain::id::Id;
use domain::project::filing::completeness;
use domain::project::review::Verdict;
use domain::project::submission::{Request as S, Submission};
use domain::project::{Project, Request, certificate, matter, submission};
use domain::sheet::{Entries, Values};
use service::Context;
use service::project::{Sent, request};
use std::collections::{BTreeMap, BTreeSet};

/// The address that certificates of the tests name.
pub const ORIGIN: &str = "https://quanlian.test";

/// A value the field takes.
fn sample(field: &Field) -> String {
    match (field.constraints.rule, field.constraints.shape, field.kind) {
        (Some(CodeRule::Uscc), ..) => "91350100M000100Y43".into(),
        (Some(CodeRule::ResidentId), ..) => "11010519491231002X".into(),
        (Some(CodeRule::ProjectCode), ..) => "2204-320505-89-01-123456".into(),
        (Some(CodeRule::RealEstateUnit), ..) => "320505001001GB00001F00010001".into(),
        (Some(CodeRule::Industry), ..) => "2761".into(),
        (_, Some(Shape::Point), _) => "120.5, 31.3".into(),
        (_, Some(Shape::Polygon), _) => "0, 0\n0, 10\n10, 10\n10, 0".into(),
        (.., FieldKind::Date) => "2024-12-01".into(),
        (.., FieldKind::Enum) => field.options[0].value.clone(),
        (.., FieldKind::Boolean) => "yes".into(),
        (.., FieldKind::Number | FieldKind::Money) => match field.id.as_str() {
            "site_area" => "10000".into(),
            "plot_ratio" => "3".into(),
            _ => field.constraints.max.filter(|max| *max < 12.0).unwrap_or(12.0).to_string(),
        },
        _ => "建设生物医药研发与生产厂房".into(),
    }
}

/// What is in the data sheet of a project, as its viewer sees it.
pub async fn sheet_of(cx: &Context, id: &Id<Project>) -> Entries {
    service::sheet::view(cx, id).await.unwrap().entries
}

/// Uploads a PDF as a document for a material.
pub async fn uploads(cx: &Context, id: &Id<Project>, material: &str, contents: &str) {
    let bytes = format!("%PDF-1.7\n{contents}");
    let announced = service::material::Announced {
        name: format!("{material}.pdf"),
        length: bytes.len() as u64,
        material: Some(material.into()),
        ..Default::default()
    };
    let upload = service::material::announce(cx, id, announced).await.map_err(sentence).unwrap();
    service::material::take(cx, &upload.id, 0, bytes.into()).await.map_err(sentence).unwrap();
}

/// Matters as a set.
pub fn set(matters: &[&str]) -> BTreeSet<domain::Id<domain::catalogue::Matter>> {
    matters.iter().map(|m| Id::from(*m)).collect()
}

impl World {
    /// The enterprise fills in and uploads all that a matter asks for.
    pub async fn prepares(&self, id: &Id<Project>, matter: &str) {
        self.fills(id, matter, &[]).await;
        let (wang, catalogue) = (self.as_("wang").await, self.service.catalogue.clone());
        let (project, entries) = (self.sees("wang", id).await.unwrap().project, sheet_of(&wang, id).await);
        let on = self.service.clock.now().date();
        let complete = completeness(&project, &catalogue, &catalogue.form, &entries, catalogue.matter(matter).unwrap(), on);
        for paper in complete.papers {
            uploads(&wang, id, paper.material.as_str(), paper.material.as_str()).await;
        }
    }

    /// The enterprise fills in what a matter needs and is not there yet, with some values of its own.
    pub async fn fills(&self, id: &Id<Project>, matter: &str, own: &[(&str, &str)]) {
        let wang = self.as_("wang").await;
        let known = sheet_of(&wang, id).await;
        let form = &self.service.catalogue.form;
        let mut values = Values::new();
        for field in &self.service.catalogue.matter(matter).unwrap().fields {
            let field = form.field(field.as_str()).unwrap();
            if field.is_enterprises() && !known.contains_key(&field.id) {
                values.insert(field.id.clone(), sample(field));
            }
        }
        values.extend(own.iter().map(|(id, value)| (Id::from(*id), value.to_string())));
        service::sheet::fill(&wang, id, values).await.map_err(sentence).unwrap();
    }

    /// The package of a project, or the last of several.
    pub async fn only_package(&self, id: &Id<Project>) -> (Id<Submission>, Submission) {
        self.sees("wang", id).await.unwrap().project.submissions.into_iter().next_back().unwrap()
    }

    /// The office of a filed matter gives its opinion.
    pub async fn says(&self, id: &Id<Project>, matter: &str, verdict: Verdict) -> Result<(), String> {
        let project = self.sees("chen", id).await.unwrap().project;
        let (package, _, parcel) = project.parcel(&matter.into()).unwrap();
        let command = S::GiveOpinion { matter: matter.into(), verdict, snapshot: parcel.latest().unwrap().snapshot };
        let office = self.office_of(matter).await;
        request(&office, id, Request::Submission { id: package.clone(), request: command }, Sent::default())
            .await
            .map(|_| ())
            .map_err(sentence)
    }

    /// A project whose six permits wait for nothing but the act: filed together ahead of each other, passed, converted, decided.
    pub async fn brings_to_the_gate(&self, id: &Id<Project>) -> BTreeSet<Id<Matter>> {
        let catalogue = self.service.catalogue.clone();
        let wang = self.as_("wang").await;
        let six = domain::project::certificate::six_permits(&self.sees("chen", id).await.unwrap().project, &catalogue);
        let names: Vec<&str> = six.iter().map(Id::as_str).collect();
        self.finishes_before(id, &names).await;
        // The registration first: the others are converted beside it.
        let (first, rest): (BTreeSet<_>, BTreeSet<_>) = six.iter().cloned().partition(|m| m.as_str() == "land-real-estate-registration");
        for matters in [first, rest] {
            for matter in &matters {
                self.prepares(id, matter.as_str()).await;
            }
            service::project::request(&wang, id, file(&matters, true), Sent::default()).await.map_err(sentence).unwrap();
            for matter in &matters {
                self.says(id, matter.as_str(), Verdict::Pass).await.unwrap();
            }
        }
        let (package, _) = self.only_package(id).await;
        service::project::request(&wang, id, convert(&package), Sent::default()).await.map_err(sentence).unwrap();
        // Each office decides, one upon the other.
        let mut left: Vec<_> = six.iter().cloned().collect();
        while !left.is_empty() {
            let project = self.sees("chen", id).await.unwrap().project;
            let free =
                |m: &Id<Matter>| domain::project::matter::before(&project, catalogue.matter(m.as_str()).unwrap()).decision.is_empty();
            let next = left.remove(left.iter().position(free).expect("one that waits for none of the others"));
            let decide = step(next.as_str(), domain::project::matter::Request::Decide);
            request(&self.office_of(next.as_str()).await, id, decide, Sent::default()).await.map_err(sentence).unwrap();
        }
        six
    }
}

/// Issuing a matter, with its certificate.
pub fn issue(matter: impl Into<Id<Matter>>) -> Request {
    Request::Matter { matter: matter.into(), request: matter::Request::Issue }
}
/// Issuing several at once.
pub fn jointly(matters: &BTreeSet<Id<Matter>>) -> Request {
    Request::Certificate { request: certificate::Request::IssueJointly { matters: matters.clone() } }
}
/// Issuing a certificate anew.
pub fn correct(number: &str, reason: &str) -> Request {
    Request::Certificate { request: certificate::Request::Correct { number: number.into(), reason: reason.into() } }
}
/// What is promised of papers that follow: the text and the day.
pub type Promised = BTreeMap<Id<Material>, (String, Date)>;

/// Filing matters without a promise.
pub fn file(matters: &BTreeSet<Id<Matter>>, declared: bool) -> Request {
    file_promising(matters, &Promised::new(), declared)
}
/// Filing matters of which papers follow.
pub fn file_promising(matters: &BTreeSet<Id<Matter>>, promised: &Promised, declared: bool) -> Request {
    let request = submission::Request::File { matters: matters.clone(), promised: promised.clone(), declared };
    Request::Submission { id: service::new_id(), request }
}
/// That a paper follows.
pub fn promise(material: &str, text: &str, due: &str) -> (Id<Material>, (String, Date)) {
    (material.into(), (text.to_string(), due.parse().unwrap()))
}
/// Answering a correction notice.
pub fn give_back(package: &Id<Submission>, explanation: &str) -> Request {
    Request::Submission { id: package.clone(), request: submission::Request::Return { explanation: explanation.into() } }
}
/// Making formal what passed pre-review.
pub fn convert(package: &Id<Submission>) -> Request {
    Request::Submission { id: package.clone(), request: submission::Request::Convert }
}
