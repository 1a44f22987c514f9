//! The certificates of all projects, by number.

use super::{Cell, Change, Projection, Row, Table, Write};
use domain::Id;
use domain::log::Stream;
use domain::project::Project;
use domain::project::certificate::{CertificateStatus, IssuedCertificate};

static CERTIFICATE: Table = Table {
    name: "certificate",
    kind: Project::KIND,
    stream: "project",
    key: &["number"],
    others: &["project", "matter", "signed", "printed", "issued_at", "joint", "standing", "replaced_by", "reason"],
};

/// One row for each certificate.
pub(super) struct Certificates;

impl Projection for Certificates {
    fn tables(&self) -> &'static [Table] {
        std::slice::from_ref(&CERTIFICATE)
    }

    fn changes(&self, change: &Change<'_>) -> Vec<Write> {
        let Change::Project { id, before, after, .. } = change else { return Vec::new() };
        let moved = |(number, held): &(&String, &IssuedCertificate)| before.is_none_or(|b| b.certificates.get(*number) != Some(*held));
        after.certificates.iter().filter(moved).map(|(number, held)| Write::Put(row(id, number, held))).collect()
    }
}

fn row(id: &Id<Project>, number: &str, held: &IssuedCertificate) -> Row {
    let (by, reason) = match &held.standing {
        CertificateStatus::Valid => (None, ""),
        CertificateStatus::Corrected { by, reason } => (Some(by), reason.as_str()),
        CertificateStatus::Revoked { reason } => (None, reason.as_str()),
    };
    let cells = vec![
        number.into(),
        id.into(),
        (&held.matter).into(),
        held.signed.to_string().into(),
        held.printed.to_string().into(),
        held.at.to_string().into(),
        Cell::optional(held.joint.as_ref()),
        held.standing.code().into(),
        Cell::optional(by),
        reason.into(),
    ];
    Row { table: &CERTIFICATE, cells }
}
