//! Consultation (咨询): a question, its answer, asked again if need be, closed by the asker.

use crate::account::{Account, By};
use crate::calendar::Calendar;
use crate::catalogue::{Catalogue, Matter};
use crate::date::{Date, Instant};
use crate::id::Id;
use crate::log::Audience;
use crate::project::policy::Right;
use crate::project::timeline::Names;
use crate::project::{self, Project, Stamp, open_or_apply};
use crate::refusal::{LONGEST_TEXT, Refusal, checked_text, not_now};
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// Working days to answer. Assumed: the first rung of the escalation ladder (L1) holds a question two days.
pub const ANSWER_WORKDAYS: i64 = 2;

/// Whose turn it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The officer's turn.
    Waiting,
    /// The asker's turn: ask again or close.
    Answered,
    /// The asker has closed it; nothing more is said.
    Closed,
}

/// What somebody said: a question or an answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Turn {
    /// Who said it.
    pub by: Id<Account>,
    /// When they said it.
    pub at: Instant,
    /// What they said.
    pub text: String,
    /// An answer; otherwise a question.
    pub answer: bool,
}

/// A question with what was said since, oldest first.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Consultation {
    /// About one matter, or about the project.
    pub matter: Option<Id<Matter>>,
    /// Whose turn it is to answer.
    pub to: Option<Id<Account>>,
    /// Everything that was said, oldest first.
    pub turns: Vec<Turn>,
    /// Whose turn it is.
    pub status: Status,
    /// The day an answer is due; `edition` is the calendar it was computed with.
    pub due: Date,
    /// The edition of the working-day calendar that `due` was computed with.
    pub edition: String,
}

/// What a person may ask.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Put a question.
    Ask {
        /// The matter it is about; none: the project.
        matter: Option<Id<Matter>>,
        /// The question.
        text: String,
    },
    /// Answer the question.
    Answer {
        /// The answer.
        text: String,
    },
    /// Ask again, as the answer was not enough.
    AskAgain {
        /// What is still asked.
        text: String,
    },
    /// Close it: nothing more is asked. The asker does so.
    Close,
}

impl Request {
    /// The right it takes.
    pub(super) fn right(&self, project: &Project, _: &Catalogue, id: &Id<Consultation>) -> Right {
        match self {
            Request::Ask { .. } | Request::AskAgain { .. } | Request::Close => Right::Ask,
            Request::Answer { .. } => right_to_answer(project, id),
        }
    }
}

/// A request, with the officer that a question goes to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// `backbone`: the officer of the matter, if it has one.
    Ask {
        /// The matter it is about; none: the project.
        matter: Option<Id<Matter>>,
        /// The question.
        text: String,
        /// The officer who answers for the matter.
        backbone: Option<Id<Account>>,
    },
    /// Answers the question.
    Answer {
        /// The answer.
        text: String,
    },
    /// Asks again, as the answer was not enough.
    AskAgain {
        /// What is still asked.
        text: String,
    },
    /// Closes it.
    Close,
}

/// What happened to a question.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A question was put.
    Asked {
        /// The matter it is about; none: the project.
        matter: Option<Id<Matter>>,
        /// Whose turn it is to answer; none: the lead officer's.
        to: Option<Id<Account>>,
        /// The question.
        text: String,
        /// The day an answer is due.
        due: Date,
        /// The edition of the working-day calendar that `due` was computed with.
        edition: String,
    },
    /// It was answered.
    Answered {
        /// The answer.
        text: String,
    },
    /// The asker asked again.
    AskedAgain {
        /// What is still asked.
        text: String,
        /// The day an answer is due.
        due: Date,
        /// The edition of the working-day calendar that `due` was computed with.
        edition: String,
    },
    /// The asker closed it.
    Closed,
}

fn due(calendar: &Calendar, by: By) -> (Date, String) {
    (calendar.add(calendar.received(by.at), ANSWER_WORKDAYS), calendar.edition().to_string())
}

impl Command {
    /// The right it takes.
    pub(super) fn right(&self, project: &Project, _: &Catalogue, id: &Id<Consultation>) -> Right {
        match self {
            Command::Ask { .. } | Command::AskAgain { .. } | Command::Close => Right::Ask,
            Command::Answer { .. } => right_to_answer(project, id),
        }
    }
}

/// The right to answer a question.
pub fn right_to_answer(project: &Project, id: &Id<Consultation>) -> Right {
    let about = project.consultations.get(id).and_then(|c| Some((c.matter.clone()?, c.to.clone())));
    about.map_or(Right::AnswerGeneral, |(matter, to)| Right::Answer(matter, to))
}

