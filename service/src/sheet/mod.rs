//! The data sheet: who may write what, what it holds, who wrote it. The documents themselves are in [`store`].

mod store;

pub use store::{Loaded, Sheets, Told, Update, Written};

use crate::error::{Error, Fault, Public};
use crate::{Context, Service};
use domain::account::{Account, Actor, Person, Role};
use domain::catalogue::{Field, Form};
use domain::id::Id;
use domain::policy::{Action, may};
use domain::project::Project;
use domain::sheet::document::Document;
use domain::sheet::{self, Changed, Entries, Entry, SheetView, Values, check};
use std::collections::{BTreeMap, BTreeSet};
use yrs::{ReadTxn, Transact};

/// The name of a section's document.
pub fn document_name(project: &Id<Project>, section: &str) -> String {
    format!("{project}.{section}")
}

/// Somebody at the door of a section.
#[derive(Clone, Debug)]
pub struct Guest {
    pub actor: Actor,
    pub person: Person,
    /// The fields of the section they may write; none: they look on.
    pub fields: BTreeSet<Id<Field>>,
}

impl Guest {
    /// Writes for the enterprise itself.
    pub fn own(&self) -> bool {
        self.actor.role == Role::Enterprise
    }
}

/// Whether somebody may come in, and what they may write.
///
/// # Errors
/// `SignedOut`; `NotFound`, also where the person may not know there is such a project.
pub async fn enter(service: &Service, token: &str, project: &Id<Project>, section: &str) -> Result<Guest, Error> {
    let (actor, person) = crate::account::signed_in(service, token).await?.ok_or(Public::SignedOut)?;
    let cx = service.context(Some(actor.clone()));
    let project = crate::project::current(&cx, project).await?;
    if service.catalogue.form.group(section).is_none() || !may(&actor, &Action::View, Some(&project)) {
        return Err(Public::NotFound.into());
    }
    let fields = writable(service, &actor, &project, section);
    Ok(Guest { actor, person, fields })
}

fn writable(service: &Service, actor: &Actor, project: &Project, section: &str) -> BTreeSet<Id<Field>> {
    let fields = service.catalogue.form.fields.iter().filter(|f| f.group == section);
    fields.filter(|f| may(actor, &Action::Fill(f.provider.clone()), Some(project))).map(|f| f.id.clone()).collect()
}

/// What a page of the sheet begins with. The first look at it begins the sheet, with what the guide's answers say.
///
/// # Errors
/// `NotFound`, also where the person may not know there is such a project.
pub async fn view(cx: &Context, id: &Id<Project>) -> Result<SheetView, Error> {
    let actor = cx.actor()?;
    let project = crate::project::current(cx, id).await?;
    if !may(actor, &Action::View, Some(&project)) {
        return Err(Public::NotFound.into());
    }
    begin(cx, id, &project).await?;
    Ok(SheetView { form: sheet::form_of(&project, &cx.service.catalogue), entries: cx.service.sheets.entries(id).await? })
}

/// Makes the documents of a project that are not there yet.
///
/// # Errors
/// The database failed.
pub async fn begin(cx: &Context, id: &Id<Project>, project: &Project) -> Result<(), Error> {
    let service = &cx.service;
    let form = &service.catalogue.form;
    // All of them: another edition of the catalogue may have a section more.
    if service.sheets.begun(id).await? >= form.groups.len() {
        return Ok(());
    }
    let owner = crate::account::firm_name(&service.db, &project.owner).await?.unwrap_or_default();
    let known = sheet::beginning(project, &owner, form);
    // Who started the project answered the questionnaire.
    let first = service.log.read(&crate::project::stream(id), 0, 1).await?;
    let Some(domain::log::Recorded::Open { meta, .. }) = first.into_iter().next() else { return Ok(()) };
    let own = crate::account::actor(&service.db, &meta.actor).await?.is_some_and(|a| a.role == Role::Enterprise);
    for group in &form.groups {
        let document = Document::new(form, &group.id, client());
        let update = filled(&document, &known, meta.actor.clone(), own, service.clock.now());
        service.sheets.create(id, &group.id, update).await?;
    }
    Ok(())
}

/// A number for a writer of documents, different from everybody else's.
pub fn client() -> u64 {
    u64::from(rand::random::<u32>())
}

/// The update that sets these values in a document; `None` when nothing changes.
fn filled(document: &Document, values: &Values, author: Id<Account>, own: bool, at: domain::date::Instant) -> Option<Update> {
    let before = document.doc.transact().state_vector();
    let mut changes = Vec::new();
    {
        let mut txn = document.doc.transact_mut();
        for field in document.fields() {
            if let Some(value) = values.get(&field.id)
                && document.set(&mut txn, field, value)
            {
                changes.push((field.id.clone(), value.clone()));
            }
        }
    }
    let data = document.doc.transact().encode_diff_v1(&before);
    (!changes.is_empty()).then_some(Update { author, own, at, data, changes })
}

