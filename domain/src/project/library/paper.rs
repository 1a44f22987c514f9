//! What papers a project wants, for which matters, and how each stands.

use super::{Document, LibraryDocument};
use crate::catalogue::{Catalogue, Material, Matter, Source};
use crate::date::Date;
use crate::id::Id;
use crate::project::Project;
use crate::project::matter::Progress;

/// How a paper stands.
#[derive(Clone, PartialEq, Debug)]
pub enum Stands {
    /// In the library, the latest first.
    Here(Vec<Id<Document>>),
    /// All there are have passed their last day.
    Expired(Vec<Id<Document>>),
    /// A matter of this project brings it; nobody has to hand it in.
    Comes(Id<Matter>),
    /// Made from the data sheet when a matter is filed.
    Made,
    /// There is none, and somebody has to bring it.
    Missing,
}

/// A paper the project needs, and for what.
#[derive(Clone, PartialEq, Debug)]
pub struct Paper<'c> {
    /// The paper, as the catalogue knows it.
    pub material: &'c Material,
    /// The matters that ask for it, in the order of the chain.
    pub matters: Vec<Id<Matter>>,
    /// How it stands on the day.
    pub stands: Stands,
}

/// The paper that is made from the data sheet.
pub const APPLICATION_FORM: &str = "application-form";

/// Every paper that matters of the project ask for, once, in the order of the chain.
pub fn papers<'c>(project: &Project, catalogue: &'c Catalogue, on: Date) -> Vec<Paper<'c>> {
    let profile = project.profile(catalogue);
    let counts = |id: &Id<Matter>| project.matters.get(id).is_some_and(|t| !matches!(t.progress, Progress::NotApplicable { .. }));
    let mut list: Vec<Paper<'c>> = Vec::new();
    for matter in catalogue.matters.iter().filter(|m| counts(&m.id)) {
        for requirement in matter.requirements.iter().filter(|r| profile.holds(&r.required_when)) {
            match list.iter_mut().find(|p| p.material.id == requirement.material) {
                Some(paper) => paper.matters.push(matter.id.clone()),
                None => {
                    let Some(material) = catalogue.material(requirement.material.as_str()) else { continue };
                    list.push(Paper { material, matters: vec![matter.id.clone()], stands: stands(project, material, on) });
                }
            }
        }
    }
    list
}

fn stands(project: &Project, material: &Material, on: Date) -> Stands {
    let kept = |good: bool| {
        let of = |(_, k): &(&Id<Document>, &LibraryDocument)| k.is(&material.id) && k.has_expired(on) != good;
        project.library.iter().filter(of).map(|(id, _)| id.clone()).collect::<Vec<_>>()
    };
    let good = kept(true);
    if !good.is_empty() {
        return Stands::Here(good);
    }
    let old = kept(false);
    if !old.is_empty() {
        return Stands::Expired(old);
    }
    if material.id.as_str() == APPLICATION_FORM {
        return Stands::Made;
    }
    let producer = material.produced_by.iter().find(|m| project.matters.contains_key(*m));
    match producer {
        Some(matter) if material.source != Source::Applicant => Stands::Comes(matter.clone()),
        _ => Stands::Missing,
    }
}
