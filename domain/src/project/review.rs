//! What an office says of a filed matter, and the points of a correction notice: each pinned to a field or a paper,
//! with a coded reason (行政许可法 art. 32: told once, all together).

use crate::account::Account;
use crate::catalogue::{Catalogue, Field, Material, Matter, Organisation};
use crate::date::Instant;
use crate::id::Id;
use crate::log::Digest;
use crate::refusal::{LONGEST_TEXT, Refusal, checked_text};
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// Points of one office in one notice.
const MOST_POINTS: usize = 100;

/// What a point is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pin {
    /// A value of the data sheet.
    Field(Id<Field>),
    /// A paper that was filed.
    Paper(Id<Material>),
}

impl Pin {
    /// What people call the field or paper.
    pub fn name(&self, catalogue: &Catalogue) -> Text {
        match self {
            Pin::Field(id) => catalogue.field_name(id.as_str()),
            Pin::Paper(id) => catalogue.material(id.as_str()).map_or_else(|| Text::same(id.as_str()), |m| m.name.clone()),
        }
    }

    /// `field:site_area`, `paper:design-scheme`: as forms and addresses write it.
    pub fn code(&self) -> String {
        match self {
            Pin::Field(id) => format!("field:{id}"),
            Pin::Paper(id) => format!("paper:{id}"),
        }
    }

    /// Reads what [`Pin::code`] wrote.
    pub fn from_code(code: &str) -> Option<Pin> {
        match code.split_once(':')? {
            ("field", id) => Some(Pin::Field(id.into())),
            ("paper", id) => Some(Pin::Paper(id.into())),
            _ => None,
        }
    }
}

/// Why something has to be corrected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Something is missing in it (内容不全).
    Incomplete,
    /// It says different things in different places (前后不一致).
    Inconsistent,
    /// It cannot be read (不清晰、无法辨认).
    Unclear,
    /// Its last day has passed (已过有效期).
    OutOfDate,
    /// It has not the form the law asks for (不符合法定形式).
    WrongForm,
    /// It falls short of a standard or of the planning conditions (不符合标准或规划条件).
    BelowStandard,
}

impl Reason {
    /// Every reason, with the word for it in log and forms, its Chinese and its English name.
    pub const ALL: [(Reason, &'static str, &'static str, &'static str); 6] = [
        (Reason::Incomplete, "incomplete", "内容不全", "incomplete"),
        (Reason::Inconsistent, "inconsistent", "前后不一致", "inconsistent"),
        (Reason::Unclear, "unclear", "不清晰、无法辨认", "not legible"),
        (Reason::OutOfDate, "out-of-date", "已过有效期", "out of date"),
        (Reason::WrongForm, "wrong-form", "不符合法定形式", "not in the legal form"),
        (Reason::BelowStandard, "below-standard", "不符合标准或规划条件", "below the standard or the planning conditions"),
    ];

    fn row(self) -> (Reason, &'static str, &'static str, &'static str) {
        Reason::ALL.into_iter().find(|row| row.0 == self).unwrap_or(Reason::ALL[0])
    }

    /// The word for it in log and forms.
    pub fn code(self) -> &'static str {
        self.row().1
    }

    /// The reason of this code.
    pub fn from_code(code: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|row| row.1 == code).map(|row| row.0)
    }

    /// What people call it.
    pub fn name(self) -> Text {
        Text::new(self.row().2, self.row().3)
    }
}

/// One thing to correct.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Point {
    /// What has to be corrected.
    pub pin: Pin,
    /// Why it has to be.
    pub reason: Reason,
    /// What exactly is wanted.
    pub note: String,
}

/// What an office says of a matter.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing stands in the way.
    Pass,
    /// The conditions are printed on the certificate.
    PassWith {
        /// What the holder has to keep.
        conditions: String,
    },
    /// Something has to be corrected first.
    Correct {
        /// Everything that has to be, at once.
        points: Vec<Point>,
    },
    /// With the article it rests on (行政许可法 art. 38).
    Refuse {
        /// The article, as it is cited.
        basis: String,
        /// Why, for the applicant.
        ground: String,
    },
}

impl Verdict {
    /// Whether the office lets it pass, with conditions or without.
    pub fn passes(&self) -> bool {
        matches!(self, Verdict::Pass | Verdict::PassWith { .. })
    }

    /// The word for it in log and forms.
    pub fn code(&self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::PassWith { .. } => "pass-with",
            Verdict::Correct { .. } => "correct",
            Verdict::Refuse { .. } => "refuse",
        }
    }

    /// What people call it.
    pub fn name(&self) -> Text {
        match self {
            Verdict::Pass => Text::new("通过", "pass"),
            Verdict::PassWith { .. } => Text::new("附条件通过", "pass with conditions"),
            Verdict::Correct { .. } => Text::new("需补正", "to be corrected"),
            Verdict::Refuse { .. } => Text::new("不予许可", "refuse"),
        }
    }

    /// In words, with what was written.
    pub fn sentence(&self) -> Text {
        let name = self.name();
        match self {
            Verdict::Pass => name,
            Verdict::PassWith { conditions } => Text::new(format!("{}：{conditions}", name.zh), format!("{}: {conditions}", name.en)),
            Verdict::Correct { points } => Text::new(format!("{} {} 处", name.zh, points.len()), format!("{}: {}", name.en, points.len())),
            Verdict::Refuse { basis, ground } => {
                Text::new(format!("{}：{basis}，{ground}", name.zh), format!("{}: {basis}, {ground}", name.en))
            }
        }
    }

    /// The verdict with its texts looked at.
    ///
    /// # Errors
    /// What is missing or too long, at its field; a pin that is no part of the matter.
    pub fn checked(self, matter: &Matter) -> Result<Verdict, Refusal> {
        Ok(match self {
            Verdict::Pass => Verdict::Pass,
            Verdict::PassWith { conditions } => Verdict::PassWith { conditions: checked_text("conditions", &conditions, 500)? },
            Verdict::Refuse { basis, ground } => {
                Verdict::Refuse { basis: checked_text("basis", &basis, 200)?, ground: checked_text("ground", &ground, 1000)? }
            }
            Verdict::Correct { points } => {
                if points.is_empty() || points.len() > MOST_POINTS {
                    let sentence = Text::new("请逐条写明要补正的内容。", "Please say point by point what is to be corrected.");
                    return Err(Refusal::Invalid { field: "points".into(), sentence });
                }
                let checked = points.into_iter().map(|point| {
                    let known = match &point.pin {
                        Pin::Field(id) => matter.fields.contains(id),
                        Pin::Paper(id) => matter.requirements.iter().any(|r| r.material == *id),
                    };
                    let note = checked_text("note", &point.note, LONGEST_TEXT)?;
                    if known { Ok(Point { note, ..point }) } else { Err(Refusal::Unknown) }
                });
                Verdict::Correct { points: checked.collect::<Result<_, _>>()? }
            }
        })
    }
}

/// What an office said, of which state of the papers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Opinion {
    /// What the office says.
    pub verdict: Verdict,
    /// The office that says it.
    pub office: Id<Organisation>,
    /// The officer who wrote it.
    pub by: Id<Account>,
    /// When it was given.
    pub at: Instant,
    /// The digest of the snapshot that the office had before it.
    pub snapshot: Digest,
}