/// Fills fields in as somebody, from a form without JavaScript, a file or a program. Everybody who has the sheet
/// open sees it at once.
///
/// # Errors
/// `Invalid` with the field and a sentence; `Forbidden` where a field is not theirs to fill in; nothing is done then.
pub async fn fill(cx: &Context, id: &Id<Project>, values: Values) -> Result<(), Error> {
    let actor = cx.actor()?.clone();
    let project = crate::project::current(cx, id).await?;
    if !may(&actor, &Action::View, Some(&project)) {
        return Err(Public::NotFound.into());
    }
    begin(cx, id, &project).await?;
    let form = cx.service.catalogue.form.clone();
    let mut sections: BTreeMap<&str, Values> = BTreeMap::new();
    let mut wrong = Vec::new();
    // A form brings everything it shows; what was not touched is nobody's change.
    let known = cx.service.sheets.entries(id).await?;
    let untouched = |id: &Id<Field>, value: &str| known.get(id).map_or("", |entry| &entry.value).trim() == value.trim();
    for (id, value) in values.iter().filter(|(id, value)| !untouched(id, value)) {
        let Some(field) = form.field(id.as_str()) else { return Err(Public::NotFound.into()) };
        if !may(&actor, &Action::Fill(field.provider.clone()), Some(&project)) {
            return Err(Public::Forbidden { sentence: not_yours(&cx.service, field) }.into());
        }
        let value = if value.trim().is_empty() { Ok(String::new()) } else { check(field, value) };
        match value {
            Ok(value) => {
                sections.entry(&field.group).or_default().insert(id.clone(), value);
            }
            Err(sentence) => wrong.push((id.to_string(), sentence)),
        }
    }
    if !wrong.is_empty() {
        return Err(Public::Invalid { fields: wrong }.into());
    }
    for (section, values) in sections {
        put(cx, id, &form, section, &values, &actor).await?;
    }
    Ok(())
}

async fn put(cx: &Context, id: &Id<Project>, form: &Form, section: &str, values: &Values, actor: &Actor) -> Result<(), Error> {
    let name = document_name(id, section);
    loop {
        let loaded = cx.service.sheets.load(form, &name, section).await?.ok_or(Public::NotFound)?;
        let own = actor.role == Role::Enterprise;
        let Some(update) = filled(&loaded.document, values, actor.account.clone(), own, cx.service.clock.now()) else { return Ok(()) };
        match cx.service.sheets.write(&name, id, loaded.seq, vec![update]).await? {
            Written::Done { .. } => return Ok(()),
            // Somebody was writing just then: again on what they made of it.
            Written::Behind => {}
        }
    }
}

/// Why somebody cannot fill a field in.
pub fn not_yours(service: &Service, field: &Field) -> domain::Text {
    let who = service.catalogue.organisation(field.provider.as_str()).map_or_else(|| domain::Text::same(""), |o| o.name.clone());
    domain::Text::new(format!("“{}”由{}填写。", field.name.zh, who.zh), format!("“{}” is for {} to fill in.", field.name.en, who.en))
}

/// What people made of a section's fields, latest first.
///
/// # Errors
/// `NotFound`, also where the person may not know there is such a project.
pub async fn history(cx: &Context, id: &Id<Project>, section: &str, field: Option<&str>) -> Result<Vec<Changed>, Error> {
    let actor = cx.actor()?;
    let project = crate::project::current(cx, id).await?;
    if !may(actor, &Action::View, Some(&project)) {
        return Err(Public::NotFound.into());
    }
    Ok(cx.service.sheets.history(&document_name(id, section), field).await?)
}

/// That what a command confirms is what the sheet holds now.
///
/// # Errors
/// The refusal: it has changed since.
pub(crate) async fn is_latest(service: &Service, id: &Id<Project>, command: &sheet::Command) -> Result<(), Error> {
    let form = &service.catalogue.form;
    let named = match command {
        sheet::Command::Confirm { fields } => fields.clone(),
        sheet::Command::MarkReady { section, seq } => {
            let entries: Entries = service.sheets.entries(id).await?;
            let of_section = |id: &Id<Field>| form.field(id.as_str()).is_some_and(|f| f.group == *section);
            let later = entries.iter().find(|(id, entry)| of_section(id) && entry.seq > *seq);
            return match later {
                Some((field, _)) => Err(sheet::changed_since(&service.catalogue.field_name(field.as_str())).into()),
                None => Ok(()),
            };
        }
        sheet::Command::MarkUnready { .. } => return Ok(()),
    };
    let entries = service.sheets.entries(id).await?;
    for (field, seq) in named {
        let now: Option<&Entry> = entries.get(&field);
        if now.is_none_or(|entry| entry.seq != seq) {
            return Err(sheet::changed_since(&service.catalogue.field_name(field.as_str())).into());
        }
    }
    Ok(())
}

impl From<domain::sheet::document::NotAnUpdate> for Error {
    fn from(_: domain::sheet::document::NotAnUpdate) -> Error {
        Error::Fault(Fault::from("a stored update of a sheet cannot be read"))
    }
}
