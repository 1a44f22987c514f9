//! The one form (一张表单): every field that matters ask for, once, and the rules between fields.

use super::{Matter, Organisation, Relation};
use crate::id::Id;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// What a field holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Free text of any length that [`Constraints`] allow.
    Text,
    /// A decimal number, in the unit of [`Field::unit`] where there is one.
    Number,
    /// A calendar day.
    Date,
    /// One of [`Field::options`].
    Enum,
    /// Yes or no.
    Boolean,
    /// 统一社会信用代码 (GB 32100).
    OrgCode,
    /// 投资项目代码 (GB/T 40058).
    ProjectCode,
    /// 居民身份证号 (GB 11643), or another document's number.
    PersonId,
    /// A postal address, as free text.
    Address,
    /// Points, one a line, `x, y`.
    Geometry,
    /// An amount of money, in the unit of [`Field::unit`].
    Money,
}

impl FieldKind {
    /// Every kind, with the word that stands for it in the data.
    pub const ALL: [(&'static str, FieldKind); 11] = [
        ("text", FieldKind::Text),
        ("number", FieldKind::Number),
        ("date", FieldKind::Date),
        ("enum", FieldKind::Enum),
        ("boolean", FieldKind::Boolean),
        ("org_code", FieldKind::OrgCode),
        ("project_code", FieldKind::ProjectCode),
        ("person_id", FieldKind::PersonId),
        ("address", FieldKind::Address),
        ("geometry", FieldKind::Geometry),
        ("money", FieldKind::Money),
    ];

    /// Whether people write it together character by character; of the others the last value counts.
    pub fn is_written(self) -> bool {
        matches!(self, FieldKind::Text | FieldKind::Address | FieldKind::Geometry)
    }

    /// Whether the value is a decimal number, so that numeric constraints and relations apply to it.
    pub fn is_number(self) -> bool {
        matches!(self, FieldKind::Number | FieldKind::Money)
    }
}

/// A rule of a published standard a value follows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum CodeRule {
    /// GB 32100-2015.
    #[serde(rename = "uscc-gb32100")]
    Uscc,
    /// GB 11643-1999.
    #[serde(rename = "resident-id-gb11643")]
    ResidentId,
    /// GB/T 40058-2021.
    #[serde(rename = "project-code-gbt40058")]
    ProjectCode,
    /// GB/T 37346-2019.
    #[serde(rename = "real-estate-unit-28")]
    RealEstateUnit,
    /// GB/T 4754-2017, four digits.
    #[serde(rename = "industry-gbt4754")]
    Industry,
}

impl CodeRule {
    /// Every rule, with the word that stands for it in the data.
    pub const ALL: [(&'static str, CodeRule); 5] = [
        ("uscc-gb32100", CodeRule::Uscc),
        ("resident-id-gb11643", CodeRule::ResidentId),
        ("project-code-gbt40058", CodeRule::ProjectCode),
        ("real-estate-unit-28", CodeRule::RealEstateUnit),
        ("industry-gbt4754", CodeRule::Industry),
    ];
}

/// What a drawing on the ground has to be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// One pair of coordinates.
    Point,
    /// Closed, at least three corners, not crossing itself.
    Polygon,
}

/// What a value has to keep besides its kind.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Constraints {
    /// The least number of characters.
    pub min_length: Option<usize>,
    /// The greatest number of characters.
    pub max_length: Option<usize>,
    /// The least number allowed, itself included.
    pub min: Option<f64>,
    /// The greatest number allowed, itself included.
    pub max: Option<f64>,
    /// The number has to be greater than this.
    pub exclusive_min: Option<f64>,
    /// The number has to be whole.
    pub integer: bool,
    /// The standard that the value's form and check digits follow.
    pub rule: Option<CodeRule>,
    /// What the points of a [`FieldKind::Geometry`] have to form.
    pub shape: Option<Shape>,
    /// In the form of somebody who sees the field masked: what is behind the mask is no value. No catalogue says so.
    #[serde(default)]
    pub unfit: bool,
}

/// A choice of an enumeration.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FieldOption {
    /// What is stored when it is chosen.
    pub value: String,
    /// What people read in the list of choices.
    pub name: Text,
}

/// A field of the one form.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Field {
    /// How data and code refer to it, e.g. `site_area`.
    pub id: Id<Field>,
    /// The label in front of the field.
    pub name: Text,
    /// What sort of value it takes.
    pub kind: FieldKind,
    /// The section of the form it stands in: the id of a [`Group`].
    pub group: String,
    /// Who knows the value.
    pub provider: Id<Organisation>,
    /// The unit its number is counted in, as the data writes it, e.g. `m2`; [`Form::unit`] turns it into words.
    pub unit: Option<String>,
    /// The matter whose certificate fixes the value.
    pub produced_by: Option<Id<Matter>>,
    /// What the value has to be, in the editors' words.
    pub validation: Option<String>,
    /// What a value has to keep beyond its kind.
    pub constraints: Constraints,
    /// For [`FieldKind::Enum`]: what can be chosen. Empty for all other kinds.
    pub options: Vec<FieldOption>,
    /// The answer of the questionnaire that is the same value: taken over when the sheet is begun.
    pub answer: Option<String>,
    /// For a value that is not for everybody who sees the project: the offices that need it whole, beside the enterprise's
    /// side. Everybody else sees it masked.
    pub readers: Option<Vec<Id<Organisation>>>,
}

impl Field {
    /// Whether the enterprise's side knows the value; the others are an office's.
    pub fn is_enterprises(&self) -> bool {
        matches!(self.provider.as_str(), "enterprise" | "intermediary")
    }

    /// An area of land, which people also count in mu (亩).
    pub fn counts_in_mu(&self) -> bool {
        self.group == "land" && self.unit.as_deref() == Some("m2")
    }
}

/// A section of the form: one document that people write together.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Group {
    /// How fields refer to it; of a unit: how the data writes it.
    pub id: String,
    /// What people read: the section's heading, or the unit in words.
    pub name: Text,
}

/// The one form with its rules.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Form {
    /// The sections, in the order of the form.
    pub groups: Vec<Group>,
    /// In the order of the form.
    pub fields: Vec<Field>,
    /// The names of units: the id is what [`Field::unit`] says.
    pub units: Vec<Group>,
    /// The rules that values of several fields keep together.
    pub relations: Vec<Relation>,
}

impl Form {
    /// The field of this id.
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.id.as_str() == id)
    }

    /// The section of this id.
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups.iter().find(|g| g.id == id)
    }

    /// A unit as people write it: `m2` is m².
    pub fn unit(&self, field: &Field) -> Option<Text> {
        let unit = field.unit.as_deref()?;
        Some(self.units.iter().find(|u| u.id == unit).map_or_else(|| Text::same(unit), |u| u.name.clone()))
    }
}
