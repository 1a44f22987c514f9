//! Whether a matter can be filed: what is missing, what may follow later, what comes from elsewhere; and the snapshot.

use crate::account::{Account, By, Firm};
use crate::catalogue::{Catalogue, CodeRule, Field, Form, Material, Matter, SupplyBy};
use crate::date::{Date, Instant};
use crate::id::Id;
use crate::log::Digest;
use crate::media::Media;
use crate::project::Project;
use crate::project::library::{APPLICATION_FORM, Document, LibraryDocument, newest};
use crate::project::matter::names;
use crate::project::review::Pin;
use crate::project::sheet::{self, FieldProblem, MissingField};
use crate::project::submission::{Filing, Notice, Promise, how_many};
use crate::refusal::{Refusal, checked_text};
use crate::sheet::{Entries, Values, check};
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// On what terms a paper may follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tolerance {
    /// Working days after filing.
    pub days: i64,
    /// The latest point at which it has to arrive.
    pub supply_by: SupplyBy,
}

/// Working days to supply what only a pre-review tolerates: before the conversion, and at the latest then.
const PREVIEW_DAYS: i64 = 60;

/// A paper that is not there.
#[derive(Clone, PartialEq, Debug)]
pub struct MissingPaper {
    /// The paper.
    pub material: Id<Material>,
    /// There is one, but its last day has passed.
    pub expired: bool,
    /// Whose result it would be, and is not yet.
    pub waits_for: Option<Id<Matter>>,
    /// On what terms it may follow; none: it may not.
    pub tolerance: Option<Tolerance>,
}

/// How far a matter is from being filed.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Completeness {
    /// It would be filed for tolerant pre-review.
    pub preview: bool,
    /// Predecessors that have to be finished first; a pre-review does not help here.
    pub blocked: Vec<Id<Matter>>,
    /// Fields of the data sheet that are not filled in, wrong or not confirmed.
    pub fields: Vec<MissingField>,
    /// Papers that are not there.
    pub papers: Vec<MissingPaper>,
    /// Papers that are there, each with the document that would be filed.
    pub here: Vec<(Id<Material>, Id<Document>)>,
    /// Taken from the results of other matters; nobody hands them in.
    pub comes: Vec<Id<Material>>,
}

impl Completeness {
    /// What promises cannot mend.
    pub fn stands_in_the_way(&self) -> bool {
        !self.blocked.is_empty() || !self.fields.is_empty() || self.papers.iter().any(|p| p.tolerance.is_none())
    }

    /// The papers that can follow if somebody promises them, each with its terms.
    pub fn promises_wanted(&self) -> impl Iterator<Item = (&MissingPaper, Tolerance)> {
        self.papers.iter().filter_map(|p| Some((p, p.tolerance?)))
    }
}

/// How far a matter is from being filed, by what the sheet and the library hold.
pub fn completeness(project: &Project, catalogue: &Catalogue, form: &Form, entries: &Entries, matter: &Matter, on: Date) -> Completeness {
    let gates = crate::project::matter::before(project, matter);
    let may_begin_early = matter.depends_on.iter().any(|d| d.preview);
    let preview = !gates.decision.is_empty() && (may_begin_early || gates.start.is_empty());
    let mut complete = Completeness { preview, ..Completeness::default() };
    if !may_begin_early {
        complete.blocked = gates.start;
    }
    let needs = sheet::needs(project, catalogue, form);
    let mine: Vec<_> = needs.into_iter().filter(|n| n.field.is_enterprises() && matter.fields.contains(&n.field.id)).collect();
    complete.fields = sheet::missing(&mine, form, entries, &project.sheet);
    complete.fields.retain(|missing| missing.lack != FieldProblem::Empty || !assigns(matter, form, &missing.field));
    let profile = project.profile(catalogue);
    for requirement in matter.requirements.iter().filter(|r| profile.holds(&r.required_when)) {
        let Some(material) = catalogue.material(requirement.material.as_str()) else { continue };
        if material.id.as_str() == APPLICATION_FORM {
            continue;
        }
        if let Some(document) = newest(project, &material.id, on) {
            complete.here.push((material.id.clone(), document));
            continue;
        }
        let producer = material.produced_by.iter().find(|m| project.matters.contains_key(*m) && **m != matter.id);
        if producer.is_some_and(|m| project.matters.get(m).is_some_and(|t| t.is_done())) {
            complete.comes.push(material.id.clone());
            continue;
        }
        let expired = project.library.values().any(|k| k.is(&material.id));
        let tolerance = match requirement.promise_days {
            Some(days) => Some(Tolerance { days, supply_by: requirement.supply_by }),
            None if preview && requirement.tolerated_in_preview => Some(Tolerance { days: PREVIEW_DAYS, supply_by: SupplyBy::Decision }),
            None => None,
        };
        // What a matter of the chain will bring needs nobody's promise in a pre-review.
        if preview && requirement.tolerated_in_preview && producer.is_some() {
            complete.comes.push(material.id.clone());
            continue;
        }
        complete.papers.push(MissingPaper { material: material.id.clone(), expired, waits_for: producer.cloned(), tolerance });
    }
    complete
}

