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
    /// Each calendar year begins again at 1.
    Year,
    /// Each day begins again at 1.
    Day,
}

/// How the certificate of a matter is made out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CertificateRule {
    /// The matter whose certificates it is for; none: all matters without a rule of their own.
    pub matter: Option<Id<Matter>>,
    /// The heading of the certificate; none: the certificate is called what the matter results in.
    pub title: Option<Text>,
    /// `{region}`, `{year}`, `{date}`, `{code}` and `{serial:5}` are filled in.
    pub number: String,
    /// When the serial number in `number` goes back to 1.
    pub restart: Restart,
    /// The sentence that the certificate states, above the facts of the project.
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
    /// At most one for each matter.
    pub rules: Vec<CertificateRule>,
}

impl CertificateRules {
    /// The rule for a matter's certificates: its own, else the common one.
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

    /// The number a certificate gets: the pattern with everything filled in. `region` is that of [`CertificateRules`], `serial`
    /// the place within the [series](CertificateRule::series), from 1.
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
