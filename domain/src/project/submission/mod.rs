//! Filing (申报): several matters in one package, each with an unchangeable snapshot, reviewed by all offices at once.
//!
//! The log holds the snapshots' digests; the values and papers stand in the blob store.

mod command;
pub(super) mod notice;
mod rules;

pub use command::{Command, Request, right_to_notify};
pub(super) use rules::{decide, how_many};

use crate::account::Account;
use crate::catalogue::{Catalogue, Field, Material, Matter, Organisation, SupplyBy};
use crate::date::{Date, Instant};
use crate::id::Id;
use crate::log::{Audience, Digest};
use crate::project::library::Document;
use crate::project::review::{Opinion, Pin, Point, Verdict};
use crate::project::timeline::Names;
use crate::project::{Project, Stamp, open_or_apply};
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A paper that may follow (容缺): who promised it, by when, and what waits for it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Promise {
    /// The paper that follows.
    pub material: Id<Material>,
    /// What is promised, in the words of whoever promises.
    pub text: String,
    /// The last day for it.
    pub due: Date,
    /// Who takes the risk.
    pub by: Id<Account>,
    /// The latest point at which it has to arrive.
    pub supply_by: SupplyBy,
}

/// What was filed of a matter, once.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Filing {
    /// The digest of the [`Snapshot`](super::filing::Snapshot), by which its bytes are found.
    pub snapshot: Digest,
    /// The papers: what each is, which document, and its version, from 1.
    pub documents: Vec<(Id<Material>, Id<Document>, usize)>,
    /// The papers that follow later.
    pub promises: Vec<Promise>,
    /// What differs from the filing before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<Pin>,
}

/// A matter in a package.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PackagedMatter {
    /// For tolerant pre-review; until it is converted.
    pub preview: bool,
    /// The last one counts.
    pub filings: Vec<(Instant, Filing)>,
    /// Of the matter's own office, on the last filing.
    pub opinion: Option<Opinion>,
    /// Of the cooperating offices.
    pub others: BTreeMap<Id<Organisation>, Opinion>,
    /// Promised papers that have come.
    pub supplied: BTreeSet<Id<Material>>,
    /// Promised papers of which it was said that they fall due, and on which day.
    #[serde(default)]
    pub reminded: BTreeSet<(Id<Material>, Date)>,
    /// When the pre-review was turned into a formal filing; none: it was not.
    pub converted: Option<Instant>,
    /// Withdrawn or lapsed.
    pub out: Option<String>,
}

impl PackagedMatter {
    /// The filing that counts.
    pub fn latest(&self) -> Option<&Filing> {
        self.filings.last().map(|(_, filing)| filing)
    }

    /// Who has spoken on the last filing.
    fn heard(&self) -> Heard {
        let own = self.opinion.iter().map(|opinion| opinion.office.clone());
        Heard { offices: own.chain(self.others.keys().cloned()).collect(), filings: self.filings.len() }
    }

    /// Promised papers that have not come yet (debts).
    pub fn debts(&self) -> impl Iterator<Item = &Promise> {
        let promises = self.latest().map(|f| f.promises.as_slice()).unwrap_or_default();
        promises.iter().filter(|p| !self.supplied.contains(&p.material))
    }
}

/// The one correction notice of a round, of all offices together.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Notice {
    /// When it was sent.
    pub at: Instant,
    /// What has to be corrected, by matter.
    pub points: BTreeMap<Id<Matter>, Vec<Point>>,
    /// When the enterprise answered; none: it has not yet.
    pub returned: Option<Instant>,
    /// What the enterprise says where it changed nothing.
    pub explanation: String,
    /// Who had had their say on each matter by then: they told all they had, once and together.
    #[serde(default)]
    pub heard: BTreeMap<Id<Matter>, Heard>,
}

/// The offices that had spoken on a matter when a notice went out, and how often the matter had been filed.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Heard {
    /// The offices that had spoken.
    pub offices: BTreeSet<Id<Organisation>>,
    /// How often the matter had been filed by then.
    pub filings: usize,
}

impl Notice {
    /// Everything that the notice asks to have corrected.
    pub fn pins(&self) -> BTreeSet<&Pin> {
        self.points.values().flatten().map(|point| &point.pin).collect()
    }
}

/// A package.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Submission {
    /// The receipt's number.
    pub number: String,
    /// Who filed it.
    pub by: Id<Account>,
    /// When it was filed.
    pub at: Instant,
    /// The matters in it, each with its filings and opinions.
    pub parcels: BTreeMap<Id<Matter>, PackagedMatter>,
    /// The correction notices, oldest first.
    pub notices: Vec<Notice>,
}

impl Submission {
    /// The notice that waits for the enterprise.
    pub fn open_notice(&self) -> Option<&Notice> {
        self.notices.last().filter(|n| n.returned.is_none())
    }

