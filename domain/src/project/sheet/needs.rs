//! What the matters of a project need of the data sheet, and what is still missing of it.

use super::State;
use crate::catalogue::{Catalogue, Field, Form, Matter, Organisation, Weight};
use crate::id::Id;
use crate::project::Project;
use crate::project::matter::Progress;
use crate::sheet::{Entries, Values, check, holds};
use crate::text::Text;
use std::collections::BTreeMap;

/// Where a field's value comes from.
#[derive(Clone, PartialEq, Debug)]
pub enum Source {
    /// The enterprise's side knows it.
    Enterprise,
    /// An office knows it.
    Office(Id<Organisation>),
    /// A certificate of this project brings it; until then nobody has to type it.
    Certificate(Id<Matter>),
}

/// A field the project needs, and for what.
#[derive(Clone, PartialEq, Debug)]
pub struct Need<'f> {
    /// The field, as the form knows it.
    pub field: &'f Field,
    /// The matters that ask for it, in the order of the chain.
    pub matters: Vec<Id<Matter>>,
    /// Where its value comes from.
    pub source: Source,
}

/// Matters of the project that still count.
fn counts(project: &Project, matter: &Id<Matter>) -> bool {
    project.matters.get(matter).is_some_and(|t| !matches!(t.progress, Progress::NotApplicable { .. }))
}

/// Every field that the project's matters need, once each, in the order of the form.
pub fn needs<'f>(project: &Project, catalogue: &Catalogue, form: &'f Form) -> Vec<Need<'f>> {
    let mut used: BTreeMap<&str, Vec<Id<Matter>>> = BTreeMap::new();
    for matter in catalogue.matters.iter().filter(|m| counts(project, &m.id)) {
        for field in &matter.fields {
            used.entry(field.as_str()).or_default().push(matter.id.clone());
        }
    }
    let mut needs = Vec::new();
    for group in &form.groups {
        for field in form.fields.iter().filter(|f| f.group == group.id) {
            let Some(matters) = used.remove(field.id.as_str()) else { continue };
            let source = match &field.produced_by {
                _ if field.is_enterprises() => Source::Enterprise,
                Some(matter) if counts(project, matter) => Source::Certificate(matter.clone()),
                _ => Source::Office(field.provider.clone()),
            };
            needs.push(Need { field, matters, source });
        }
    }
    needs
}

/// The part of the form a project needs.
pub fn form_of(project: &Project, catalogue: &Catalogue) -> Form {
    let all = &catalogue.form;
    let fields: Vec<Field> = needs(project, catalogue, all).into_iter().map(|need| need.field.clone()).collect();
    let has = |id: &Id<Field>| fields.iter().any(|f| f.id == *id);
    Form {
        groups: all.groups.iter().filter(|g| fields.iter().any(|f| f.group == g.id)).cloned().collect(),
        units: all.units.clone(),
        relations: all.relations.iter().filter(|r| r.fields().iter().all(has)).cloned().collect(),
        fields,
    }
}

/// What stands in the way at a field.
#[derive(Clone, PartialEq, Debug)]
pub enum FieldProblem {
    /// Nothing is filled in.
    Empty,
    /// The value is none.
    Wrong(Text),
    /// It does not fit another field.
    Broken(Text),
    /// Entered for the enterprise, which has not confirmed it.
    Unconfirmed,
}

impl FieldProblem {
    /// What stands in the way, for whoever fills the field in.
    pub fn sentence(&self) -> Text {
        match self {
            FieldProblem::Empty => Text::new("还没有填", "not filled in yet"),
            FieldProblem::Wrong(sentence) | FieldProblem::Broken(sentence) => sentence.clone(),
            FieldProblem::Unconfirmed => Text::new("待企业确认", "to be confirmed by the enterprise"),
        }
    }

    /// The word for it in stylesheets and tests.
    pub fn code(&self) -> &'static str {
        match self {
            FieldProblem::Empty => "empty",
            FieldProblem::Wrong(_) => "wrong",
            FieldProblem::Broken(_) => "broken",
            FieldProblem::Unconfirmed => "unconfirmed",
        }
    }
}

/// A field that keeps a matter from being filed.
#[derive(Clone, PartialEq, Debug)]
pub struct MissingField {
    /// The field.
    pub field: Id<Field>,
    /// The section it stands in, by its id.
    pub group: String,
    /// What stands in the way.
    pub lack: FieldProblem,
}

/// What is still missing, in the order of the form; what certificates will bring is not.
pub fn missing(needs: &[Need<'_>], form: &Form, entries: &Entries, state: &State) -> Vec<MissingField> {
    let mut list = Vec::new();
    let values = valid(needs, entries);
    for need in needs {
        let field = need.field;
        let mut lacks = |lack: FieldProblem| list.push(MissingField { field: field.id.clone(), group: field.group.clone(), lack });
        let entry = entries.get(&field.id).filter(|e| !e.value.trim().is_empty());
        match entry {
            None if matches!(need.source, Source::Certificate(_)) => {}
            None => lacks(FieldProblem::Empty),
            Some(entry) => {
                if let Err(sentence) = check(field, &entry.value) {
                    lacks(FieldProblem::Wrong(sentence));
                    continue;
                }
                // Told at the first of its fields, so that it counts once.
                let broken = form
                    .relations
                    .iter()
                    .find(|r| r.weight == Weight::Error && r.fields().first() == Some(&field.id) && holds(r, form, &values) == Some(false));
                if let Some(relation) = broken {
                    lacks(FieldProblem::Broken(relation.sentence.clone()));
                }
                if state.wants_confirming(field, entry) {
                    lacks(FieldProblem::Unconfirmed);
                }
            }
        }
    }
    list
}

fn valid(needs: &[Need<'_>], entries: &Entries) -> Values {
    let value = |need: &Need<'_>| {
        let value = check(need.field, &entries.get(&need.field.id)?.value).ok()?;
        Some((need.field.id.clone(), value))
    };
    needs.iter().filter_map(value).collect()
}
