//! What can be wanted of a project and what can happen to it: one line for each noun, and nothing but handing on to it.
//!
//! A noun is a module of this folder with a `Request`, a `Command`, an `Event`, and
//!
//! - `Request::right`, `Command::right(&self, project, catalogue, id)`: which right it takes,
//! - `decide(project, catalogue, id, command, by)`: whether it may be now, and what then happens,
//! - `apply(project, id, event, stamp)`: the fold,
//! - `Event::{kind, audience, people, sentence}`: its name in the log, who may know of it, whom it names, how it reads.
//!
//! `id` is there for nouns of which a project has several.

use super::opening::{self, Opening};
use super::policy::Right;
use super::timeline::Names;
use super::{Project, Stamp};
use super::{certificate, consultation, difficulty, library, matter, note, plan, sheet, submission, team};
use crate::account::{Account, By};
use crate::catalogue::{Catalogue, Matter, Organisation};
use crate::id::Id;
use crate::log::Audience;
use crate::refusal::Refusal;
use crate::text::Text;
use consultation::Consultation;
use difficulty::Difficulty;
use library::Document;
use note::Note;
use serde::{Deserialize, Serialize};
use submission::Submission;

/// `Variant(field: Type) => module`: a noun of which a project has several is named by the id in `field`. How variants and
/// fields are called is how they stand in the log: names never change.
macro_rules! nouns {
    ($($Noun:ident $(($id:ident: $Of:ty))? => $noun:ident;)*) => {
        /// What a person may ask, and nothing that only the server can know or make: a number, a snapshot, a signature, who is on
        /// duty. Forms, the command line, replayed cases and other systems send it. Ids of new things come with it.
        #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Request {
            /// Records a remark.
            Note {
                /// The remark.
                note: Note,
            },
            $(#[doc = concat!("See `", stringify!($noun), "`.")] $Noun {
                $(
                    /// Which one of the project's; a new one brings its new id.
                    $id: Id<$Of>,
                )?
                /// What is asked of it.
                request: $noun::Request,
            },)*
        }

        impl Request {
            /// The right it takes.
            pub fn right(&self, project: &Project, catalogue: &Catalogue) -> Right {
                match self {
                    Request::Note { note } => note.right(),
                    $(Request::$Noun { $($id,)? request } => request.right(project, catalogue, $($id)?),)*
                }
            }
        }

        /// A request with all that it takes to decide it: what the rules see.
        #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Command {
            /// Opens the project.
            Start {
                /// What it begins with.
                opening: Opening,
            },
            /// Records a remark.
            Note {
                /// The remark.
                note: Note,
            },
            $(#[doc = concat!("See `", stringify!($noun), "`.")] $Noun {
                $(
                    /// Which one of the project's; a new one brings its new id.
                    $id: Id<$Of>,
                )?
                /// What is to be done with it.
                command: $noun::Command,
            },)*
        }

        /// What happened. Additive only: an old log always folds.
        #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Event {
            /// The project began: the first event of its stream.
            Started {
                /// What it begins with.
                opening: Opening,
                /// The edition of the catalogue that its matters were listed with.
                edition: String,
                /// Its matters, each with the office that handles it.
                matters: Vec<(Id<Matter>, Id<Organisation>)>,
            },
            /// A remark was recorded.
            Noted {
                /// The remark.
                note: Note,
            },
            $(#[doc = concat!("See `", stringify!($noun), "`.")] $Noun {
                $(
                    /// Which one of the project's.
                    $id: Id<$Of>,
                )?
                /// What happened to it.
                event: $noun::Event,
            },)*
        }

        /// What a command or event is about: two commands on different subjects never disturb each other.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum Subject {
            /// The project as a whole: its beginning.
            Project,
            /// Remarks, which change nothing else.
            Note,
            $(#[doc = concat!("See `", stringify!($noun), "`; of several, the one of this id.")] $Noun $((Id<$Of>))?,)*
        }

        impl Command {
            /// What it is about.
            pub fn subject(&self) -> Subject {
                match self {
                    Command::Start { .. } => Subject::Project,
                    Command::Note { .. } => Subject::Note,
                    $(Command::$Noun { $($id,)? .. } => Subject::$Noun $(($id.clone()))?,)*
                }
            }

            /// The right it takes.
            pub fn right(&self, project: &Project, catalogue: &Catalogue) -> Right {
                match self {
                    Command::Start { .. } => Right::StartProject,
                    Command::Note { note } => note.right(),
                    $(Command::$Noun { $($id,)? command } => command.right(project, catalogue, $($id)?),)*
                }
            }
        }

        /// Whether the command may be now, and what then happens. The right to it has been asked.
        pub(super) fn decide(project: &Project, catalogue: &Catalogue, command: Command, by: By) -> Result<Vec<Event>, Refusal> {
            match command {
                Command::Start { .. } => opening::decide(),
                Command::Note { note } => note::decide(project, note),
                $(Command::$Noun { $($id,)? command } => $noun::decide(project, catalogue, $(&$id,)? command, by),)*
            }
        }

        /// Folds an event into the project.
        pub(super) fn apply(project: &mut Project, event: &Event, stamp: Stamp) {
            match event {
                Event::Started { .. } => {}
                Event::Noted { note } => note::apply(project, note, stamp),
                $(Event::$Noun { $($id,)? event } => $noun::apply(project, $($id,)? event, stamp),)*
            }
        }

        impl Event {
            /// What it is about.
            pub fn subject(&self) -> Subject {
                match self {
                    Event::Started { .. } => Subject::Project,
                    Event::Noted { .. } => Subject::Note,
                    $(Event::$Noun { $($id,)? .. } => Subject::$Noun $(($id.clone()))?,)*
                }
            }

            /// The name of the event in the log's `kind` column.
            pub fn kind(&self) -> &'static str {
                match self {
                    Event::Started { .. } => "project.started",
                    Event::Noted { .. } => "project.noted",
                    $(Event::$Noun { event, .. } => event.kind(),)*
                }
            }

            /// Who may know of it.
            pub fn audience(&self) -> Audience {
                match self {
                    Event::Started { .. } => Audience::Parties,
                    Event::Noted { note } => note.audience(),
                    $(Event::$Noun { event, .. } => event.audience(),)*
                }
            }

            /// The accounts it names, beside who did it: whoever reads it needs their names.
            pub fn people(&self) -> Vec<&Id<Account>> {
                match self {
                    Event::Started { opening, .. } => opening.people(),
                    Event::Noted { .. } => Vec::new(),
                    $(Event::$Noun { event, .. } => event.people(),)*
                }
            }

            /// As people read it, without who and when: those stand beside it.
            pub fn sentence(&self, names: &Names) -> Text {
                match self {
                    Event::Started { opening, matters, .. } => opening.sentence(matters.len()),
                    Event::Noted { note } => note.text.clone(),
                    $(Event::$Noun { $($id,)? event } => event.sentence($($id,)? names),)*
                }
            }
        }
    };
}

nouns! {
    Team => team;
    Matter(matter: Matter) => matter;
    Consultation(id: Consultation) => consultation;
    Difficulty(id: Difficulty) => difficulty;
    Plan => plan;
    Sheet => sheet;
    Document(id: Document) => library;
    Submission(id: Submission) => submission;
    Certificate => certificate;
}
