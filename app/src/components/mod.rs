//! One component, one `.rs` here and one `.css` of the same name in `style/components/`.

pub mod chain;
pub mod form;
pub mod layout;
pub mod mark;
pub mod notice;
