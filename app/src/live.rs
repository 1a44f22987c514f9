//! The live feed: one `EventSource` a tab; the browser folds what it hears into the project it holds.

use crate::ending::Ending;
use domain::date::Instant;
use domain::project::view::View;
use leptos::prelude::*;

/// How the feed stands.
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser hears"))]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Connection {
    Connecting,
    Live,
    /// Since when the page may be behind.
    Away(Instant),
    /// Connected again after having been away.
    Back,
}

/// Follows a project until the page is left, and as long as its person is signed in. `reload` reads it anew when something in
/// between is missing.
pub fn follow(view: RwSignal<View>, ending: Ending, reload: impl Fn() + Clone + 'static) -> RwSignal<Connection> {
    let connection = RwSignal::new(Connection::Connecting);
    #[cfg(feature = "hydrate")]
    browser::follow(view, connection, ending, reload);
    #[cfg(not(feature = "hydrate"))]
    let _ = (view, ending, reload);
    connection
}

#[cfg(feature = "hydrate")]
mod browser {
    use super::*;
    use domain::project::view::FeedEvent;
    use send_wrapper::SendWrapper;
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::prelude::Closure;
    use web_sys::{EventSource, MessageEvent};

    /// The browser reconnects by itself while a connection fails, but gives up when the server answers
    /// with an error (as one that is just starting may): then we open a new one after this time.
    const REOPEN_MILLIS: u32 = 1000;
    /// It grows while opening fails, up to this.
    const REOPEN_MOST_MILLIS: u32 = 30_000;

    struct Feed {
        ending: Ending,
        source: RefCell<Option<EventSource>>,
        handlers: RefCell<Vec<Box<dyn std::any::Any>>>,
        left: Cell<bool>,
        was_away: Cell<bool>,
        patience: Cell<u32>,
    }

    pub fn follow(view: RwSignal<View>, connection: RwSignal<Connection>, ending: Ending, reload: impl Fn() + Clone + 'static) {
        let feed = Rc::new(Feed {
            ending,
            source: RefCell::new(None),
            handlers: RefCell::new(Vec::new()),
            left: Cell::new(false),
            was_away: Cell::new(false),
            patience: Cell::new(REOPEN_MILLIS),
        });
        let kept = SendWrapper::new(feed.clone());
        on_cleanup(move || {
            kept.left.set(true);
            if let Some(source) = kept.source.take() {
                source.close();
            }
        });
        // Whoever is back, here or by another page of the browser, goes on where they were.
        let (back, again) = (feed.clone(), reload.clone());
        Effect::new(move |before: Option<bool>| {
            let ended = ending.has_ended();
            if before == Some(true) && !ended {
                back.patience.set(REOPEN_MILLIS);
                open(back.clone(), view, connection, again.clone());
            }
            ended
        });
        open(feed, view, connection, reload);
    }

    fn open(feed: Rc<Feed>, view: RwSignal<View>, connection: RwSignal<Connection>, reload: impl Fn() + Clone + 'static) {
        if feed.left.get() || feed.ending.stops() {
            return;
        }
        let Some((id, seq, me)) = view.try_with_untracked(|v| (v.id.clone(), v.seq, v.viewer.account.clone())) else { return };
        let Ok(source) = EventSource::new(&format!("/live?project={id}&after={seq}&account={me}")) else { return };
        let opened = {
            let feed = feed.clone();
            Closure::<dyn FnMut()>::new(move || {
                feed.patience.set(REOPEN_MILLIS);
                let next = if feed.was_away.replace(false) { Connection::Back } else { Connection::Live };
                let _ = connection.try_set(next);
            })
        };
        source.set_onopen(Some(opened.as_ref().unchecked_ref()));
        let heard = {
            let reload = reload.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let told = event.data().as_string().and_then(|text| serde_json::from_slice::<FeedEvent>(text.as_bytes()).ok());
                let whole = told.is_some_and(|told| view.try_update(|v| v.hear(told)).unwrap_or(true));
                if !whole {
                    reload();
                }
            })
        };
        source.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        let failed = {
            let (feed, source) = (feed.clone(), source.clone());
            Closure::<dyn FnMut()>::new(move || {
                feed.was_away.set(true);
                let since = Instant::from_unix_micros((js_sys::Date::now() * 1000.0) as i64);
                if !matches!(connection.try_get_untracked(), Some(Connection::Away(_)) | None) {
                    let _ = connection.try_set(Connection::Away(since));
                }
                if source.ready_state() == EventSource::CLOSED {
                    feed.ending.ask();
                    let (feed, reload) = (feed.clone(), reload.clone());
                    leptos::task::spawn_local(async move {
                        let wait = feed.patience.get();
                        feed.patience.set((wait * 2).min(REOPEN_MOST_MILLIS));
                        gloo_timers::future::TimeoutFuture::new(wait).await;
                        open(feed, view, connection, reload);
                    });
                }
            })
        };
        source.set_onerror(Some(failed.as_ref().unchecked_ref()));
        if let Some(old) = feed.source.replace(Some(source)) {
            old.close();
        }
        // The handlers of the connection before are not needed any more, but the one running is: it is
        // let go at the next opening.
        let mut handlers = feed.handlers.borrow_mut();
        if handlers.len() > 3 {
            handlers.drain(..3);
        }
        handlers.extend([Box::new(opened) as Box<dyn std::any::Any>, Box::new(heard), Box::new(failed)]);
    }
}
