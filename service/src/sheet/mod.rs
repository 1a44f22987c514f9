//! The data sheet: who may write what, what it holds, who wrote it. The documents themselves are in `store`.

pub(crate) mod sealed;
mod store;
mod update;
mod writer;

pub use store::Sheets;
pub use update::{Loaded, SheetNotification, Update, WriteOutcome};

use crate::account::{Access, Holder};
use crate::audit::{self, Entry};
use crate::error::{Error, Fault, Public};
use crate::{Context, Service};
use domain::account::{Account, Actor, Person};
use domain::audit::Kind;
use domain::catalogue::{Field, Form};
use domain::id::Id;
use domain::project::Project;
use domain::project::policy::{Right, may};
use domain::project::sheet::{self, SheetView, identity};
use domain::sheet::document::Document;
use domain::sheet::{Changed, Values};
use std::collections::{BTreeMap, BTreeSet};
use yrs::{ReadTxn, Transact};

/// The name of a section's document.
pub fn document_name(project: &Id<Project>, section: &str) -> String {
    format!("{project}.{section}")
}

/// Somebody at the door of a section.
#[derive(Clone, Debug)]
pub struct Guest {
    /// The person as the rules see them.
    pub actor: Actor,
    /// The person as others see them.
    pub person: Person,
    /// The fields of the section they may write; none: they look on.
    pub fields: BTreeSet<Id<Field>>,
}

/// Whether somebody may come in, and what they may write. The first at the door begins the sheet.
///
/// # Errors
/// `SignedOut`; `NotFound`, also where the person may not know there is such a project; `Forbidden` where the section
/// holds an identity number that they see masked.
pub async fn enter(service: &Service, access: &Access, id: &Id<Project>, section: &str) -> Result<Guest, Error> {
    let Holder { actor, person, .. } = crate::account::again(service, access).await?.ok_or(Public::SignedOut)?;
    let cx = service.context(Some(actor.clone()));
    let project = seen(&cx, id).await?;
    let form = &service.catalogue.form;
    if form.group(section).is_none() {
        return Err(Public::NotFound.into());
    }
    identity::may_open(form, section, &actor, &project)?;
    begin(&cx, id, &project).await?;
    let fields = sheet::writable(form, section, &actor, &project);
    Ok(Guest { actor, person, fields })
}

/// Puts on record that somebody who came in gets the section's document, where it holds an identity number; gives whether
/// it does.
///
/// # Errors
/// The database failed; the document is not to be given then.
pub async fn record_opening(cx: &Context, id: &Id<Project>, section: &str) -> Result<bool, Error> {
    let entries = cx.service.sheets.entries(id).await?;
    let whole = identity::sensitive(&cx.service.catalogue.form, section, &entries);
    read_whole(cx, id, &whole, LIVE).await?;
    Ok(!whole.is_empty())
}

/// Puts on record that these people, who have a section open, are about to get these identity numbers whole: of all of them,
/// or of nobody.
///
/// # Errors
/// The database failed; the numbers are not to be given then.
pub async fn record_readers(service: &Service, readers: &[Context], id: &Id<Project>, fields: &BTreeSet<Id<Field>>) -> Result<(), Error> {
    let subject = reading(&service.catalogue.form, fields, LIVE);
    let mut tx = service.db.begin_write().await?;
    for cx in readers {
        audit::record_in(cx, &mut tx, Kind::IdentityRead, Entry { project: Some(id.clone()), ..Entry::of(&subject) }).await?;
    }
    Ok(tx.commit().await?)
}

/// Where a number is read by having its section open.
const LIVE: &str = "live";

/// What stands on record of a reading: which fields, and where.
fn reading(form: &Form, fields: &BTreeSet<Id<Field>>, place: &str) -> String {
    let section = |field: &Id<Field>| form.field(field.as_str()).map(|f| f.group.clone()).unwrap_or_default();
    let names: Vec<String> = fields.iter().map(|field| format!("{}/{field}", section(field))).collect();
    format!("{} ({place})", names.join(", "))
}

/// Puts on record, before it is done and once for a request, that whole identity numbers are given out: which fields, and where.
pub(crate) async fn read_whole(cx: &Context, id: &Id<Project>, fields: &BTreeSet<Id<Field>>, place: &str) -> Result<(), Fault> {
    if fields.is_empty() {
        return Ok(());
    }
    let subject = reading(&cx.service.catalogue.form, fields, place);
    // Held while it is written: nobody goes on before it is.
    let mut on_record = cx.on_record.lock().await;
    let key = format!("{id} {subject}");
    if !on_record.contains(&key) {
        audit::record(cx, Kind::IdentityRead, Entry { project: Some(id.clone()), ..Entry::of(subject) }).await?;
        on_record.insert(key);
    }
    Ok(())
}

/// What a page of the sheet begins with; identity numbers whole for those who need them, masked for everybody else. The
/// first look at it begins the sheet, with what the guide's answers say.
///
/// # Errors
/// `NotFound`, also where the person may not know there is such a project.
pub async fn view(cx: &Context, id: &Id<Project>) -> Result<SheetView, Error> {
    let project = seen(cx, id).await?;
    begin(cx, id, &project).await?;
    let (actor, catalogue) = (cx.actor()?, &cx.service.catalogue);
    let mut entries = crate::submission::entries(cx, id, &project).await?;
    let wrong = identity::wrong(&catalogue.form, &entries);
    let whole = identity::mask(&catalogue.form, identity::of_entries(&mut entries), actor, &project);
    read_whole(cx, id, &whole, "sheet").await?;
    let masked = identity::masked_sections(&catalogue.form, actor, &project);
    let mut form = sheet::form_of(&project, catalogue);
    identity::without_rules(&mut form, &masked, &wrong);
    Ok(SheetView { form, entries, masked })
}

