//! Identity numbers: who reads one whole, and what everybody else sees of it.

use crate::account::Actor;
use crate::catalogue::{Catalogue, Constraints, Field, Form, Organisation};
use crate::id::Id;
use crate::project::Project;
use crate::refusal::Refusal;
use crate::role::Role;
use crate::sheet::{Changed, Entries, Values, check};
use crate::text::Text;
use std::collections::BTreeSet;

/// Whether somebody who sees the project reads this field whole: anybody if nothing personal is in it, else the owner's
/// people, the project's agent, and the offices of the project that the catalogue names as its readers.
pub fn may_read_whole(field: &Field, actor: &Actor, project: &Project) -> bool {
    field.readers.as_ref().is_none_or(|readers| needs(readers, actor, project))
}

/// Whether somebody who sees the project is among those who need something personal of it, where these offices do.
pub fn needs(readers: &[Id<Organisation>], actor: &Actor, project: &Project) -> bool {
    match actor.role {
        Role::Enterprise => actor.firm == project.owner,
        Role::Agent => actor.is(project.team.agent.as_ref()),
        Role::Department | Role::DepartmentHead | Role::BackboneOfficer => {
            actor.office.as_ref().is_some_and(|office| readers.contains(office) && project.offices.contains(office))
        }
        Role::LeadOfficer | Role::DistrictLeader | Role::Supervisor | Role::Intermediary | Role::Rule => false,
    }
}

/// What everybody else sees: of a resident identity number the first three and the last four signs, as is usual
/// (`110***********002X`: neither the day of birth nor the town can be worked out), of a passport or another document
/// the first and the last two, of what is too short to be one nothing but its length.
pub fn masked(field: &Field, value: &str) -> String {
    if field.readers.is_none() {
        return value.to_string();
    }
    let n = value.chars().count();
    let (first, last) = match n {
        18.. => (3, 4),
        7..=17 => (1, 2),
        _ => (0, 0),
    };
    value.chars().enumerate().map(|(i, c)| if i < first || i + last >= n { c } else { '*' }).collect()
}

/// Masks in place what somebody may not read whole. Gives the sensitive fields that stay whole and hold something:
/// reading those goes on record.
pub fn mask<'v>(
    form: &Form,
    values: impl IntoIterator<Item = (&'v Id<Field>, &'v mut String)>,
    actor: &Actor,
    project: &Project,
) -> BTreeSet<Id<Field>> {
    let mut whole = BTreeSet::new();
    for (id, value) in values {
        let Some(field) = form.field(id.as_str()).filter(|f| f.readers.is_some() && !value.trim().is_empty()) else { continue };
        if may_read_whole(field, actor, project) {
            whole.insert(id.clone());
        } else {
            *value = masked(field, value);
        }
    }
    whole
}

/// Masks in place every identity number, for what nobody needs one for.
pub fn mask_all<'v>(form: &Form, values: impl IntoIterator<Item = (&'v Id<Field>, &'v mut String)>) {
    for (id, value) in values {
        if let Some(field) = form.field(id.as_str()) {
            *value = masked(field, value);
        }
    }
}

/// Sections with a field that not everybody may read whole.
pub fn personal_sections(form: &Form) -> BTreeSet<String> {
    form.fields.iter().filter(|f| f.readers.is_some()).map(|f| f.group.clone()).collect()
}

/// The values of entries, for [`mask`].
pub fn of_entries(entries: &mut Entries) -> impl Iterator<Item = (&Id<Field>, &mut String)> {
    entries.iter_mut().map(|(id, entry)| (id, &mut entry.value))
}

/// The values of changes, for [`mask`].
pub fn of_changes(changes: &mut [Changed]) -> impl Iterator<Item = (&Id<Field>, &mut String)> {
    changes.iter_mut().map(|changed| (&changed.field, &mut changed.entry.value))
}

/// The sensitive fields of a section that hold something, by what the whole sheet holds.
pub fn sensitive(form: &Form, section: &str, entries: &Entries) -> BTreeSet<Id<Field>> {
    let filled = |f: &&Field| entries.get(&f.id).is_some_and(|entry| !entry.value.trim().is_empty());
    form.fields.iter().filter(|f| f.group == section && f.readers.is_some()).filter(filled).map(|f| f.id.clone()).collect()
}

/// Sections with a field that somebody may not read whole. A document holds all values of its section, those of before
/// too, so they do not get it.
pub fn masked_sections(form: &Form, actor: &Actor, project: &Project) -> BTreeSet<String> {
    form.fields.iter().filter(|f| !may_read_whole(f, actor, project)).map(|f| f.group.clone()).collect()
}

/// That somebody may have a section's document.
///
/// # Errors
/// The refusal: it holds an identity number that is not for them.
pub fn may_open(form: &Form, section: &str, actor: &Actor, project: &Project) -> Result<(), Refusal> {
    match form.fields.iter().find(|f| f.group == section && !may_read_whole(f, actor, project)) {
        None => Ok(()),
        Some(Field { name, .. }) => Err(Refusal::NotYours(Text::new(
            format!("本节含“{}”，按您的职责只能看遮盖后的内容，不能实时打开。", name.zh),
            format!("This section holds “{}”, which is shown to you masked; it cannot be opened live.", name.en),
        ))),
    }
}

/// The sensitive fields that are filled in with what is not valid. Asked either of whole values by the form as it is, or of
/// masked ones by the form that [`without_rules`] made: both give the same fields.
pub fn wrong(form: &Form, entries: &Entries) -> BTreeSet<Id<Field>> {
    let value = |f: &Field| entries.get(&f.id).map(|entry| entry.value.as_str()).filter(|value| !value.trim().is_empty());
    let wrong = |f: &&Field| f.readers.is_some() && value(f).is_some_and(|value| check(f, value).is_err());
    form.fields.iter().filter(wrong).map(|f| f.id.clone()).collect()
}

/// The form for somebody who sees these sections masked: a masked number follows no rule, and is a mistake where the whole
/// one is, so that everybody counts the same. Nobody is told what is wrong with it.
pub fn without_rules(form: &mut Form, masked: &BTreeSet<String>, wrong: &BTreeSet<Id<Field>>) {
    for field in form.fields.iter_mut().filter(|f| f.readers.is_some() && masked.contains(&f.group)) {
        field.constraints = Constraints { unfit: wrong.contains(&field.id), ..Constraints::default() };
    }
}

/// Who reads a field whole in a project, for those who fill it in: nobody is named where everybody does.
pub fn readers(field: &Field, project: &Project, catalogue: &Catalogue) -> Vec<Text> {
    let Some(readers) = &field.readers else { return Vec::new() };
    let offices = readers.iter().filter(|office| project.offices.contains(*office));
    let offices = offices.filter_map(|office| catalogue.organisation(office.as_str())).map(|office| office.name.clone());
    [Role::Enterprise.name(), Role::Agent.name()].into_iter().chain(offices).collect()
}

/// What somebody was shown of a field, to tell what they typed from what they left.
pub(super) fn shown_to(field: &Field, entries: &Entries, actor: &Actor, project: &Project) -> String {
    let value = entries.get(&field.id).map(|entry| entry.value.as_str()).unwrap_or_default();
    if may_read_whole(field, actor, project) { value.to_string() } else { masked(field, value) }
}

/// The values of a filing, for [`mask`].
pub fn of_values(values: &mut Values) -> impl Iterator<Item = (&Id<Field>, &mut String)> {
    values.iter_mut()
}
