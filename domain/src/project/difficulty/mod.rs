//! Difficulty negotiation (困难协商): one office leads, others cooperate; proposals go back and forth
//! until the enterprise's side and the leading office stand behind the same one; the resolution
//! names what is done, by whom, until when.

mod command;

pub use command::{Command, Request};

use crate::account::{Account, Actor, By};
use crate::catalogue::{Catalogue, Matter, Organisation};
use crate::date::{Date, Instant};
use crate::id::Id;
use crate::log::Audience;
use crate::project::timeline::Names;
use crate::project::{self, Project, Stamp, open_or_apply};
use crate::refusal::{LONGEST_TEXT, Refusal, checked_text, not_now};
use crate::role::Role;
use crate::text;
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Who speaks in a negotiation. People change, sides stay.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The enterprise; in older logs also its agent.
    Enterprise,
    /// The agent puts proposals for the enterprise and binds it to none.
    Agent,
    /// The lead officer, who brings the sides together.
    LeadOfficer,
    /// An office, the leading one or one that cooperates.
    Office(Id<Organisation>),
}

/// What a side proposes to do about the difficulty.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Proposal {
    /// Who put it.
    pub by: Id<Account>,
    /// The side they spoke for.
    pub side: Side,
    /// When it was put.
    pub at: Instant,
    /// What is proposed.
    pub text: String,
    /// The number of the proposal this one answers.
    pub counters: Option<usize>,
    /// The sides that stand behind it; the proposer's is one.
    pub agreed: BTreeSet<Side>,
    /// Answered by another proposal: no longer open.
    pub countered: bool,
}

/// How a difficulty was settled; nothing changes afterwards.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Resolution {
    /// What is done.
    pub action: String,
    /// The organisation that does it.
    pub owner: Id<Organisation>,
    /// The day it is done by.
    pub due: Date,
    /// When it was settled.
    pub at: Instant,
}

/// Something that keeps the project from going on, with the negotiation about it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Difficulty {
    /// The matter it is about; none: the project.
    pub matter: Option<Id<Matter>>,
    /// What the difficulty is.
    pub text: String,
    /// Who raised it.
    pub raised_by: Id<Account>,
    /// When it was raised.
    pub raised_at: Instant,
    /// The office that leads the negotiation; none: the lead officer has named none yet.
    pub lead: Option<Id<Organisation>>,
    /// The offices that cooperate.
    pub cooperating: BTreeSet<Id<Organisation>>,
    /// Everything that was proposed, oldest first; a proposal's number is its place, from 1.
    pub proposals: Vec<Proposal>,
    /// How it was settled; none: it is not yet.
    pub resolution: Option<Resolution>,
}

/// What happened about a difficulty.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Somebody told of it.
    Raised {
        /// The matter it is about; none: the project.
        matter: Option<Id<Matter>>,
        /// What the difficulty is.
        text: String,
    },
    /// The offices that negotiate it were named.
    Appointed {
        /// The office that leads.
        lead: Id<Organisation>,
        /// The offices that cooperate.
        cooperating: BTreeSet<Id<Organisation>>,
    },
    /// A side proposed something.
    Proposed {
        /// The side that proposes.
        side: Side,
        /// What is proposed.
        text: String,
        /// The number of the proposal it answers, from 1; none: it stands by itself.
        counters: Option<usize>,
    },
    /// A side stands behind a proposal.
    Accepted {
        /// The side that accepts.
        side: Side,
        /// The number of the proposal, from 1.
        proposal: usize,
    },
    /// It was settled.
    Resolved {
        /// What is done.
        action: String,
        /// The organisation that does it.
        owner: Id<Organisation>,
        /// The day it is done by.
        due: Date,
    },
}