    /// Parcels that still count.
    pub fn live(&self) -> impl Iterator<Item = (&Id<Matter>, &PackagedMatter)> {
        self.parcels.iter().filter(|(_, parcel)| parcel.out.is_none())
    }
}

/// What happened to a package.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It was handed in.
    Filed {
        /// The number of the receipt (收件号).
        number: String,
        /// What was filed of each matter.
        parcels: BTreeMap<Id<Matter>, Filing>,
        /// The matters that were filed for tolerant pre-review.
        previews: BTreeSet<Id<Matter>>,
    },
    /// An office gave its opinion.
    Opined {
        /// The matter it is about.
        matter: Id<Matter>,
        /// The office that gave it.
        office: Id<Organisation>,
        /// It is the matter's own office; else one that cooperates.
        own: bool,
        /// What the office says.
        verdict: Verdict,
        /// The digest of the snapshot it had before it.
        snapshot: Digest,
    },
    /// The one correction notice was sent (一次性补正告知).
    Notified {
        /// What has to be corrected, by matter.
        points: BTreeMap<Id<Matter>, Vec<Point>>,
    },
    /// The enterprise answered the notice.
    Returned {
        /// What was filed anew, of the matters where something changed.
        parcels: BTreeMap<Id<Matter>, Filing>,
        /// What the enterprise says where it changed nothing.
        explanation: String,
    },
    /// What passed pre-review became a formal filing.
    Converted {
        /// The matters for which it did.
        matters: BTreeSet<Id<Matter>>,
    },
    /// A promised paper has come.
    Supplied {
        /// The matter that waited for it.
        matter: Id<Matter>,
        /// The paper that has come.
        material: Id<Material>,
    },
    /// A promised paper falls due and has not come: said once, by a rule.
    PromiseDue {
        /// The paper that was promised.
        material: Id<Material>,
        /// The last day for it.
        due: Date,
        /// The matters that wait for it.
        matters: BTreeSet<Id<Matter>>,
    },
    /// The enterprise took it back.
    Withdrawn {
        /// Why.
        reason: String,
    },
    /// The land was lost: what was reviewed ahead of it counts no more.
    Lapsed {
        /// Why.
        reason: String,
    },
}

impl Event {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Event::Filed { .. } => "submission.filed",
            Event::Opined { .. } => "submission.opined",
            Event::Notified { .. } => "submission.notified",
            Event::Returned { .. } => "submission.returned",
            Event::Converted { .. } => "submission.converted",
            Event::Supplied { .. } => "submission.supplied",
            Event::PromiseDue { .. } => "submission.promise_due",
            Event::Withdrawn { .. } => "submission.withdrawn",
            Event::Lapsed { .. } => "submission.lapsed",
        }
    }

    pub(super) fn audience(&self) -> Audience {
        Audience::Parties
    }

    pub(super) fn people(&self) -> Vec<&Id<Account>> {
        Vec::new()
    }

    pub(super) fn sentence(&self, _: &Id<Submission>, names: &Names) -> Text {
        match self {
            Event::Filed { number, parcels, previews } => {
                let (n, early) = (parcels.len(), previews.len());
                let (zh, en) = match early {
                    0 => Default::default(),
                    _ => (format!("，其中容缺预审 {early} 个"), format!(", {early} for pre-review")),
                };
                Text::new(format!("一并申报 {n} 个事项，收件号 {number}{zh}"), format!("filed {n} together under {number}{en}"))
            }
            Event::Opined { matter, office, verdict, .. } => {
                let (m, o, v) = (names.matter(matter), names.office(office), verdict.sentence());
                Text::new(format!("{}：{}意见：{}", m.zh, o.zh, v.zh), format!("{}: opinion of {}: {}", m.en, o.en, v.en))
            }
            Event::Notified { points } => {
                let n: usize = points.values().map(Vec::len).sum();
                Text::new(format!("一次性告知补正，共 {n} 处"), format!("one correction notice with {n} points"))
            }
            Event::Returned { parcels, .. } => Text::new(
                format!("完成补正，{} 个事项的内容有更新", parcels.len()),
                format!("corrected; the filings of {} changed", parcels.len()),
            ),
            Event::Converted { matters } => Text::new(
                format!("{} 个事项由预审转为正式受理", matters.len()),
                format!("{} went from pre-review to formal acceptance", matters.len()),
            ),
            Event::Supplied { material, .. } => {
                let paper = names.paper(Some(material));
                Text::new(format!("补交容缺材料：{}", paper.zh), format!("supplied as promised: {}", paper.en))
            }
            Event::PromiseDue { material, due, .. } => {
                let paper = names.paper(Some(material));
                Text::new(
                    format!("容缺材料今日到期，尚未补交：{}（承诺于 {due} 前补交，含当日）", paper.zh),
                    format!("a promised paper is due today and has not come yet: {} (by {due}, inclusive)", paper.en),
                )
            }
            Event::Withdrawn { reason } => Text::new(format!("撤回申报：{reason}"), format!("withdrew the filing: {reason}")),
            Event::Lapsed { reason } => Text::new(format!("拿地前预审失效：{reason}"), format!("the pre-reviews lapsed: {reason}")),
        }
    }
}

