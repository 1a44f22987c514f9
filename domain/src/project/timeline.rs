//! Each event as a sentence a person reads. What it says is the noun's; here are the names it says it with.

use crate::account::Account;
use crate::catalogue::{Catalogue, Material, Matter, Organisation};
use crate::id::Id;
use crate::project::Event;
use crate::text::Text;

/// The names of what events tell by ids.
pub struct Names<'n> {
    /// Where the names of matters, offices and papers are from.
    pub catalogue: &'n Catalogue,
    /// A person's name, where it is known.
    pub person: &'n dyn Fn(&Id<Account>) -> Option<String>,
}

impl Names<'_> {
    /// What people call a matter; its id where this edition does not know it.
    pub fn matter(&self, id: &Id<Matter>) -> Text {
        self.catalogue.matter(id.as_str()).map_or_else(|| Text::same(id.as_str()), |m| m.name.clone())
    }

    /// What something is about: a matter, or the project.
    pub fn about(&self, id: Option<&Id<Matter>>) -> Text {
        id.map_or_else(|| Text::new("项目", "the project"), |id| self.matter(id))
    }

    /// What people call an office; its id where this edition does not know it.
    pub fn office(&self, id: &Id<Organisation>) -> Text {
        self.catalogue.organisation(id.as_str()).map_or_else(|| Text::same(id.as_str()), |o| o.name.clone())
    }

    /// What paper a document is.
    pub fn paper(&self, id: Option<&Id<Material>>) -> Text {
        match id.and_then(|id| self.catalogue.material(id.as_str())) {
            Some(material) => material.name.clone(),
            None => Text::new("未归类的文件", "a document not sorted yet"),
        }
    }

    /// A person's name; `an officer` where it is not known.
    pub fn person(&self, id: &Id<Account>) -> Text {
        (self.person)(id).map_or_else(|| Text::new("一位专员", "an officer"), Text::same)
    }
}

/// What happened, without who and when: those stand beside it.
pub fn sentence(event: &Event, catalogue: &Catalogue, person: &dyn Fn(&Id<Account>) -> Option<String>) -> Text {
    event.sentence(&Names { catalogue, person })
}
