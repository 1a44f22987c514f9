//! Given events, when a command, then events or a refusal: the business in milliseconds.

pub use crate::catalogue::CATALOGUE;
use crate::people::{CHEN, LI, Person, WANG, ZHAO};
use domain::Error;
use domain::account::{Actor, By};
use domain::condition::Value;
use domain::date::Instant;
use domain::guide::Answers;
use domain::log::{Audience, Body, Digest, Meta, Recorded, link};
use domain::project::{Command, Event, Opening, Project, matter, start};
use domain::role::Role;

/// Somebody; their account is the login.
pub fn actor(login: &str, role: Role, firm: &str, office: Option<&str>) -> Actor {
    Person { login, role, firm, office, areas: &[], matters: &[] }.actor()
}

/// The owner of the project.
pub fn enterprise() -> Actor {
    WANG.actor()
}
/// Somebody of another firm.
pub fn stranger() -> Actor {
    ZHAO.actor()
}
/// The agent of the project.
pub fn agent() -> Actor {
    LI.actor()
}
/// The lead officer of the project.
pub fn lead() -> Actor {
    CHEN.actor()
}
/// A handler of an office.
pub fn officer(office: &str) -> Actor {
    actor(&format!("of-{office}"), Role::Department, office, Some(office))
}
/// The district leader.
pub fn leader() -> Actor {
    actor("ma", Role::DistrictLeader, "district", None)
}

/// A project in the making: events so far, and the time.
pub struct Story {
    /// All that happened.
    pub events: Vec<Recorded<Event>>,
    /// The moment of the story.
    pub now: Instant,
}

impl Story {
    /// A granted-land factory with research rooms, started on a Thursday.
    pub fn begin() -> Story {
        Story::with(&[("gross_floor_area_sqm", Value::Number(30_000.0)), ("total_investment_10k", Value::Number(20_000.0))])
    }

    /// A project with these answers.
    pub fn with(answers: &[(&str, Value)]) -> Story {
        let now: Instant = "2024-09-26T02:00:00.000000Z".parse().unwrap();
        let opening = Opening {
            name: "测试项目".into(),
            area: "狮山".into(),
            owner: WANG.firm.into(),
            answers: Answers(answers.iter().map(|(n, v)| (n.to_string(), v.clone())).collect()),
            as_of: now.date(),
            lead: Some(CHEN.login.into()),
            agent: Some(LI.login.into()),
        };
        let mut story = Story { events: Vec::new(), now };
        let events = start(&CATALOGUE, opening, By { actor: &enterprise(), at: now }).unwrap();
        story.append(events, &enterprise());
        story
    }

    fn append(&mut self, events: Vec<Event>, by: &Actor) {
        for event in events {
            let version = self.events.len() as u64 + 1;
            let meta = Meta { stream: "project:p".into(), version, at: self.now, actor: by.account.clone(), kind: event.kind().into() };
            let audience = event.audience();
            let body = serde_json::to_string(&Body { audience, salt: "00".into(), assumed: false, event: event.clone() }).unwrap();
            let hash = link(self.events.last().map_or(Digest::default(), Recorded::hash), meta.digest(&body));
            self.events.push(Recorded::Open { audience, meta, seq: version, assumed: false, event, body, hash });
        }
    }

    /// The project as it stands.
    pub fn project(&self) -> Project {
        Project::fold(&self.events).unwrap()
    }

    /// The events as somebody with this clearance gets them.
    pub fn seen_at(&self, clearance: Audience) -> Vec<Recorded<Event>> {
        self.events.iter().cloned().map(|e| e.for_clearance(clearance)).collect()
    }

    /// When somebody does something: the events, or the sentence of the refusal.
    pub fn when(&mut self, by: &Actor, command: Command) -> Result<Vec<Event>, String> {
        self.now = self.now.plus_seconds(60);
        match self.project().decide(&CATALOGUE, command, By { actor: by, at: self.now }) {
            Ok(events) => {
                self.append(events.clone(), by);
                Ok(events)
            }
            Err(refusal) => Err(Error::from(refusal).sentence().zh),
        }
    }

    /// The same for a command on a matter.
    pub fn matter(&mut self, by: &Actor, id: &str, command: matter::Command) -> Result<Vec<Event>, String> {
        self.when(by, Command::Matter { matter: id.into(), command })
    }

    /// The whole way of a matter, by its office and the enterprise.
    pub fn finish(&mut self, id: &str) {
        use matter::Command as M;
        let office = match CATALOGUE.matter(id).unwrap().department.as_str() {
            "enterprise" => enterprise(),
            office => officer(office),
        };
        self.matter(&enterprise(), id, M::Prepare).unwrap();
        for command in [M::File, M::Accept, M::Decide, M::Issue] {
            self.matter(&office, id, command).unwrap();
        }
    }

    /// The code of the state of a matter.
    pub fn state(&self, id: &str) -> &'static str {
        matter::state(&self.project(), &CATALOGUE, &id.into()).map_or("none", |s| s.code())
    }
}
