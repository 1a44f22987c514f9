//! How a project begins: from a guide map, by those who may open one.

use crate::account::{Account, Actor, By, Firm};
use crate::catalogue::Catalogue;
use crate::date::Date;
use crate::guide::{Answers, GuideMap};
use crate::id::Id;
use crate::project::Event;
use crate::project::policy::{Right, may};
use crate::refusal::{Refusal, checked_text, not_now};
use crate::role::Role;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// What a new project begins with.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Opening {
    /// What its owner calls it: one line, at most 60 characters.
    pub name: String,
    /// The area decides the lead officer (一区域一首席).
    pub area: String,
    /// The firm whose project it is.
    pub owner: Id<Firm>,
    /// What was answered, from which its matters follow.
    pub answers: Answers,
    /// The day whose law applies.
    pub as_of: Date,
    /// The lead officer of the area, if there is one.
    pub lead: Option<Id<Account>>,
    /// The agent, if one is named at once.
    pub agent: Option<Id<Account>>,
}

impl Opening {
    /// Who serves the project from its beginning.
    pub(super) fn people(&self) -> Vec<&Id<Account>> {
        self.lead.iter().chain(&self.agent).collect()
    }

    /// The beginning as people read it.
    pub(super) fn sentence(&self, matters: usize) -> Text {
        let name = &self.name;
        Text::new(format!("立起项目“{name}”，列出 {matters} 个事项"), format!("started the project “{name}” with {matters} matters"))
    }
}

/// A project begins once.
pub(super) fn decide() -> Result<Vec<Event>, Refusal> {
    not_now("项目已经立起。", "The project has been started already.")
}

/// Opens a project from a guide map.
///
/// # Errors
/// Why not, as a sentence for the person.
pub fn start(catalogue: &Catalogue, mut opening: Opening, by: By) -> Result<Vec<Event>, Refusal> {
    may_start(by.actor, &opening.owner)?;
    // Names stand in lists, titles and files: one line each.
    opening.name = checked_text("name", &opening.name.replace(['\r', '\n'], " "), 60)?;
    opening.area = checked_text("area", &opening.area.replace(['\r', '\n'], " "), 40)?;
    if let Err(wrong) = opening.answers.check(catalogue) {
        let fields: Vec<&str> = wrong.iter().map(|w| w.sentence.zh.as_str()).collect();
        let english: Vec<&str> = wrong.iter().map(|w| w.sentence.en.as_str()).collect();
        return Err(Refusal::Invalid { field: "answers".into(), sentence: Text::new(fields.join(""), english.join(" ")) });
    }
    let map = GuideMap::new(catalogue, &opening.answers, opening.as_of);
    let matters = map.entries.iter().map(|e| (e.matter.id.clone(), e.matter.department.clone())).collect();
    Ok(vec![Event::Started { opening, edition: catalogue.edition.clone(), matters }])
}

/// Whether somebody may open a project whose owner is this firm.
///
/// # Errors
/// `NotYours`.
pub fn may_start(actor: &Actor, owner: &Id<Firm>) -> Result<(), Refusal> {
    if !may(actor, &Right::StartProject, None) {
        return Err(Refusal::NotYours(Text::new(
            "只有企业、帮代办专员和首席服务专员可以立项目。",
            "Only enterprises, agents and lead officers can start a project.",
        )));
    }
    if actor.role == Role::Enterprise && actor.firm != *owner {
        return Err(Refusal::NotYours(Text::new("企业只能为本单位立项目。", "An enterprise starts projects of its own only.")));
    }
    Ok(())
}