/// Folds an event.
pub(super) fn apply(project: &mut Project, id: &Id<Submission>, event: &Event, stamp: Stamp) {
    let (at, by) = (stamp.at, stamp.by);
    open_or_apply(&mut project.submissions, id, || Submission::open(event, at, by), |one| one.apply(event, at, by));
}

impl Submission {
    fn open(event: &Event, at: Instant, by: &Id<Account>) -> Option<Submission> {
        let Event::Filed { number, parcels, previews } = event else { return None };
        let parcel = |(id, filing): (&Id<Matter>, &Filing)| {
            let parcel = PackagedMatter {
                preview: previews.contains(id),
                filings: vec![(at, filing.clone())],
                opinion: None,
                others: BTreeMap::new(),
                supplied: BTreeSet::new(),
                reminded: BTreeSet::new(),
                converted: None,
                out: None,
            };
            (id.clone(), parcel)
        };
        Some(Submission { number: number.clone(), by: by.clone(), at, parcels: parcels.iter().map(parcel).collect(), notices: Vec::new() })
    }

    fn apply(&mut self, event: &Event, at: Instant, by: &Id<Account>) {
        match event {
            Event::Filed { .. } => {}
            Event::Opined { matter, office, own, verdict, snapshot } => {
                let Some(parcel) = self.parcels.get_mut(matter) else { return };
                let opinion = Opinion { verdict: verdict.clone(), office: office.clone(), by: by.clone(), at, snapshot: *snapshot };
                if *own {
                    parcel.opinion = Some(opinion);
                } else {
                    parcel.others.insert(office.clone(), opinion);
                }
            }
            Event::Notified { points } => {
                let heard = self.live().map(|(id, parcel)| (id.clone(), parcel.heard())).collect();
                self.notices.push(Notice { at, points: points.clone(), returned: None, explanation: String::new(), heard });
            }
            Event::Returned { parcels, explanation } => {
                if let Some(notice) = self.notices.last_mut() {
                    notice.returned = Some(at);
                    notice.explanation.clone_from(explanation);
                    for id in notice.points.keys() {
                        if let Some(parcel) = self.parcels.get_mut(id) {
                            parcel.opinion = None;
                        }
                    }
                }
                for (id, filing) in parcels {
                    if let Some(parcel) = self.parcels.get_mut(id) {
                        parcel.filings.push((at, filing.clone()));
                        parcel.opinion = None;
                        parcel.others.clear();
                    }
                }
            }
            Event::Converted { matters } => {
                for id in matters {
                    if let Some(parcel) = self.parcels.get_mut(id) {
                        parcel.preview = false;
                        parcel.converted = Some(at);
                    }
                }
            }
            Event::Supplied { matter, material } => {
                if let Some(parcel) = self.parcels.get_mut(matter) {
                    parcel.supplied.insert(material.clone());
                }
            }
            Event::PromiseDue { material, due, matters } => {
                for id in matters {
                    if let Some(parcel) = self.parcels.get_mut(id) {
                        parcel.reminded.insert((material.clone(), *due));
                    }
                }
            }
            Event::Withdrawn { reason } => self.parcels.values_mut().filter(|p| p.out.is_none()).for_each(|p| p.out = Some(reason.clone())),
            Event::Lapsed { reason } => {
                self.parcels.values_mut().filter(|p| p.preview && p.out.is_none()).for_each(|p| p.out = Some(reason.clone()));
            }
        }
    }
}

impl Project {
    /// The package a matter is in now.
    pub fn parcel(&self, matter: &Id<Matter>) -> Option<(&Id<Submission>, &Submission, &PackagedMatter)> {
        let live = self.submissions.iter().filter_map(|(id, submission)| {
            let parcel = submission.parcels.get(matter).filter(|p| p.out.is_none())?;
            Some((id, submission, parcel))
        });
        live.max_by_key(|(_, submission, _)| submission.at)
    }

    /// Matters on file that a field of the data sheet belongs to: changing it changes nothing that was filed.
    pub fn filed_with(&self, catalogue: &Catalogue, field: &Id<Field>) -> Vec<Id<Matter>> {
        let has = |id: &&Id<Matter>| catalogue.matter(id.as_str()).is_some_and(|m| m.fields.contains(field)) && self.parcel(id).is_some();
        self.matters.keys().filter(has).cloned().collect()
    }
}
