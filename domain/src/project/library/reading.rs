//! Who reads a document: everybody who sees the project, but for identity documents of persons.

use super::LibraryDocument;
use crate::account::Actor;
use crate::catalogue::{Catalogue, Organisation};
use crate::id::Id;
use crate::project::Project;
use crate::project::policy::office_of;
use crate::project::sheet::identity::needs;
use crate::refusal::Refusal;
use crate::text::Text;

/// The offices that need a document which is a person's identity document; none: it is no such document.
fn readers<'c>(kept: &LibraryDocument, catalogue: &'c Catalogue) -> Option<&'c [Id<Organisation>]> {
    catalogue.material(kept.material.as_ref()?.as_str())?.readers.as_deref()
}

/// Whether it is a person's identity document.
pub fn is_personal(kept: &LibraryDocument, catalogue: &Catalogue) -> bool {
    readers(kept, catalogue).is_some()
}

/// That somebody who sees the project may read a document: an identity document is for the owner's people, the project's
/// agent, the offices that the catalogue names, and the office that brought it. Everybody else knows its name and digest.
///
/// # Errors
/// The refusal.
pub fn may_read(kept: &LibraryDocument, catalogue: &Catalogue, actor: &Actor, project: &Project) -> Result<(), Refusal> {
    let Some(readers) = readers(kept, catalogue) else { return Ok(()) };
    let brought = kept.office.is_some() && kept.office.as_ref() == office_of(actor);
    if brought || needs(readers, actor, project) {
        return Ok(());
    }
    Err(Refusal::NotYours(Text::new(
        "这份文件是身份证件，只供建设单位、帮代办专员和需要它的部门查看。",
        "This is an identity document: it is for the project owner, the agent and the offices that need it.",
    )))
}