impl Event {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Event::Raised { .. } => "difficulty.raised",
            Event::Appointed { .. } => "difficulty.appointed",
            Event::Proposed { .. } => "difficulty.proposed",
            Event::Accepted { .. } => "difficulty.accepted",
            Event::Resolved { .. } => "difficulty.resolved",
        }
    }

    pub(super) fn audience(&self) -> Audience {
        Audience::Parties
    }

    pub(super) fn people(&self) -> Vec<&Id<Account>> {
        Vec::new()
    }

    pub(super) fn sentence(&self, _: &Id<Difficulty>, names: &Names) -> Text {
        match self {
            Event::Raised { matter, text } => {
                let about = names.about(matter.as_ref());
                Text::new(format!("就{}提出困难：{text}", about.zh), format!("raised a difficulty on {}: {text}", about.en))
            }
            Event::Appointed { lead, cooperating } => {
                let (lead, others) = (names.office(lead), cooperating.iter().map(|id| names.office(id)).collect::<Vec<_>>());
                let zh = others.iter().map(|o| o.zh.as_str()).collect::<Vec<_>>().join("、");
                let en = others.iter().map(|o| o.en.as_str()).collect::<Vec<_>>().join(", ");
                if others.is_empty() {
                    Text::new(format!("困难由{}牵头", lead.zh), format!("{} leads on the difficulty", lead.en))
                } else {
                    Text::new(format!("困难由{}牵头，{zh}配合", lead.zh), format!("{} leads on the difficulty with {en}", lead.en))
                }
            }
            Event::Proposed { text, counters: None, .. } => Text::new(format!("提出方案：{text}"), format!("proposed: {text}")),
            Event::Proposed { text, counters: Some(n), .. } => {
                Text::new(format!("针对方案 {n} 反提：{text}"), format!("countered proposal {n}: {text}"))
            }
            Event::Accepted { proposal, .. } => Text::new(format!("同意方案 {proposal}"), format!("accepted proposal {proposal}")),
            Event::Resolved { action, owner, due } => {
                let owner = names.office(owner);
                Text::new(
                    format!("困难议定：{action}，由{}于 {due} 前完成", owner.zh),
                    format!("difficulty resolved: {action}; {} by {due}", owner.en),
                )
            }
        }
    }
}

/// Whether the command may be now, and what then happens.
pub(super) fn decide(
    project: &Project,
    _: &Catalogue,
    id: &Id<Difficulty>,
    command: Command,
    by: By,
) -> Result<Vec<project::Event>, Refusal> {
    let event = match (project.difficulties.get(id), command) {
        (None, Command::Raise { matter, text }) => {
            project.known(matter.as_ref())?;
            Event::Raised { matter, text: checked_text("text", &text, LONGEST_TEXT)? }
        }
        (None, _) => return Err(Refusal::Unknown),
        (Some(difficulty), command) => difficulty.decide(command, &project.offices, by)?,
    };
    Ok(vec![project::Event::Difficulty { id: id.clone(), event }])
}

/// Folds an event.
pub(super) fn apply(project: &mut Project, id: &Id<Difficulty>, event: &Event, stamp: Stamp) {
    let (at, by) = (stamp.at, stamp.by);
    open_or_apply(&mut project.difficulties, id, || Difficulty::open(event, at, by), |one| one.apply(event, at, by));
}

impl Difficulty {
    fn open(event: &Event, at: Instant, by: &Id<Account>) -> Option<Difficulty> {
        let Event::Raised { matter, text } = event else { return None };
        Some(Difficulty {
            matter: matter.clone(),
            text: text.clone(),
            raised_by: by.clone(),
            raised_at: at,
            lead: None,
            cooperating: BTreeSet::new(),
            proposals: Vec::new(),
            resolution: None,
        })
    }

    /// The offices named for it: the leading one and those that cooperate.
    pub fn offices(&self) -> BTreeSet<Id<Organisation>> {
        self.lead.iter().chain(&self.cooperating).cloned().collect()
    }

    /// The side a person speaks for here; `None`: not a party to this negotiation.
    pub fn side(&self, actor: &Actor) -> Option<Side> {
        match actor.role {
            Role::Enterprise => Some(Side::Enterprise),
            Role::Agent => Some(Side::Agent),
            Role::LeadOfficer => Some(Side::LeadOfficer),
            role if role.has_office() => {
                let office = actor.office.clone()?;
                (self.lead.as_ref() == Some(&office) || self.cooperating.contains(&office)).then_some(Side::Office(office))
            }
            _ => None,
        }
    }

    /// The latest proposal the enterprise's side and the leading office both stand behind.
    pub fn agreed(&self) -> Option<&Proposal> {
        let lead = Side::Office(self.lead.clone()?);
        self.proposals.iter().rev().find(|p| p.agreed.contains(&Side::Enterprise) && p.agreed.contains(&lead))
    }

    fn proposal(&self, number: usize) -> Result<&Proposal, Refusal> {
        number.checked_sub(1).and_then(|i| self.proposals.get(i)).ok_or(Refusal::Unknown)
    }