/// The same with every identity number masked, whoever asks: for what only counts what is missing, so that nobody reads one
/// by it.
///
/// # Errors
/// `NotFound`, also where the person may not know there is such a project.
pub async fn view_masked(cx: &Context, id: &Id<Project>) -> Result<SheetView, Error> {
    let project = seen(cx, id).await?;
    begin(cx, id, &project).await?;
    let catalogue = &cx.service.catalogue;
    let mut entries = crate::submission::entries(cx, id, &project).await?;
    let wrong = identity::wrong(&catalogue.form, &entries);
    identity::mask_all(&catalogue.form, identity::of_entries(&mut entries));
    let masked = identity::personal_sections(&catalogue.form);
    let mut form = sheet::form_of(&project, catalogue);
    identity::without_rules(&mut form, &masked, &wrong);
    Ok(SheetView { form, entries, masked })
}

/// Makes the documents of a project that are not there yet.
///
/// # Errors
/// The database failed.
async fn begin(cx: &Context, id: &Id<Project>, project: &Project) -> Result<(), Error> {
    let service = &cx.service;
    let form = &service.catalogue.form;
    // All of them: another edition of the catalogue may have a section more.
    if service.sheets.begun(id).await? >= form.groups.len() {
        return Ok(());
    }
    let owner = crate::account::firm_name(&service.db, &project.owner).await?.unwrap_or_default();
    let known = sheet::beginning(project, &owner, form);
    // Who started the project answered the questionnaire.
    let first = service.log.read(id, 0, 1).await?;
    let Some(domain::log::Recorded::Open { meta, .. }) = first.into_iter().next() else { return Ok(()) };
    let own = crate::account::actor(&service.db, &meta.actor).await?.is_some_and(|a| sheet::is_own(&a));
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
    let clients = vec![document.doc.client_id().get()];
    (!changes.is_empty()).then_some(Update { author, clients, own, at, data, changes })
}

/// Fills fields in as somebody, from a form without JavaScript, a file or a program. Everybody who has the sheet
/// open sees it at once.
///
/// # Errors
/// `Invalid` with the field and a sentence; `Forbidden` where a field is not theirs to fill in, or none is; nothing is done then.
pub async fn fill(cx: &Context, id: &Id<Project>, values: Values) -> Result<(), Error> {
    let actor = cx.actor()?.clone();
    let project = seen(cx, id).await?;
    sheet::may_fill_in(&cx.service.catalogue.form, &actor, &project)?;
    begin(cx, id, &project).await?;
    let form = cx.service.catalogue.form.clone();
    let entries = cx.service.sheets.entries(id).await?;
    let changed = sheet::changes(&cx.service.catalogue, &project, &actor, &entries, &values)?;
    let mut sections: BTreeMap<&str, Values> = BTreeMap::new();
    for (id, value) in changed {
        if let Some(field) = form.field(id.as_str()) {
            sections.entry(&field.group).or_default().insert(id, value);
        }
    }
    for (section, values) in sections {
        put(cx, id, &form, section, &values, &actor).await?;
    }
    Ok(())
}

async fn put(cx: &Context, id: &Id<Project>, form: &Form, section: &str, values: &Values, actor: &Actor) -> Result<(), Error> {
    let name = document_name(id, section);
    let mut before = None;
    loop {
        let loaded = cx.service.sheets.load(form, &name, section).await?.ok_or(Public::NotFound)?;
        if before.replace(loaded.seq) == Some(loaded.seq) {
            return Err(Fault::from(format!("the sheet {name}: updates that it counts are not stored")).into());
        }
        let Some(update) = filled(&loaded.document, values, actor.account.clone(), sheet::is_own(actor), cx.service.clock.now()) else {
            return Ok(());
        };
        match cx.service.sheets.write(&name, id, loaded.seq, vec![update]).await? {
            WriteOutcome::Done { seq } => {
                cx.service.sheets.notify_update(&name, seq);
                return Ok(());
            }
            // Somebody was writing just then: again on what they made of it.
            WriteOutcome::Conflict => {}
        }
    }
}

/// What people made of a section's fields, latest first; identity numbers as in [`view`].
///
/// # Errors
/// `NotFound`, also where the person may not know there is such a project.
pub async fn history(cx: &Context, id: &Id<Project>, section: &str, field: Option<&str>) -> Result<Vec<Changed>, Error> {
    let project = seen(cx, id).await?;
    let mut changes = cx.service.sheets.history(&document_name(id, section), field).await?;
    let whole = identity::mask(&cx.service.catalogue.form, identity::of_changes(&mut changes), cx.actor()?, &project);
    read_whole(cx, id, &whole, "history").await?;
    Ok(changes)
}

/// That what a command confirms is what the sheet holds now.
///
/// # Errors
/// The refusal: it has changed since.
pub(crate) async fn is_latest(service: &Service, id: &Id<Project>, command: &sheet::Command) -> Result<(), Error> {
    Ok(sheet::is_latest(&service.catalogue.form, &service.sheets.entries(id).await?, command)?)
}

/// The project, for whoever may see it.
async fn seen(cx: &Context, id: &Id<Project>) -> Result<Project, Error> {
    let actor = cx.actor()?;
    let project = crate::project::current(cx, id).await?;
    if may(actor, &Right::View, Some(&project)) { Ok(project) } else { Err(Public::NotFound.into()) }
}