/// Whether the matter itself gives the code out: nobody can have it before.
fn assigns(matter: &Matter, form: &Form, id: &Id<Field>) -> bool {
    let Some(field) = form.field(id.as_str()) else { return false };
    let code = matches!(field.constraints.rule, Some(CodeRule::Uscc | CodeRule::ProjectCode | CodeRule::RealEstateUnit));
    code && field.produced_by.as_ref() == Some(&matter.id)
}

/// A document as it was filed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Copied {
    /// What paper it is filed as.
    pub material: Id<Material>,
    /// The document in the project's library.
    pub document: Id<Document>,
    /// From 1.
    pub version: usize,
    /// The digest of its contents.
    pub digest: Digest,
    /// What kind of file it is.
    pub media: Media,
    /// Its length in bytes.
    pub size: u64,
}

/// What is filed of a matter, for ever: its bytes are kept by their digest.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// The project it belongs to.
    pub project: Id<Project>,
    /// What the project was called on that day.
    pub project_name: String,
    /// The firm that files.
    pub owner: Id<Firm>,
    /// The matter that is filed for.
    pub matter: Id<Matter>,
    /// The edition of the catalogue that said what has to be filed.
    pub edition: String,
    /// When it was filed.
    pub at: Instant,
    /// Who filed it.
    pub by: Id<Account>,
    /// The values of the data sheet that the matter asks for.
    pub values: Values,
    /// The papers, each in one version.
    pub documents: Vec<Copied>,
    /// Papers that are results of other matters; nobody hands them in.
    pub comes: Vec<Id<Material>>,
    /// Papers that follow later.
    pub promises: Vec<Promise>,
}

impl Snapshot {
    /// The bytes to keep, and what the log says of them; `changed`: what differs from the filing before.
    pub fn filing(&self, changed: Vec<Pin>) -> (Vec<u8>, Filing) {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        let documents = self.documents.iter().map(|d| (d.material.clone(), d.document.clone(), d.version)).collect();
        let filing = Filing { snapshot: Digest::of(&bytes), documents, promises: self.promises.clone(), changed };
        (bytes, filing)
    }
}

/// The values a matter takes from the sheet.
pub fn values_of(matter: &Matter, form: &Form, entries: &Entries) -> Values {
    let value = |id: &Id<Field>| {
        let field = form.field(id.as_str())?;
        let value = check(field, &entries.get(id)?.value).ok().filter(|v| !v.is_empty())?;
        Some((id.clone(), value))
    };
    matter.fields.iter().filter_map(value).collect()
}

fn copied(project: &Project, material: &Id<Material>, document: &Id<Document>) -> Option<Copied> {
    let kept = project.library.get(document)?;
    let version = kept.latest()?;
    Some(Copied {
        material: material.clone(),
        document: document.clone(),
        version: kept.versions.len(),
        digest: version.digest,
        media: version.media,
        size: version.size,
    })
}

/// What a filing would contain of each matter.
///
/// # Errors
/// What stands in the way, matter by matter; a promise that is missing or too late.
pub fn prepare(
    id: &Id<Project>,
    project: &Project,
    catalogue: &Catalogue,
    entries: &Entries,
    matters: &BTreeSet<Id<Matter>>,
    promised: &BTreeMap<Id<Material>, (String, Date)>,
    by: By,
) -> Result<Vec<Snapshot>, Refusal> {
    how_many(matters.len())?;
    let form = &catalogue.form;
    let today = by.at.date();
    let mut snapshots = Vec::new();
    for matter_id in matters {
        let matter = catalogue.matter(matter_id.as_str()).filter(|m| project.matters.contains_key(&m.id)).ok_or(Refusal::Unknown)?;
        let complete = completeness(project, catalogue, form, entries, matter, today);
        if complete.stands_in_the_way() {
            return Err(in_the_way(catalogue, matter, &complete));
        }
        let mut promises = Vec::new();
        for (lacking, tolerance) in complete.promises_wanted() {
            let name = Pin::Paper(lacking.material.clone()).name(catalogue);
            let field = format!("promise.{}", lacking.material);
            let Some((text, due)) = promised.get(&lacking.material) else {
                return Err(Refusal::Invalid {
                    field,
                    sentence: Text::new(
                        format!("“{}”还缺，可以容缺：请写明承诺和补交日期。", name.zh),
                        format!("“{}” is missing and may follow: please write the promise and its date.", name.en),
                    ),
                });
            };
            let last = catalogue.calendar().add(today, tolerance.days);
            if *due < today || *due > last {
                return Err(Refusal::Invalid {
                    field,
                    sentence: Text::new(
                        format!("“{}”应在 {today} 至 {last} 之间补交。", name.zh),
                        format!("“{}” is to follow between {today} and {last}.", name.en),
                    ),
                });
            }
            promises.push(Promise {
                material: lacking.material.clone(),
                text: checked_text(&field, text, 300)?,
                due: *due,
                by: by.actor.account.clone(),
                supply_by: tolerance.supply_by,
            });
        }
        snapshots.push(Snapshot {
            project: id.clone(),
            project_name: project.name.clone(),
            owner: project.owner.clone(),
            matter: matter.id.clone(),
            edition: catalogue.edition.clone(),
            at: by.at,
            by: by.actor.account.clone(),
            values: values_of(matter, form, entries),
            documents: complete.here.iter().filter_map(|(m, d)| copied(project, m, d)).collect(),
            comes: complete.comes,
            promises,
        });
    }
    Ok(snapshots)
}

