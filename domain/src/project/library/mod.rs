//! The documents of a project: each once in its library, however many matters ask for it; versions that never change.
//!
//! The log knows a document by its contents' digest; its name, which people choose, stands outside.

mod paper;
mod reading;

pub use paper::{APPLICATION_FORM, Paper, Stands, papers};
pub use reading::{is_personal, may_read};

use crate::account::{Account, By};
use crate::catalogue::{Catalogue, Material, Organisation};
use crate::date::{Date, Instant};
use crate::id::Id;
use crate::log::{Audience, Digest};
use crate::media::Media;
use crate::project::policy::{Right, office_of};
use crate::project::timeline::Names;
use crate::project::{self, Project, Stamp};
use crate::refusal::{Refusal, checked_text, not_now};
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Largest document, in bytes.
pub const LARGEST: u64 = 200 * 1024 * 1024;
/// Documents a project may hold.
pub const MOST: usize = 2000;

/// A document of a project's library.
#[derive(Debug)]
pub enum Document {}

/// One state of a document, for ever.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Version {
    /// The digest of its contents, by which they are found.
    pub digest: Digest,
    /// What kind of file it is.
    pub media: Media,
    /// Its length in bytes.
    pub size: u64,
    /// Who brought it.
    pub by: Id<Account>,
    /// When it came.
    pub at: Instant,
    /// Why there is another version.
    pub why: String,
}

/// A document with its versions, the latest last.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LibraryDocument {
    /// What paper it is; none: not sorted yet.
    pub material: Option<Id<Material>>,
    /// The office that brought it; none: the enterprise's side.
    #[serde(default)]
    pub office: Option<Id<Organisation>>,
    /// Everything it has been, the latest last.
    pub versions: Vec<Version>,
    /// The last day it holds.
    pub expires: Option<Date>,
    /// Why it was removed; none: it is in use.
    pub removed: Option<String>,
}

impl LibraryDocument {
    /// The version that counts.
    pub fn latest(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// Whether it is in use as this paper.
    pub fn is(&self, material: &Id<Material>) -> bool {
        self.removed.is_none() && self.material.as_ref() == Some(material)
    }

    /// Whether its last day was before this one.
    pub fn has_expired(&self, on: Date) -> bool {
        self.expires.is_some_and(|day| day < on)
    }
}

/// The document that counts for a paper: of those that hold, the one whose version came last.
pub fn newest(project: &Project, material: &Id<Material>, on: Date) -> Option<Id<Document>> {
    let good = project.library.iter().filter(|(_, kept)| kept.is(material) && !kept.has_expired(on));
    good.max_by_key(|(_, kept)| kept.latest().map(|version| version.at)).map(|(id, _)| id.clone())
}

/// All documents of a project, by their ids.
pub type Library = BTreeMap<Id<Document>, LibraryDocument>;

/// The contents of a file that has arrived.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Arrived {
    /// The digest of its contents, by which they are found.
    pub digest: Digest,
    /// What kind of file it is.
    pub media: Media,
    /// Its length in bytes.
    pub size: u64,
}

/// What a person may ask of a document that is there. One comes, and gets a new version, by its file's arrival.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Says what paper it is.
    Sort {
        /// The paper; none: it is not sorted any more.
        material: Option<Id<Material>>,
    },
    /// Says how long it holds.
    Limit {
        /// The last day it holds; none: it has no end.
        expires: Option<Date>,
    },
    /// Takes it out of use. Its contents stay, as filings may rest on them.
    Remove {
        /// Why.
        why: String,
    },
}

impl Request {
    /// The right it takes.
    pub(super) fn right(&self, project: &Project, _: &Catalogue, id: &Id<Document>) -> Right {
        right_to_change(project, id)
    }
}

/// A request, or a file that has arrived.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Puts a new document into the library.
    Add {
        /// What paper it is; none: it is sorted later.
        material: Option<Id<Material>>,
        /// Its contents.
        file: Arrived,
    },
    /// Adds a newer version.
    Replace {
        /// The contents of the newer version.
        file: Arrived,
        /// Why there is another version.
        why: String,
    },
    /// Says what paper it is.
    Sort {
        /// The paper; none: it is not sorted any more.
        material: Option<Id<Material>>,
    },
    /// Says how long it holds.
    Limit {
        /// The last day it holds; none: it has no end.
        expires: Option<Date>,
    },
    /// Takes it out of use.
    Remove {
        /// Why.
        why: String,
    },
}

/// What happened to a document.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// `office`: whose officer brought it.
    Added {
        /// What paper it is; none: it is sorted later.
        material: Option<Id<Material>>,
        /// Its contents.
        file: Arrived,
        /// The office that brought it; none: the enterprise's side.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        office: Option<Id<Organisation>>,
    },
    /// A newer version came.
    Replaced {
        /// The contents of the newer version.
        file: Arrived,
        /// Why there is another version.
        why: String,
    },
    /// Somebody said what paper it is.
    Sorted {
        /// The paper; none: it is not sorted any more.
        material: Option<Id<Material>>,
    },
    /// Somebody said how long it holds.
    Limited {
        /// The last day it holds; none: it has no end.
        expires: Option<Date>,
    },
    /// It was taken out of use.
    Removed {
        /// Why.
        why: String,
    },
}

impl Command {
    /// The right it takes.
    pub(super) fn right(&self, project: &Project, _: &Catalogue, id: &Id<Document>) -> Right {
        match self {
            Command::Add { .. } => Right::AddDocument,
            Command::Replace { .. } | Command::Sort { .. } | Command::Limit { .. } | Command::Remove { .. } => right_to_change(project, id),
        }
    }
}

