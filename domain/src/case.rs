//! A documented case, replayed through the same commands as live work. What the case only assumes
//! stays marked as assumed.

use crate::catalogue::yaml::{Mistake, Node, Notes, Place, Thing, parse};
use crate::catalogue::{AttributeType, Catalogue, Matter};
use crate::condition::Value;
use crate::date::{Date, Instant};
use crate::guide::Answers;
use crate::id::Id;
use crate::role::Role;
use crate::text;
use crate::text::Text;
use std::collections::BTreeMap;

/// What an event of the case does to its matter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Filed, with what leads up to it.
    Submitted,
    /// Pre-reviewed, with the matter still open.
    PreReviewed,
    /// Finished, with what leads up to it.
    Finished,
    /// A remark only.
    Noted,
    /// A milestone of the case; entered as a remark.
    Milestone,
    /// The service teams are named.
    Assigned,
}

/// One thing that happened in the case.
#[derive(Clone, PartialEq, Debug)]
pub struct CaseEvent {
    /// When it happened.
    pub at: Instant,
    /// What it does to its matter.
    pub step: Step,
    /// The matter it is about; none: the project as a whole.
    pub matter: Option<Id<Matter>>,
    /// The role of whoever did it.
    pub role: Role,
    /// What happened, in the case's words.
    pub text: Text,
    /// The case does not document it; every reader is told so.
    pub assumed: bool,
}

/// A documented case: what was answered, and what happened.
#[derive(Clone, PartialEq, Debug)]
pub struct Case {
    /// How the command line names it.
    pub id: String,
    /// What the project is called.
    pub name: Text,
    /// The answers its guide map is made from.
    pub answers: Answers,
    /// Attributes whose answers are assumed, not documented.
    pub assumed_answers: Vec<String>,
    /// What happened, in the order of time.
    pub events: Vec<CaseEvent>,
}

impl Case {
    /// The day whose law applies: the first event's.
    pub fn as_of(&self) -> Option<Date> {
        self.events.first().map(|e| e.at.date())
    }

    /// Reads a case file against a catalogue.
    ///
    /// # Errors
    /// Every mistake found.
    pub fn read(catalogue: &Catalogue, file: &str, source: &str) -> Result<Case, Vec<Mistake>> {
        let notes = Notes::default();
        let mut case = None;
        if let Some(yaml) = parse(&notes, file, source) {
            let top = Node { notes: &notes, file, yaml: &yaml, path: String::new() };
            case = Some(read_case(&top, catalogue));
        }
        for (thing, id, place) in notes.used.borrow().iter() {
            if *thing == Thing::Matter && catalogue.matter(id).is_none() {
                notes.mistake(place, text!("未知的事项“{id}”", "unknown matter `{id}`; expected one of the catalogue"));
            }
        }
        let mistakes = notes.mistakes.into_inner();
        match case {
            Some(case) if mistakes.is_empty() => Ok(case),
            _ => Err(mistakes),
        }
    }
}

/// A line of the file before it is known what it does to its matter.
struct Line {
    place: Place,
    kind: String,
    event: CaseEvent,
}

fn read_case(top: &Node, catalogue: &Catalogue) -> Case {
    let (mut answers, mut assumed_answers) = (BTreeMap::new(), Vec::new());
    for node in top.list("answers") {
        let name = node.text("attribute");
        let Some(attribute) = catalogue.attribute(&name) else {
            node.wrong(text!("已定义的属性，而非“{name}”", "an attribute of the catalogue, not `{name}`"));
            continue;
        };
        let Some(value) = node.get("value") else { continue };
        answers.insert(
            name.clone(),
            match attribute.kind {
                AttributeType::Boolean => Value::Flag(value.as_flag()),
                AttributeType::Number => Value::Number(value.as_number()),
                AttributeType::Enum => Value::Word(value.as_text()),
                AttributeType::Set => Value::Set(value.items().iter().map(Node::as_text).collect()),
            },
        );
        if node.flag("assumed") {
            assumed_answers.push(name);
        }
    }
    let answers = Answers(answers);
    if let Err(wrong) = answers.check(catalogue) {
        for w in wrong {
            top.wrong(w.sentence);
        }
    }
    let lines: Vec<Line> = top.list("events").iter().filter_map(read_line).collect();
    for pair in lines.windows(2) {
        if pair[1].event.at < pair[0].event.at {
            top.notes.mistake(&pair[1].place, text!("日期早于上一条", "earlier than the event before; expected the order of time"));
        }
    }
    let events = (0..lines.len()).map(|i| CaseEvent { step: step(&lines, i), ..lines[i].event.clone() }).collect();
    Case { id: top.text("id"), name: top.both("name"), answers, assumed_answers, events }
}

/// The file's event words that can finish a matter, when nothing says `issue`.
const FINISHING: [&str; 6] = ["deal", "pay", "milestone", "check", "meeting", "preview"];

/// What an event does to its matter. A matter is finished by its `issue`, or else by its last event
/// that can finish one; what comes before leads up to it, what comes after is a remark.
fn step(lines: &[Line], i: usize) -> Step {
    let line = &lines[i];
    let Some(matter) = &line.event.matter else {
        return match line.kind.as_str() {
            "assign" => Step::Assigned,
            "milestone" => Step::Milestone,
            _ => Step::Noted,
        };
    };
    let of_matter = || lines.iter().enumerate().filter(|(_, l)| l.event.matter.as_ref() == Some(matter));
    let finish = of_matter()
        .find(|(_, l)| l.kind == "issue")
        .or_else(|| of_matter().rfind(|(_, l)| FINISHING.contains(&l.kind.as_str())))
        .map(|(at, _)| at);
    match line.kind.as_str() {
        _ if finish == Some(i) => Step::Finished,
        "milestone" => Step::Milestone,
        "submit" if finish > Some(i) => Step::Submitted,
        "preview" if finish > Some(i) => Step::PreReviewed,
        _ => Step::Noted,
    }
}

fn read_line(node: &Node) -> Option<Line> {
    let date = node.get("date")?.as_date()?;
    let time = node.text("time");
    let clock = time.split_once(':').and_then(|(h, m)| Some((h.parse().ok()?, m.parse().ok()?)));
    let (hour, minute): (u8, u8) = match clock {
        Some((hour, minute)) if hour < 24 && minute < 60 => (hour, minute),
        // The source says only "afternoon": the hour is not to be read as a fact.
        _ if time == "afternoon" => (14, 0),
        _ => {
            node.wrong(text!("time 写作 HH:MM 或 afternoon", "`time` as HH:MM or `afternoon`"));
            return None;
        }
    };
    let roles: Vec<(&str, Role)> = Role::ALL.iter().map(|role| (role.code(), *role)).collect();
    let event = CaseEvent {
        at: Instant::in_china(date, hour, minute),
        step: Step::Noted,
        matter: node.optional("matter").map(|n| n.refer(Thing::Matter).into()),
        role: node.get("actor_role")?.choose(&roles)?,
        text: node.pair(),
        assumed: node.flag("assumed"),
    };
    Some(Line { place: node.place(), kind: node.text("event"), event })
}
