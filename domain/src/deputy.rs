//! Who stands in for whom (替岗), until when: a stream for each account that names a deputy.

use crate::account::{Account, Actor, By};
use crate::date::Date;
use crate::id::Id;
use crate::log::{Audience, Recorded, Stream};
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// The longest that somebody stands in for a colleague, in days. Who is away for longer is replaced, by who appoints.
pub const LONGEST_SUBSTITUTION: i64 = 60;

/// Who stands in for one account: the fold of its stream, whose id is the account's.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Substitution {
    /// Events folded.
    pub version: u64,
    /// Who stands in, to the end of which day. It may be past, and longer than a substitution may be where it is from before
    /// there was a longest time: then it counts for nothing.
    pub deputy: Option<(Id<Account>, Date)>,
}

/// What somebody may do about their own deputy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Names who stands in, in the place of whoever did.
    Appoint {
        /// The colleague who stands in.
        deputy: Id<Account>,
        /// The last day of it; none is refused, with a sentence that asks for a day.
        until: Option<Date>,
    },
    /// Nobody stands in any more.
    End,
    /// Puts on record what was entered before there was a stream.
    PutOnRecord {
        /// The colleague who stands in.
        deputy: Id<Account>,
        /// The last day of it.
        until: Date,
    },
}

/// What happened. It names accounts only: names of people stay out of the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Somebody stands in to the end of a day.
    Appointed {
        /// The colleague who stands in.
        deputy: Id<Account>,
        /// The last day of it.
        until: Date,
    },
    /// Nobody does any more.
    Ended,
}

impl Stream for Substitution {
    const KIND: &'static str = "deputy";
    type Event = Event;

    fn kind(event: &Event) -> &'static str {
        match event {
            Event::Appointed { .. } => "deputy.appointed",
            Event::Ended => "deputy.ended",
        }
    }

    /// How offices arrange their posts is government's.
    fn audience(_: &Event) -> Audience {
        Audience::Government
    }
}

impl Event {
    /// What happened, without who and when.
    pub fn sentence(&self, person: &impl Fn(&Id<Account>) -> Option<String>) -> Text {
        match self {
            Event::Appointed { deputy, until } => {
                let name = person(deputy).map_or_else(|| Text::new("一位同事", "a colleague"), Text::same);
                Text::new(format!("由{}代理至 {until}", name.zh), format!("{} stands in until {until}", name.en))
            }
            Event::Ended => Text::new("结束代理", "ended the substitution"),
        }
    }
}

/// The right to a command about an account's deputy: everybody of government names their own, a rule puts on record what was.
///
/// # Errors
/// `NotYours`.
pub fn right(account: &Id<Account>, command: &Command, actor: &Actor) -> Result<(), Refusal> {
    let may = match command {
        Command::Appoint { .. } | Command::End => actor.role.is_government() && actor.account == *account,
        Command::PutOnRecord { .. } => actor.is_rule(Rule::DeputyOnRecord),
    };
    if may {
        return Ok(());
    }
    Err(Refusal::NotYours(Text::new("代理供各部门和专员使用。", "Substitution is for the offices and the officers.")))
}

impl Substitution {
    /// Folds a stream.
    pub fn fold<'e>(events: impl IntoIterator<Item = &'e Recorded<Event>>) -> Substitution {
        let mut substitution = Substitution::default();
        for recorded in events {
            substitution.version = recorded.version();
            if let Recorded::Open { event, .. } = recorded {
                substitution.apply(event);
            }
        }
        substitution
    }

    /// Takes an event in.
    pub fn apply(&mut self, event: &Event) {
        self.deputy = match event {
            Event::Appointed { deputy, until } => Some((deputy.clone(), *until)),
            Event::Ended => None,
        };
    }

    /// What a command makes happen; `other` is the one who is named, as the rules see them.
    ///
    /// # Errors
    /// Not their right; no day, one that is past or too far off; somebody of another role or house.
    pub fn decide(&self, account: &Id<Account>, command: &Command, other: Option<&Actor>, by: By) -> Result<Vec<Event>, Refusal> {
        right(account, command, by.actor)?;
        match command {
            Command::Appoint { deputy, until } => {
                let until = last_day(*until, by.at.date())?;
                if !other.is_some_and(|other| other.account == *deputy && other.may_stand_in_for(by.actor)) {
                    let sentence = Text::new("请选择本单位同岗位的同事。", "A colleague of the same post.");
                    return Err(Refusal::Invalid { field: "deputy".into(), sentence });
                }
                // The same once more is no news.
                let event = Event::Appointed { deputy: deputy.clone(), until };
                Ok(if self.deputy == Some((deputy.clone(), until)) { Vec::new() } else { vec![event] })
            }
            Command::End => Ok(if self.deputy.is_some() { vec![Event::Ended] } else { Vec::new() }),
            Command::PutOnRecord { deputy, until } if self.version == 0 => {
                Ok(vec![Event::Appointed { deputy: deputy.clone(), until: *until }])
            }
            Command::PutOnRecord { .. } => Ok(Vec::new()),
        }
    }
}

/// The last day of a substitution that begins today.
///
/// # Errors
/// No day, one that is past, or one too far off.
pub fn last_day(until: Option<Date>, today: Date) -> Result<Date, Refusal> {
    let invalid = |zh: String, en: String| Err(Refusal::Invalid { field: "until".into(), sentence: Text::new(zh, en) });
    let last = today.plus(LONGEST_SUBSTITUTION);
    match until {
        Some(day) if day > last => invalid(
            format!("代理最长 {LONGEST_SUBSTITUTION} 天，请写 {last} 或以前的日期。"),
            format!("A substitution lasts at most {LONGEST_SUBSTITUTION} days: a day up to {last}."),
        ),
        Some(day) if day >= today => Ok(day),
        _ => invalid("请写今天或以后的日期。".into(), "A day from today on.".into()),
    }
}