    fn decide(&self, command: Command, offices: &BTreeSet<Id<Organisation>>, by: By) -> Result<Event, Refusal> {
        if let Some(resolution) = &self.resolution {
            let (action, due) = (&resolution.action, resolution.due);
            return Err(Refusal::NotNow(text!(
                "这个困难已经议定：{action}（{due} 前完成），不再改动。",
                "This difficulty has been resolved: {action} (by {due}); it no longer changes."
            )));
        }
        let party = || {
            self.side(by.actor).ok_or_else(|| {
                Refusal::NotYours(Text::new(
                    "您的部门不是这个困难的牵头或配合部门，不能提方案。请首席服务专员先把您的部门列入。",
                    "Your office neither leads nor cooperates on this difficulty. Ask the lead officer to name it first.",
                ))
            })
        };
        let lead_known = || match self.lead {
            Some(_) => Ok(()),
            None => not_now(
                "首席服务专员还没有指定牵头部门，指定后才能提方案。",
                "The lead officer has not named a leading office yet; proposals come after that.",
            ),
        };
        match command {
            Command::Raise { .. } => not_now("这个困难已经提出。", "This difficulty has been raised already."),
            Command::Appoint { lead, mut cooperating } => {
                for office in std::iter::once(&lead).chain(&cooperating) {
                    if !offices.contains(office) {
                        return Err(Refusal::Invalid {
                            field: "lead".into(),
                            sentence: text!("“{office}”不是参与本项目的部门。", "The office `{office}` takes no part in this project."),
                        });
                    }
                }
                cooperating.remove(&lead);
                if self.lead.as_ref() == Some(&lead) && self.cooperating == cooperating {
                    return not_now("牵头和配合部门没有变化。", "The leading and cooperating offices are already these.");
                }
                Ok(Event::Appointed { lead, cooperating })
            }
            Command::Propose { text, counters } => {
                lead_known()?;
                let side = party()?;
                if let Some(number) = counters {
                    let earlier = self.proposal(number)?;
                    if earlier.side == side {
                        return not_now(
                            "不能反提自己一方的方案，请直接提新方案。",
                            "You cannot counter your own side’s proposal; put a new one.",
                        );
                    }
                    if earlier.countered {
                        return not_now(
                            "这个方案已有人反提，请对最新的方案表态。",
                            "This proposal has been countered already; please answer the latest one.",
                        );
                    }
                }
                Ok(Event::Proposed { side, text: checked_text("text", &text, LONGEST_TEXT)?, counters })
            }
            Command::Accept { proposal: number } => {
                lead_known()?;
                let side = party()?;
                let proposal = self.proposal(number)?;
                if proposal.agreed.contains(&side) {
                    return not_now("您一方已经同意这个方案。", "Your side already stands behind this proposal.");
                }
                if proposal.countered {
                    return not_now(
                        "这个方案已被反提，请对最新的方案表态。",
                        "This proposal has been countered; please answer the latest one.",
                    );
                }
                Ok(Event::Accepted { side, proposal: number })
            }
            Command::Resolve { action, owner, due } => {
                if self.agreed().is_none() {
                    return not_now(
                        "还没有一个方案得到企业一方和牵头部门的共同同意，不能议定。",
                        "No proposal has both the enterprise’s side and the leading office behind it yet, so it cannot be resolved.",
                    );
                }
                // Nobody is bound by what they had no part in.
                if !self.offices().contains(&owner) {
                    return Err(Refusal::Invalid {
                        field: "owner".into(),
                        sentence: text!(
                            "“{owner}”不是这个困难的牵头或配合部门。",
                            "The office `{owner}` neither leads nor cooperates on this difficulty."
                        ),
                    });
                }
                if due < by.at.date() {
                    let today = by.at.date();
                    return Err(Refusal::Invalid {
                        field: "due".into(),
                        sentence: text!("完成日 {due} 早于今天 {today}。", "The day {due} is before today, {today}."),
                    });
                }
                Ok(Event::Resolved { action: checked_text("action", &action, 500)?, owner, due })
            }
        }
    }

    fn apply(&mut self, event: &Event, at: Instant, by: &Id<Account>) {
        match event {
            Event::Raised { .. } => {}
            Event::Appointed { lead, cooperating } => {
                self.lead = Some(lead.clone());
                self.cooperating = cooperating.clone();
            }
            Event::Proposed { side, text, counters } => {
                if let Some(earlier) = counters.and_then(|n| n.checked_sub(1)).and_then(|i| self.proposals.get_mut(i)) {
                    earlier.countered = true;
                }
                self.proposals.push(Proposal {
                    by: by.clone(),
                    side: side.clone(),
                    at,
                    text: text.clone(),
                    counters: *counters,
                    agreed: [side.clone()].into(),
                    countered: false,
                });
            }
            Event::Accepted { side, proposal } => {
                if let Some(p) = proposal.checked_sub(1).and_then(|i| self.proposals.get_mut(i)) {
                    p.agreed.insert(side.clone());
                }
            }
            Event::Resolved { action, owner, due } => {
                self.resolution = Some(Resolution { action: action.clone(), owner: owner.clone(), due: *due, at });
            }
        }
    }
}