fn in_the_way(catalogue: &Catalogue, matter: &Matter, complete: &Completeness) -> Refusal {
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    if !complete.blocked.is_empty() {
        let before = names(catalogue, &complete.blocked);
        zh.push(format!("须先办结{}", before.zh));
        en.push(format!("first to be finished: {}", before.en));
    }
    let list = |pins: Vec<Pin>| {
        let all: Vec<Text> = pins.iter().take(5).map(|pin| pin.name(catalogue)).collect();
        let more = pins.len().saturating_sub(5);
        let tail = if more > 0 { (format!("等 {} 项", pins.len()), format!(" and {more} more")) } else { Default::default() };
        Text::new(
            all.iter().map(|t| format!("“{}”", t.zh)).collect::<Vec<_>>().join("、") + &tail.0,
            all.iter().map(|t| t.en.clone()).collect::<Vec<_>>().join(", ") + &tail.1,
        )
    };
    if !complete.fields.is_empty() {
        let fields = list(complete.fields.iter().map(|m| Pin::Field(m.field.clone())).collect());
        zh.push(format!("数据表单还差{}", fields.zh));
        en.push(format!("in the data sheet: {}", fields.en));
    }
    let papers: Vec<Pin> = complete.papers.iter().filter(|p| p.tolerance.is_none()).map(|p| Pin::Paper(p.material.clone())).collect();
    if !papers.is_empty() {
        let papers = list(papers);
        zh.push(format!("还缺材料{}", papers.zh));
        en.push(format!("papers missing: {}", papers.en));
    }
    Refusal::NotNow(Text::new(
        format!("“{}”还不能申报：{}。", matter.name.zh, zh.join("；")),
        format!("“{}” cannot be filed yet: {}.", matter.name.en, en.join("; ")),
    ))
}

/// What is not any more as it was filed: the enterprise's values, and papers replaced, removed or out of date.
pub fn differences(snapshot: &Snapshot, project: &Project, catalogue: &Catalogue, entries: &Entries, on: Date) -> Vec<Pin> {
    let form = &catalogue.form;
    let Some(matter) = catalogue.matter(snapshot.matter.as_str()) else { return Vec::new() };
    let now = values_of(matter, form, entries);
    let theirs = |id: &&Id<Field>| form.field(id.as_str()).is_some_and(Field::is_enterprises);
    let fields = matter.fields.iter().filter(theirs).filter(|id| snapshot.values.get(*id) != now.get(*id));
    let papers = snapshot.documents.iter().filter(|d| {
        let kept = project.library.get(&d.document).filter(|k| k.removed.is_none() && !k.has_expired(on));
        kept.and_then(LibraryDocument::latest).is_none_or(|latest| latest.digest != d.digest)
    });
    fields.map(|id| Pin::Field(id.clone())).chain(papers.map(|d| Pin::Paper(d.material.clone()))).collect()
}

/// A package's matter after a correction: what the notice asked for is taken anew, everything else stays as filed.
/// `None`: nothing of this matter changed.
pub fn corrected(
    before: &Snapshot,
    notice: &Notice,
    project: &Project,
    catalogue: &Catalogue,
    entries: &Entries,
    by: By,
) -> Option<(Snapshot, Vec<Pin>)> {
    let matter = catalogue.matter(before.matter.as_str())?;
    let now = values_of(matter, &catalogue.form, entries);
    let mut after = Snapshot { at: by.at, by: by.actor.account.clone(), ..before.clone() };
    let mut changed = Vec::new();
    for pin in notice.pins() {
        match pin {
            Pin::Field(id) if matter.fields.contains(id) && before.values.get(id) != now.get(id) => {
                match now.get(id) {
                    Some(value) => after.values.insert(id.clone(), value.clone()),
                    None => after.values.remove(id),
                };
                changed.push(pin.clone());
            }
            Pin::Paper(id) if matter.requirements.iter().any(|r| r.material == *id) => {
                let Some(copy) = newest(project, id, by.at.date()).and_then(|d| copied(project, id, &d)) else { continue };
                if before.documents.iter().any(|d| d.material == *id && d.digest == copy.digest) {
                    continue;
                }
                after.documents.retain(|d| d.material != *id);
                after.documents.push(copy);
                changed.push(pin.clone());
            }
            _ => {}
        }
    }
    (!changed.is_empty()).then_some((after, changed))
}
