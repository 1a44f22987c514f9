//! The documents of a project: each once in its library, however many matters ask for it; versions that never change.
//!
//! The log knows a document by its contents' digest; its name, which people choose, stands outside.

mod reading;

pub use reading::{is_personal, may_read};

use crate::account::Account;
use crate::catalogue::{Catalogue, Material, Matter, Organisation, Source};
use crate::date::{Date, Instant};
use crate::id::Id;
use crate::log::{By, Digest};
use crate::matter::Progress;
use crate::policy::office_of;
use crate::project::Project;
use crate::refusal::{Refusal, not_now, written};
use crate::text;
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

/// What a document is, told by its contents and not by its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Media {
    Pdf,
    Jpeg,
    Png,
    Tiff,
    Docx,
    Xlsx,
    Pptx,
    Ofd,
    Dwg,
    Dxf,
}

impl Media {
    pub const ALL: [(Media, &'static str, &'static str); 10] = [
        (Media::Pdf, "pdf", "application/pdf"),
        (Media::Jpeg, "jpg", "image/jpeg"),
        (Media::Png, "png", "image/png"),
        (Media::Tiff, "tif", "image/tiff"),
        (Media::Docx, "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (Media::Xlsx, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (Media::Pptx, "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
        (Media::Ofd, "ofd", "application/ofd"),
        (Media::Dwg, "dwg", "image/vnd.dwg"),
        (Media::Dxf, "dxf", "image/vnd.dxf"),
    ];

    fn row(self) -> (Media, &'static str, &'static str) {
        Media::ALL.into_iter().find(|row| row.0 == self).unwrap_or(Media::ALL[0])
    }

    pub fn ending(self) -> &'static str {
        self.row().1
    }

    pub fn mime(self) -> &'static str {
        self.row().2
    }

    /// Whether a browser shows it in the page.
    pub fn is_shown(self) -> bool {
        matches!(self, Media::Pdf | Media::Jpeg | Media::Png)
    }

    /// The kinds by their endings, for a sentence.
    pub fn list() -> Text {
        let endings = Media::ALL.map(|row| row.1.to_uppercase());
        Text::new(endings.join("、"), endings.join(", "))
    }
}

/// What the beginning of a file says it is. A zip may be an office document or not: its list of contents tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beginning {
    Is(Media),
    Zip,
    No(NotTaken),
}

/// Why a file is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotTaken {
    Empty,
    Program,
    Archive,
    Page,
    Unknown,
}

impl NotTaken {
    pub fn sentence(self) -> Text {
        match self {
            NotTaken::Empty => text!("文件是空的。", "The file is empty."),
            NotTaken::Program => text!("这是可执行程序，不能上传。", "This is a program and is not taken."),
            NotTaken::Archive => text!(
                "这是压缩包，请解开后逐个上传（可一次选多个）。",
                "This is an archive; please unpack it and upload the files (many at once)."
            ),
            NotTaken::Page => text!("这是网页或脚本，请导出为 PDF 后上传。", "This is a web page or script; please export it as PDF."),
            NotTaken::Unknown => {
                let list = Media::list();
                Text::new(
                    format!("认不出文件类型；可上传：{}。", list.zh),
                    format!("This kind of file is not known; taken are: {}.", list.en),
                )
            }
        }
    }
}

/// Tells a file by its first bytes (at least 512 of them where the file has as many).
pub fn beginning(bytes: &[u8]) -> Beginning {
    let starts = |sign: &[u8]| bytes.starts_with(sign);
    if bytes.is_empty() {
        return Beginning::No(NotTaken::Empty);
    }
    let text: String = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]).trim_start_matches('\u{feff}').trim_start().to_lowercase();
    let known = [
        (&b"%PDF-"[..], Media::Pdf),
        (&[0xff, 0xd8, 0xff], Media::Jpeg),
        (&[0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a], Media::Png),
        (&b"II*\0"[..], Media::Tiff),
        (&b"MM\0*"[..], Media::Tiff),
        (&b"AC10"[..], Media::Dwg),
        (&b"AutoCAD Binary DXF"[..], Media::Dxf),
    ];
    if let Some((_, media)) = known.iter().find(|(sign, _)| starts(sign)) {
        return Beginning::Is(*media);
    }
    if starts(b"PK\x03\x04") {
        return Beginning::Zip;
    }
    let programs: [&[u8]; 6] = [b"MZ", b"\x7fELF", b"#!", &[0xca, 0xfe, 0xba, 0xbe], &[0xcf, 0xfa, 0xed, 0xfe], b"\0asm"];
    if programs.iter().any(|sign| starts(sign)) {
        return Beginning::No(NotTaken::Program);
    }
    let archives: [&[u8]; 7] =
        [b"PK", b"Rar!", b"7z\xbc\xaf", &[0x1f, 0x8b], b"BZh", &[0xfd, b'7', b'z', b'X', b'Z'], &[0x28, 0xb5, 0x2f, 0xfd]];
    if archives.iter().any(|sign| starts(sign)) || bytes.get(257..262) == Some(b"ustar") {
        return Beginning::No(NotTaken::Archive);
    }
    if ["<!doctype html", "<html", "<script", "<svg", "<?xml"].iter().any(|sign| text.starts_with(sign)) {
        return Beginning::No(NotTaken::Page);
    }
    // A drawing as text begins with its first section.
    let mut lines = text.lines().map(str::trim);
    if lines.next() == Some("0") && lines.next() == Some("section") {
        return Beginning::Is(Media::Dxf);
    }
    Beginning::No(NotTaken::Unknown)
}

