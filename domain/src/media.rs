//! What a file is, told by its contents and not by its name.

use crate::text;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// What a document is, told by its contents and not by its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Media {
    /// PDF, also of the kinds for archives.
    Pdf,
    /// A JPEG image.
    Jpeg,
    /// A PNG image.
    Png,
    /// A TIFF image, as scanners make them.
    Tiff,
    /// A text document of Word or WPS, in the form that is a zip.
    Docx,
    /// A table of Excel or WPS, in the form that is a zip.
    Xlsx,
    /// Slides of PowerPoint or WPS, in the form that is a zip.
    Pptx,
    /// OFD, the fixed-layout document of Chinese offices.
    Ofd,
    /// A drawing of AutoCAD, in its own form.
    Dwg,
    /// A drawing in AutoCAD's form for exchange.
    Dxf,
}

impl Media {
    /// Every kind, with the ending its files get and its media type.
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

    /// The ending its files get, without the dot.
    pub fn ending(self) -> &'static str {
        self.row().1
    }

    /// The media type (`Content-Type`) it is sent as.
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
    /// It is this, for certain.
    Is(Media),
    /// It is a zip; [`office`] tells which.
    Zip,
    /// It is not taken.
    No(NotTaken),
}

/// Why a file is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotTaken {
    /// There are no bytes in it.
    Empty,
    /// It is a program.
    Program,
    /// It is an archive of other files, which are to be sent one by one.
    Archive,
    /// It is a web page or a drawing that can hold a script.
    Page,
    /// It is none of the kinds that are taken.
    Unknown,
}

impl NotTaken {
    /// What the person who sent it is told.
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