impl Event {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Event::Asked { .. } => "consultation.asked",
            Event::Answered { .. } => "consultation.answered",
            Event::AskedAgain { .. } => "consultation.asked_again",
            Event::Closed => "consultation.closed",
        }
    }

    pub(super) fn audience(&self) -> Audience {
        Audience::Parties
    }

    pub(super) fn people(&self) -> Vec<&Id<Account>> {
        match self {
            Event::Asked { to, .. } => to.iter().collect(),
            Event::Answered { .. } | Event::AskedAgain { .. } | Event::Closed => Vec::new(),
        }
    }

    pub(super) fn sentence(&self, _: &Id<Consultation>, names: &Names) -> Text {
        match self {
            Event::Asked { matter, text, .. } => {
                let about = names.about(matter.as_ref());
                Text::new(format!("就{}提问：{text}", about.zh), format!("asked about {}: {text}", about.en))
            }
            Event::Answered { text } => Text::new(format!("答复：{text}"), format!("answered: {text}")),
            Event::AskedAgain { text, .. } => Text::new(format!("追问：{text}"), format!("asked again: {text}")),
            Event::Closed => Text::new("关闭咨询", "closed the question"),
        }
    }
}

/// Whether the command may be now, and what then happens. A question goes to the backbone officer of the matter, else the agent,
/// else the lead officer.
pub(super) fn decide(
    project: &Project,
    catalogue: &Catalogue,
    id: &Id<Consultation>,
    command: Command,
    by: By,
) -> Result<Vec<project::Event>, Refusal> {
    let calendar = catalogue.calendar();
    let event = match (project.consultations.get(id), command) {
        (None, Command::Ask { matter, text, backbone }) => {
            project.known(matter.as_ref())?;
            let text = checked_text("text", &text, LONGEST_TEXT)?;
            let team = project.team.clone();
            let to = [backbone, team.agent, team.lead].into_iter().flatten().find(|to| *to != by.actor.account);
            let (due, edition) = due(calendar, by);
            Event::Asked { matter, to, text, due, edition }
        }
        (None, _) => return Err(Refusal::Unknown),
        (Some(consultation), command) => consultation.decide(command, calendar, by)?,
    };
    Ok(vec![project::Event::Consultation { id: id.clone(), event }])
}

/// Folds an event.
pub(super) fn apply(project: &mut Project, id: &Id<Consultation>, event: &Event, stamp: Stamp) {
    let (at, by) = (stamp.at, stamp.by);
    open_or_apply(&mut project.consultations, id, || Consultation::open(event, at, by), |one| one.apply(event, at, by));
}

impl Consultation {
    /// From its first event; `None` if that is not a question.
    fn open(event: &Event, at: Instant, by: &Id<Account>) -> Option<Consultation> {
        let Event::Asked { matter, to, text, due, edition } = event else { return None };
        Some(Consultation {
            matter: matter.clone(),
            to: to.clone(),
            turns: vec![Turn { by: by.clone(), at, text: text.clone(), answer: false }],
            status: Status::Waiting,
            due: *due,
            edition: edition.clone(),
        })
    }

    /// Who put the question.
    pub fn asker(&self) -> Option<&Id<Account>> {
        self.turns.first().map(|t| &t.by)
    }

    fn decide(&self, command: Command, calendar: &Calendar, by: By) -> Result<Event, Refusal> {
        if self.status == Status::Closed {
            return not_now(
                "这条咨询已经由提问人关闭。需要的话请另提一条。",
                "The asker has closed this question. Please ask a new one if needed.",
            );
        }
        match command {
            Command::Ask { .. } => not_now("这条咨询已经存在。", "This question exists already."),
            Command::Answer { text } => Ok(Event::Answered { text: checked_text("text", &text, LONGEST_TEXT)? }),
            Command::AskAgain { text } => {
                if self.status == Status::Waiting {
                    return not_now("还没有答复，请等答复后再追问。", "There is no answer yet; please ask again once there is one.");
                }
                let (due, edition) = due(calendar, by);
                Ok(Event::AskedAgain { text: checked_text("text", &text, LONGEST_TEXT)?, due, edition })
            }
            Command::Close => Ok(Event::Closed),
        }
    }

    fn apply(&mut self, event: &Event, at: Instant, by: &Id<Account>) {
        let mut turn = |text: &String, answer| self.turns.push(Turn { by: by.clone(), at, text: text.clone(), answer });
        match event {
            Event::Asked { .. } => {}
            Event::Answered { text } => {
                turn(text, true);
                self.status = Status::Answered;
            }
            Event::AskedAgain { text, due, edition } => {
                turn(text, false);
                self.status = Status::Waiting;
                self.due = *due;
                self.edition = edition.clone();
            }
            Event::Closed => self.status = Status::Closed,
        }
    }
}
