//! The catalogue (事项库): what the law and the district say. Read from YAML on the server, given to
//! the browser in a compact form, the same types on both sides.

mod basis;
mod certificate;
pub mod difference;
mod form;
mod limit;
mod matter;
mod organisation;
mod questionnaire;
mod relation;
mod stage;

#[cfg(feature = "yaml")]
mod check;
#[cfg(feature = "yaml")]
mod read;
#[cfg(feature = "yaml")]
pub mod yaml;
#[cfg(feature = "yaml")]
pub use read::{CALENDAR_FILE, FILES};

pub use basis::*;
pub use certificate::*;
pub use form::*;
pub use limit::*;
pub use matter::*;
pub use organisation::*;
pub use questionnaire::*;
pub use relation::*;
pub use stage::*;

use crate::calendar::Calendar;
use crate::id::Id;
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything the law and the district say, in one edition.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// Everything a browser gets. A `Catalogue` derefs to it, so `catalogue.matters` reads as well.
    pub parts: Parts,
    /// The one form's fields and rules. They go to a browser with a project's data sheet, not with the rest.
    pub form: Arc<Form>,
    /// How certificates are made out; the server alone needs it.
    pub certificates: Arc<CertificateRules>,
    matter_at: BTreeMap<Id<Matter>, usize>,
    attribute_at: BTreeMap<String, usize>,
    material_at: BTreeMap<Id<Material>, usize>,
    organisation_at: BTreeMap<Id<Organisation>, usize>,
}

/// The contents as they are written and sent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Parts {
    /// Which edition it is: the `version` in `attributes.yaml`, a day such as `2026-11-23`.
    pub edition: String,
    /// The attributes of projects, in the order in which they are derived.
    pub attributes: Vec<Attribute>,
    /// The guide's questions, in the order they are asked.
    pub questions: Vec<Question>,
    /// The stages, in their order.
    pub stages: Vec<Stage>,
    /// The milestones everyone counts from, in order; the stages have more.
    pub milestone_order: Vec<String>,
    /// The works between the papers, in order.
    pub activities: Vec<Activity>,
    /// What has to be cleared before works start.
    pub start_gate: StartGate,
    /// All matters, in the order of the chain: what comes before stands before.
    pub matters: Vec<Matter>,
    /// The legal texts by their keys, to which citations refer.
    pub bases: BTreeMap<String, Basis>,
    /// All papers, asked for or produced.
    pub materials: Vec<Material>,
    /// The names of the one form's fields.
    pub field_names: Vec<(Id<Field>, Text)>,
    /// Its sections.
    pub sections: Vec<Group>,
    /// Everyone who takes part as an office, body or company.
    pub organisations: Vec<Organisation>,
    /// What each role answers for.
    pub duties: Vec<RoleDuty>,
    /// The counters of the service zone.
    pub counters: Vec<Counter>,
    /// When counters close.
    pub office_hours: OfficeHours,
    /// The working-day calendar; a catalogue that passed its check has one.
    pub calendar: Option<Calendar>,
}

/// Filled one by one: collecting would bring a sort of its own for each type into the browser's program.
fn index<K: Ord, T>(items: &[T], key: impl Fn(&T) -> K) -> BTreeMap<K, usize> {
    let mut places = BTreeMap::new();
    for (i, item) in items.iter().enumerate() {
        places.insert(key(item), i);
    }
    places
}

impl From<Parts> for Catalogue {
    fn from(mut parts: Parts) -> Catalogue {
        let closes = parts.office_hours.closes;
        parts.calendar = parts.calendar.map(|calendar| calendar.closing(closes));
        Catalogue {
            matter_at: index(&parts.matters, |m| m.id.clone()),
            attribute_at: index(&parts.attributes, |a| a.id.clone()),
            material_at: index(&parts.materials, |m| m.id.clone()),
            organisation_at: index(&parts.organisations, |o| o.id.clone()),
            form: Arc::default(),
            certificates: Arc::default(),
            parts,
        }
    }
}
impl std::ops::Deref for Catalogue {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.parts
    }
}

/// Bytes that are no catalogue of this version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotACatalogue;

impl Catalogue {
    /// The compact form for the browser: values in their order, without names. Only the version that wrote it reads it.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(&self.parts).unwrap_or_default()
    }

    /// # Errors
    /// Not written by this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Catalogue, NotACatalogue> {
        postcard::from_bytes::<Parts>(bytes).map(Catalogue::from).map_err(|_| NotACatalogue)
    }

    /// The name of a section of the one form.
    pub fn section_name(&self, id: &str) -> Text {
        self.sections.iter().find(|s| s.id == id).map_or_else(|| Text::same(id), |s| s.name.clone())
    }

    /// The label of a field of the one form; the id itself where the edition does not know it.
    pub fn field_name(&self, id: &str) -> Text {
        self.field_names.iter().find(|(f, _)| f.as_str() == id).map_or_else(|| Text::same(id), |(_, name)| name.clone())
    }

    /// The matter of this id.
    pub fn matter(&self, id: &str) -> Option<&Matter> {
        self.matter_at.get(id).map(|i| &self.matters[*i])
    }

    /// The place of a matter in the catalogue's order, which is the order of the chain.
    pub fn matter_order(&self, id: &str) -> usize {
        self.matter_at.get(id).copied().unwrap_or(usize::MAX)
    }

    /// The attribute of this id.
    pub fn attribute(&self, id: &str) -> Option<&Attribute> {
        self.attribute_at.get(id).map(|i| &self.attributes[*i])
    }

    /// The paper of this id.
    pub fn material(&self, id: &str) -> Option<&Material> {
        self.material_at.get(id).map(|i| &self.materials[*i])
    }

    /// The organisation of this id.
    pub fn organisation(&self, id: &str) -> Option<&Organisation> {
        self.organisation_at.get(id).map(|i| &self.organisations[*i])
    }

    /// Matters in which every word is found: in a name, its pinyin's first letters, the code, the department or the result.
    pub fn search(&self, words: &str) -> Vec<&Matter> {
        let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        let office =
            |id: &Id<Organisation>| self.organisation(id.as_str()).map(|o| format!("{} {}", o.name.zh, o.name.en)).unwrap_or_default();
        let matches = |m: &&Matter| {
            let all = [&m.name.zh, &m.name.en, &m.initials, &m.code, &m.result.zh, &m.result.en, &office(&m.department)];
            let all = all.map(|t| t.to_lowercase());
            words.iter().all(|w| all.iter().any(|t| t.contains(w.as_str())))
        };
        self.matters.iter().filter(matches).collect()
    }

    /// The stage of this id.
    pub fn stage(&self, id: &str) -> Option<&Stage> {
        self.stages.iter().find(|s| s.id.as_str() == id)
    }

    /// The working-day calendar; a catalogue that passed its check has one.
    pub fn calendar(&self) -> &Calendar {
        static PLAIN: std::sync::LazyLock<Calendar> = std::sync::LazyLock::new(|| Calendar::new("none", 2000..=2000, &[], &[]));
        self.parts.calendar.as_ref().unwrap_or(&PLAIN)
    }
}
