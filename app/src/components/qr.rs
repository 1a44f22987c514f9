//! What one takes along: the address of the page as a code and as text, the data as a file, the page on paper.

use crate::lang::tr;
use crate::shared::origin;
use leptos::prelude::*;
use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write;

/// The dark squares of a code as one path, with its width in squares. `None`: longer than a code holds.
fn squares(text: &str) -> Option<(String, i32)> {
    let code = QrCode::encode_text(text, QrCodeEcc::Low).ok()?;
    let width = code.size();
    let mut path = String::new();
    for (y, x) in (0..width).flat_map(|y| (0..width).map(move |x| (y, x))) {
        if code.get_module(x, y) {
            // Writing to a string does not fail.
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    Some((path, width))
}

#[component]
pub fn TakeAlong(path: String, json: String) -> impl IntoView {
    let address = format!("{}{path}", origin());
    let code = squares(&address).map(|(path, width)| {
        let side = width + 8;
        view! {
            <svg class="qr" viewBox=format!("-4 -4 {side} {side}") role="img" aria-label=tr!(map.qr)>
                <rect x="-4" y="-4" width=side height=side fill="#fff" /><path d=path fill="#000" shape-rendering="crispEdges" />
            </svg>
        }
    });
    view! {
        <section class="take-along" id="take-along" aria-labelledby="take-along-title">
            {code}
            <div>
                <h2 id="take-along-title">{tr!(map.take_along)}</h2>
                <p>{tr!(map.take_along_note)}</p>
                <p class="address">{address}</p>
                <p class="actions"><a class="button button-quiet" href=json download rel="external">{tr!(map.json)}</a><span class="muted">{tr!(map.print)}</span></p>
            </div>
        </section>
    }
}
