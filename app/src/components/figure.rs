//! A drawing that can be enlarged, moved about by mouse and keyboard, and taken along as a file.

use crate::drawing::Drawing;
use crate::lang::tr;
use leptos::prelude::*;

/// Steps of enlargement.
const ZOOM: f64 = 1.25;
const SMALLEST: f64 = 0.2;
const LARGEST: f64 = 6.0;

/// Shows a drawing. `file`: the name it is saved under; `svg`: where a browser without JavaScript gets it.
#[component]
pub fn Figure(
    #[prop(into)] drawing: Signal<Drawing>,
    #[prop(into)] label: String,
    file: &'static str,
    #[prop(into)] svg: Signal<String>,
    /// What the pointer does to the drawing: the event's kind, its target, and where it is across.
    #[prop(optional)]
    pointer: Option<Callback<Pointer>>,
) -> impl IntoView {
    let zoom = RwSignal::new(1.0);
    let fit = RwSignal::new(false);
    let frame = NodeRef::<leptos::html::Div>::new();
    let markup = Memo::new(move |_| {
        let z = zoom.get();
        drawing.with(|d| if z == 1.0 { d.svg.clone() } else { enlarged(d, z) })
    });
    let change = move |factor: f64| {
        fit.set(false);
        zoom.update(|z| *z = (*z * factor).clamp(SMALLEST, LARGEST));
    };
    let whole = move || {
        zoom.set(1.0);
        fit.update(|f| *f = !*f);
    };
    // The arrow keys move what is scrolled by themselves.
    let key = move |event: leptos::ev::KeyboardEvent| match event.key().as_str() {
        "+" | "=" => change(ZOOM),
        "-" => change(1.0 / ZOOM),
        "0" => whole(),
        _ => {}
    };
    let send = move |kind: Kind| {
        move |event: leptos::ev::PointerEvent| {
            if let Some(pointer) = pointer
                && let Some(what) = Pointer::of(kind, &event, frame, zoom.get_untracked())
            {
                pointer.run(what);
            }
        }
    };
    view! {
        <figure class="drawing">
            <div class="drawing-tools" role="toolbar" aria-label=tr!(figure.tools)>
                <button type="button" class="button button-quiet" on:click=move |_| change(ZOOM)>{tr!(figure.larger)}</button>
                <button type="button" class="button button-quiet" on:click=move |_| change(1.0 / ZOOM)>{tr!(figure.smaller)}</button>
                <button type="button" class="button button-quiet" aria-pressed=move || fit.get().to_string() on:click=move |_| whole()>{tr!(figure.fit)}</button>
                <a class="button button-quiet" rel="external" download=format!("{file}.svg") href=move || svg.get()>"SVG"</a>
                <button type="button" class="button button-quiet" on:click=move |_| drawing.with_untracked(|d| save_png(d, file))>"PNG"</button>
                <span class="muted">{tr!(figure.keys)}</span>
            </div>
            <div
                class="drawing-frame"
                class:drawing-fit=move || fit.get()
                role="region"
                tabindex="0"
                aria-label=label
                node_ref=frame
                on:keydown=key
                on:pointerdown=send(Kind::Down)
                on:pointermove=send(Kind::Move)
                on:pointerup=send(Kind::Up)
                inner_html=move || markup.get()
            ></div>
        </figure>
    }
}

fn enlarged(drawing: &Drawing, zoom: f64) -> String {
    let (w, h) = (drawing.width * zoom, drawing.height * zoom);
    // The first two attributes after the view box are the size.
    let Some(at) = drawing.svg.find(" width=\"") else { return drawing.svg.clone() };
    let Some(end) = drawing.svg[at..].find(" role=").map(|n| at + n) else { return drawing.svg.clone() };
    format!("{} width=\"{w:.0}\" height=\"{h:.0}\"{}", &drawing.svg[..at], &drawing.svg[end..])
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Down,
    Move,
    Up,
}

/// A pointer over the drawing.
#[derive(Clone, PartialEq, Debug)]
pub struct Pointer {
    pub kind: Kind,
    /// The task whose end is taken hold of.
    pub grip: Option<String>,
    /// Across, in the drawing's own units.
    pub x: f64,
}

impl Pointer {
    #[cfg(feature = "hydrate")]
    fn of(kind: Kind, event: &leptos::ev::PointerEvent, frame: NodeRef<leptos::html::Div>, zoom: f64) -> Option<Pointer> {
        use wasm_bindgen::JsCast;
        let frame = frame.get_untracked()?;
        let target = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
        let grip = target.filter(|t| t.has_attribute("data-grip")).and_then(|t| t.closest("[data-task]").ok().flatten());
        let grip = grip.and_then(|g| g.get_attribute("data-task"));
        match kind {
            // The drawing is made anew while it is pulled: the frame, which stays, keeps the pointer.
            Kind::Down if grip.is_some() => {
                let _ = frame.set_pointer_capture(event.pointer_id());
                event.prevent_default();
            }
            Kind::Up => {
                let _ = frame.release_pointer_capture(event.pointer_id());
            }
            _ => {}
        }
        Some(Pointer { kind, grip, x: f64::from(event.client_x()) / zoom })
    }

    #[cfg(not(feature = "hydrate"))]
    fn of(_: Kind, _: &leptos::ev::PointerEvent, _: NodeRef<leptos::html::Div>, _: f64) -> Option<Pointer> {
        None
    }
}

/// Draws it on a canvas of twice the size, for paper and screens, and saves that.
fn save_png(drawing: &Drawing, file: &'static str) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        use wasm_bindgen::prelude::Closure;
        let (width, height) = (drawing.width * 2.0, drawing.height * 2.0);
        let Ok(image) = web_sys::HtmlImageElement::new() else { return };
        let source = format!("data:image/svg+xml;charset=utf-8,{}", js_sys::encode_uri_component(&drawing.svg));
        let drawn = {
            let image = image.clone();
            move || -> Option<()> {
                let canvas = document().create_element("canvas").ok()?.dyn_into::<web_sys::HtmlCanvasElement>().ok()?;
                canvas.set_width(width as u32);
                canvas.set_height(height as u32);
                let context = canvas.get_context("2d").ok()??.dyn_into::<web_sys::CanvasRenderingContext2d>().ok()?;
                context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width, height).ok()?;
                let link = document().create_element("a").ok()?.dyn_into::<web_sys::HtmlElement>().ok()?;
                link.set_attribute("href", &canvas.to_data_url().ok()?).ok()?;
                link.set_attribute("download", &format!("{file}.png")).ok()?;
                link.click();
                Some(())
            }
        };
        let loaded = Closure::once_into_js(move || {
            drawn();
        });
        image.set_onload(Some(loaded.unchecked_ref()));
        image.set_src(&source);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (drawing, file);
}
