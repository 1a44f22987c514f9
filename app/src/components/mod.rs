//! One component, one `.rs` here and one `.css` of the same name in `style/components/`.

pub mod chain;
pub mod figure;
pub mod form;
pub mod guide_nav;
pub mod layout;
pub mod mark;
pub mod notice;
pub mod qr;
pub mod work_style;