/// The right to replace, sort or remove a document.
pub fn right_to_change(project: &Project, id: &Id<Document>) -> Right {
    Right::ChangeDocument(project.library.get(id).and_then(|kept| kept.office.clone()))
}

impl Event {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Event::Added { .. } => "document.added",
            Event::Replaced { .. } => "document.replaced",
            Event::Sorted { .. } => "document.sorted",
            Event::Limited { .. } => "document.limited",
            Event::Removed { .. } => "document.removed",
        }
    }

    pub(super) fn audience(&self) -> Audience {
        Audience::Parties
    }

    pub(super) fn people(&self) -> Vec<&Id<Account>> {
        Vec::new()
    }

    pub(super) fn sentence(&self, _: &Id<Document>, names: &Names) -> Text {
        match self {
            Event::Added { material, file, .. } => {
                let (paper, kind) = (names.paper(material.as_ref()), file.media.ending());
                Text::new(format!("上传{}（{kind}）", paper.zh), format!("uploaded: {} ({kind})", paper.en))
            }
            Event::Replaced { why, .. } => {
                Text::new(format!("上传文件新版本：{why}"), format!("uploaded a new version of a document: {why}"))
            }
            Event::Sorted { material } => {
                let paper = names.paper(material.as_ref());
                Text::new(format!("把文件归为{}", paper.zh), format!("sorted a document as: {}", paper.en))
            }
            Event::Limited { expires: Some(day) } => Text::new(format!("文件有效期至 {day}"), format!("a document holds until {day}")),
            Event::Limited { expires: None } => Text::new("文件长期有效", "a document holds without end"),
            Event::Removed { why } => Text::new(format!("移除文件：{why}"), format!("removed a document: {why}")),
        }
    }
}

/// Folds an event.
pub(super) fn apply(project: &mut Project, id: &Id<Document>, event: &Event, stamp: Stamp) {
    let (library, at, by) = (&mut project.library, stamp.at, stamp.by);
    let version = |file: &Arrived, why: &str| Version {
        digest: file.digest,
        media: file.media,
        size: file.size,
        by: by.clone(),
        at,
        why: why.to_string(),
    };
    if let Event::Added { material, file, office } = event {
        let kept = LibraryDocument {
            material: material.clone(),
            office: office.clone(),
            versions: vec![version(file, "")],
            expires: None,
            removed: None,
        };
        library.insert(id.clone(), kept);
        return;
    }
    let Some(kept) = library.get_mut(id) else { return };
    match event {
        Event::Added { .. } => {}
        Event::Replaced { file, why } => kept.versions.push(version(file, why)),
        Event::Sorted { material } => kept.material.clone_from(material),
        Event::Limited { expires } => kept.expires = *expires,
        Event::Removed { why } => kept.removed = Some(why.clone()),
    }
}

/// Whether the command may be now, and what then happens: also to filings that wait for the paper.
pub(super) fn decide(
    project: &Project,
    catalogue: &Catalogue,
    id: &Id<Document>,
    command: Command,
    by: By,
) -> Result<Vec<project::Event>, Refusal> {
    let event = changed(project, catalogue, id, command, by)?;
    let supplied = match &event {
        Event::Added { material: Some(material), .. } | Event::Sorted { material: Some(material) } => project.supplied(material),
        _ => Vec::new(),
    };
    Ok([project::Event::Document { id: id.clone(), event }].into_iter().chain(supplied).collect())
}

fn changed(project: &Project, catalogue: &Catalogue, id: &Id<Document>, command: Command, by: By) -> Result<Event, Refusal> {
    let known = |material: &Option<Id<Material>>| match material {
        Some(material) if catalogue.material(material.as_str()).is_none() => Err(Refusal::Unknown),
        _ => Ok(()),
    };
    let kept = project.library.get(id);
    if let Command::Add { material, file } = command {
        known(&material)?;
        if project.library.values().filter(|k| k.removed.is_none()).count() >= MOST {
            return not_now("文件已满 2000 份，请先移除不用的。", "There are 2,000 documents already; please remove some first.");
        }
        return match kept {
            None => Ok(Event::Added { material, file, office: office_of(by.actor).cloned() }),
            Some(_) => not_now("这份文件已经在库里。", "This document is in the library already."),
        };
    }
    let kept = kept.filter(|kept| kept.removed.is_none()).ok_or(Refusal::Unknown)?;
    if project.certificates.values().any(|held| held.documents.contains(id)) {
        return not_now(
            "证照由发证部门更正或撤销，不能在这里改动。",
            "A certificate is corrected or revoked by who issued it; it cannot be changed here.",
        );
    }
    Ok(match command {
        Command::Add { .. } => return Err(Refusal::Unknown),
        Command::Replace { file, why } => {
            if kept.latest().is_some_and(|v| v.digest == file.digest) {
                return not_now("与现有版本内容相同，没有新增版本。", "This is the same as the version there is; nothing was added.");
            }
            Event::Replaced { file, why: checked_text("why", &why, 200)? }
        }
        Command::Sort { material } => {
            known(&material)?;
            Event::Sorted { material }
        }
        Command::Limit { expires } => {
            if expires.is_some_and(|day| day < by.at.date()) {
                let sentence = Text::new("有效期不能早于今天。", "The last day cannot be before today.");
                return Err(Refusal::Invalid { field: "expires".into(), sentence });
            }
            Event::Limited { expires }
        }
        Command::Remove { why } => Event::Removed { why: checked_text("why", &why, 200)? },
    })
}