/// Largest that an office document may be when unpacked, against its own size; more is a bomb.
const SWELLS: u64 = 200;
/// Entries that an office document may have.
pub const ENTRIES: usize = 20_000;

/// Tells an office document from any other zip by its list of contents: (name, unpacked size).
///
/// # Errors
/// Why it is not taken.
pub fn office<S: AsRef<str>>(entries: impl IntoIterator<Item = (S, u64)>, size: u64) -> Result<Media, NotTaken> {
    let (mut unpacked, mut count, mut media, mut typed) = (0u64, 0usize, None, false);
    for (name, length) in entries {
        count += 1;
        unpacked = unpacked.saturating_add(length);
        let lower = name.as_ref().to_lowercase();
        if lower.ends_with("vbaproject.bin") || [".exe", ".dll", ".bat", ".cmd", ".ps1", ".js", ".sh"].iter().any(|e| lower.ends_with(e)) {
            return Err(NotTaken::Program);
        }
        match lower.as_str() {
            "[content_types].xml" => typed = true,
            "word/document.xml" => media = Some(Media::Docx),
            "xl/workbook.xml" => media = Some(Media::Xlsx),
            "ppt/presentation.xml" => media = Some(Media::Pptx),
            "ofd.xml" => (media, typed) = (Some(Media::Ofd), true),
            _ => {}
        }
    }
    if count > ENTRIES || unpacked > size.saturating_mul(SWELLS).max(1024 * 1024) {
        return Err(NotTaken::Archive);
    }
    media.filter(|_| typed).ok_or(NotTaken::Archive)
}

/// A file's name as it is kept: the last part of a path, without signs that mean something to a system, at most 120
/// characters, with the ending of what it is.
pub fn name(given: &str, media: Media) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}'))
        .collect();
    let clean = clean.trim().trim_matches('.').trim();
    let stem = match clean.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 5 && !stem.trim().is_empty() => stem.trim(),
        _ => clean,
    };
    let stem: String = stem.chars().take(120).collect();
    let stem = if stem.is_empty() { "未命名".to_string() } else { stem };
    format!("{stem}.{}", media.ending())
}

/// One state of a document, for ever.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Version {
    pub digest: Digest,
    pub media: Media,
    pub size: u64,
    pub by: Id<Account>,
    pub at: Instant,
    /// Why there is another version.
    pub why: String,
}

/// A document with its versions, the latest last.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Kept {
    /// What paper it is; none: not sorted yet.
    pub material: Option<Id<Material>>,
    /// The office that brought it; none: the enterprise's side.
    #[serde(default)]
    pub office: Option<Id<Organisation>>,
    pub versions: Vec<Version>,
    /// The last day it holds.
    pub expires: Option<Date>,
    pub removed: Option<String>,
}

impl Kept {
    pub fn latest(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// Whether it is in use as this paper.
    pub fn is(&self, material: &Id<Material>) -> bool {
        self.removed.is_none() && self.material.as_ref() == Some(material)
    }

    pub fn has_expired(&self, on: Date) -> bool {
        self.expires.is_some_and(|day| day < on)
    }
}

/// The document that counts for a paper: of those that hold, the one whose version came last.
pub fn newest(project: &Project, material: &Id<Material>, on: Date) -> Option<Id<Document>> {
    let good = project.library.iter().filter(|(_, kept)| kept.is(material) && !kept.has_expired(on));
    good.max_by_key(|(_, kept)| kept.latest().map(|version| version.at)).map(|(id, _)| id.clone())
}

pub type Library = BTreeMap<Id<Document>, Kept>;

/// The contents of a file that has arrived.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Arrived {
    pub digest: Digest,
    pub media: Media,
    pub size: u64,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    Add {
        material: Option<Id<Material>>,
        file: Arrived,
    },
    Replace {
        file: Arrived,
        why: String,
    },
    /// Says what paper it is.
    Sort {
        material: Option<Id<Material>>,
    },
    Limit {
        expires: Option<Date>,
    },
    Remove {
        why: String,
    },
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// `office`: whose officer brought it.
    Added {
        material: Option<Id<Material>>,
        file: Arrived,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        office: Option<Id<Organisation>>,
    },
    Replaced {
        file: Arrived,
        why: String,
    },
    Sorted {
        material: Option<Id<Material>>,
    },
    Limited {
        expires: Option<Date>,
    },
    Removed {
        why: String,
    },
}

/// Folds an event into the library.
pub fn apply(library: &mut Library, id: &Id<Document>, event: &Event, at: Instant, by: &Id<Account>) {
    let version = |file: &Arrived, why: &str| Version {
        digest: file.digest,
        media: file.media,
        size: file.size,
        by: by.clone(),
        at,
        why: why.to_string(),
    };
    if let Event::Added { material, file, office } = event {
        let kept =
            Kept { material: material.clone(), office: office.clone(), versions: vec![version(file, "")], expires: None, removed: None };
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

/// Whether the command is allowed now, and what then happens.
pub fn decide(project: &Project, catalogue: &Catalogue, id: &Id<Document>, command: Command, by: By) -> Result<Event, Refusal> {
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
            Event::Replaced { file, why: written("why", &why, 200)? }
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
        Command::Remove { why } => Event::Removed { why: written("why", &why, 200)? },
    })
}

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
    Missing,
}

/// A paper the project needs, and for what.
#[derive(Clone, PartialEq, Debug)]
pub struct Paper<'c> {
    pub material: &'c Material,
    pub matters: Vec<Id<Matter>>,
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
        let of = |(_, k): &(&Id<Document>, &Kept)| k.is(&material.id) && k.has_expired(on) != good;
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
