//! What a certificate says, and whether it still stands.

use crate::account::Account;
use crate::catalogue::Matter;
use crate::date::{Date, Instant};
use crate::id::Id;
use crate::log::Digest;
use crate::project::Project;
use crate::project::library::Document;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// What a certificate says; this is what is signed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Certificate {
    /// Its number, by the rule of its matter; no other certificate has the same.
    pub number: String,
    /// The heading: what kind of certificate it is.
    pub title: Text,
    /// The matter that was decided.
    pub matter: Id<Matter>,
    /// The project it was issued in.
    pub project: Id<Project>,
    /// What the project was called on that day.
    pub project_name: String,
    /// The firm it is issued to, by name.
    pub holder: String,
    /// The office that issues it.
    pub issuer: Text,
    /// The day it was issued.
    pub issued_on: Date,
    /// What it states, in the words of its rule.
    pub statement: Text,
    /// What it says of the project, from the data sheet.
    pub items: Vec<Item>,
    /// Conditions the offices set; the holder has to keep them.
    pub conditions: Vec<String>,
    /// The certificate it takes the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
}

/// One fact on a certificate.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Item {
    /// The label of the field of the data sheet.
    pub name: Text,
    /// The value with its unit, as it stood when the certificate was made out.
    pub value: Text,
}

/// Whether a certificate still says what is so.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateStatus {
    /// It says what is so.
    Valid,
    /// Another one took its place.
    Corrected {
        /// The number of the certificate that took its place.
        by: String,
        /// Why it was corrected.
        reason: String,
    },
    /// It was taken back.
    Revoked {
        /// Why it was revoked.
        reason: String,
    },
}

impl CertificateStatus {
    /// The word for it where it is stored and in answers to other programs.
    pub fn code(&self) -> &'static str {
        match self {
            CertificateStatus::Valid => "valid",
            CertificateStatus::Corrected { .. } => "corrected",
            CertificateStatus::Revoked { .. } => "revoked",
        }
    }

    /// Reads what [`CertificateStatus::code`] wrote, with the number and the reason that are stored beside it.
    pub fn from_code(code: &str, by: Option<String>, reason: String) -> Option<CertificateStatus> {
        match code {
            "valid" => Some(CertificateStatus::Valid),
            "corrected" => Some(CertificateStatus::Corrected { by: by.unwrap_or_default(), reason }),
            "revoked" => Some(CertificateStatus::Revoked { reason }),
            _ => None,
        }
    }

    /// What people call it.
    pub fn name(&self) -> Text {
        match self {
            CertificateStatus::Valid => Text::new("有效", "Valid"),
            CertificateStatus::Corrected { .. } => Text::new("已更正", "Corrected"),
            CertificateStatus::Revoked { .. } => Text::new("已撤销", "Revoked"),
        }
    }
}

/// A certificate of a project.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct IssuedCertificate {
    /// The matter it is of.
    pub matter: Id<Matter>,
    /// When it was issued.
    pub at: Instant,
    /// Who issued it.
    pub by: Id<Account>,
    /// The signed file.
    pub signed: Digest,
    /// The printed form, a PDF.
    pub printed: Digest,
    /// The printed form, in the project's library.
    pub documents: Vec<Id<Document>>,
    /// The receipt it was issued under with others.
    pub joint: Option<String>,
    /// Whether it still says what is so.
    pub standing: CertificateStatus,
}

/// Several certificates issued in one act.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Joint {
    /// The number of the receipt for all of them.
    pub receipt: String,
    /// When they were issued.
    pub at: Instant,
    /// Who issued them.
    pub by: Id<Account>,
    /// The numbers of the certificates.
    pub numbers: Vec<String>,
}
