//! How the certificates (证照) of matters are made out, and numbered.

use super::{Field, Matter};
use crate::date::Date;
use crate::id::Id;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// From when serial numbers begin again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restart {
    Year,
    Day,
}

/// How the certificate of a matter is made out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CertificateRule {
    pub matter: Option<Id<Matter>>,
    pub title: Option<Text>,
    /// `{region}`, `{year}`, `{date}`, `{code}` and `{serial:5}` are filled in.
    pub number: String,
    pub restart: Restart,
    pub statement: Text,
    /// What it says of the project, from the data sheet.
    pub fields: Vec<Id<Field>>,
    /// The field of the sheet that holds its number.
    pub number_field: Option<Id<Field>>,
}

/// The rules of all certificates; the one without a matter is for those that have none of their own.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct CertificateRules {
    /// The district's code of GB/T 2260.
    pub region: String,
    pub rules: Vec<CertificateRule>,
}

impl CertificateRules {
    pub fn of(&self, matter: &Id<Matter>) -> Option<&CertificateRule> {
        let own = self.rules.iter().find(|rule| rule.matter.as_ref() == Some(matter));
        own.or_else(|| self.rules.iter().find(|rule| rule.matter.is_none()))
    }
}

impl CertificateRule {
    /// What is counted: certificates with the same key have different serial numbers.
    pub fn series(&self, matter: &Matter, region: &str, on: Date) -> String {
        let per = match self.restart {
            Restart::Year => on.year().to_string(),
            Restart::Day => on.to_string(),
        };
        format!("{}/{region}/{per}", matter.code)
    }

    pub fn number(&self, matter: &Matter, region: &str, on: Date, serial: u64) -> String {
        let date = on.to_string().replace('-', "");
        let mut number = self
            .number
            .replace("{region}", region)
            .replace("{year}", &on.year().to_string())
            .replace("{date}", &date)
            .replace("{code}", &matter.code)
            .replace("{serial}", &serial.to_string());
        for width in 1..=9 {
            number = number.replace(&format!("{{serial:{width}}}"), &format!("{serial:0width$}"));
        }
        number
    }
}
