//! Files on their way from the browser: in parts by the tus protocol, several at once, going on after a break.

use leptos::prelude::*;

/// How a file stands.
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser sends files"))]
#[derive(Clone, PartialEq, Debug)]
pub enum Way {
    /// So many of so many bytes are there.
    Going(f64, f64),
    /// The connection is away; it goes on by itself.
    Away(f64, f64),
    Done,
    Refused(String),
}

/// A file that somebody has chosen.
#[derive(Clone, Debug)]
pub struct Sending {
    pub name: String,
    /// Outlives the button it was chosen by: the list of papers changes while files arrive.
    pub way: ArcRwSignal<Way>,
}

/// What goes with the files: the paper they are, or the document they replace.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Along {
    pub material: String,
    pub replaces: String,
    pub why: String,
}

/// Sends files one after another; `sending` shows them as they go.
#[cfg(feature = "hydrate")]
pub fn send(project: String, files: web_sys::FileList, with: Along, sending: RwSignal<Vec<Sending>>) {
    let chosen: Vec<web_sys::File> = (0..files.length()).filter_map(|i| files.get(i)).collect();
    let queue: Vec<(web_sys::File, Sending)> = chosen
        .into_iter()
        .map(|file| {
            let way = ArcRwSignal::new(Way::Going(0.0, file.size()));
            (file.clone(), Sending { name: file.name(), way })
        })
        .collect();
    sending.update(|all| all.extend(queue.iter().map(|(_, s)| s.clone())));
    leptos::task::spawn_local(async move {
        for (file, sending) in queue {
            let way = browser::send_one(&project, &file, &with, &sending.way).await;
            sending.way.set(way);
        }
    });
}

#[cfg(feature = "hydrate")]
mod browser {
    use super::*;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Headers, RequestInit, Response};

    const PART: f64 = 4.0 * 1024.0 * 1024.0;
    const PAUSE_MILLIS: u32 = 1000;
    const PAUSE_MOST_MILLIS: u32 = 15_000;

    async fn ask(method: &str, path: &str, headers: &[(&str, &str)], body: Option<&JsValue>) -> Result<Response, ()> {
        let init = RequestInit::new();
        init.set_method(method);
        let all = Headers::new().map_err(|_| ())?;
        all.set("tus-resumable", "1.0.0").map_err(|_| ())?;
        for (name, value) in headers {
            all.set(name, value).map_err(|_| ())?;
        }
        init.set_headers(&all);
        if let Some(body) = body {
            init.set_body(body);
        }
        JsFuture::from(window().fetch_with_str_and_init(path, &init)).await.map_err(|_| ()).map(JsCast::unchecked_into)
    }

    async fn sentence(response: Response) -> String {
        match response.text() {
            Ok(text) => JsFuture::from(text).await.ok().and_then(|t| t.as_string()).unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    fn base64(text: &str) -> String {
        let latin: String = text.bytes().map(char::from).collect();
        window().btoa(&latin).unwrap_or_default()
    }

    fn offset(response: &Response) -> Option<f64> {
        response.headers().get("upload-offset").ok().flatten()?.parse().ok()
    }

    pub async fn send_one(project: &str, file: &web_sys::File, with: &Along, way: &ArcRwSignal<Way>) -> Way {
        let size = file.size();
        let mut said = format!("filename {}", base64(&file.name()));
        for (name, value) in [("material", &with.material), ("replaces", &with.replaces), ("why", &with.why)] {
            if !value.is_empty() {
                said.push_str(&format!(",{name} {}", base64(value)));
            }
        }
        let mut pause = PAUSE_MILLIS;
        let place = loop {
            let length = format!("{size}");
            match ask("POST", &format!("/projects/{project}/uploads"), &[("upload-length", &length), ("upload-metadata", &said)], None)
                .await
            {
                Ok(response) if response.status() == 201 => match response.headers().get("location").ok().flatten() {
                    Some(place) => break place,
                    None => return Way::Refused(String::new()),
                },
                Ok(response) if response.status() < 500 => return Way::Refused(sentence(response).await),
                _ => wait(&mut pause, way, 0.0, size).await,
            }
        };
        let mut at = 0.0;
        // Until the server says that it is a document: all bytes may be there and it could not be made one yet.
        loop {
            let end = (at + PART).min(size);
            let Ok(part) = file.slice_with_f64_and_f64(at, end) else { return Way::Refused(String::new()) };
            let from = format!("{at}");
            let headers = [("upload-offset", from.as_str()), ("content-type", "application/offset+octet-stream")];
            match ask("PATCH", &place, &headers, Some(part.as_ref())).await {
                Ok(response) if response.status() == 204 => {
                    at = offset(&response).unwrap_or(end);
                    if response.headers().has("quanlian-document").unwrap_or(false) {
                        return Way::Done;
                    }
                    pause = PAUSE_MILLIS;
                    way.set(Way::Going(at, size));
                }
                // It is elsewhere than we thought: an answer was lost. What the rules refuse has no offset.
                Ok(response) if response.status() == 409 && offset(&response).is_some() => at = offset(&response).unwrap_or(at),
                // Another part of it is being taken, or too many files are on their way: it waits and asks again.
                Ok(response) if response.status() < 500 && !matches!(response.status(), 423 | 429) => {
                    return Way::Refused(sentence(response).await);
                }
                _ => {
                    wait(&mut pause, way, at, size).await;
                    // Where it stands, the server knows.
                    if let Ok(response) = ask("HEAD", &place, &[], None).await {
                        match response.status() {
                            200 => at = offset(&response).unwrap_or(at),
                            404 => return Way::Refused(String::new()),
                            _ => {}
                        }
                    }
                }
            }
        }
    }

    async fn wait(pause: &mut u32, way: &ArcRwSignal<Way>, at: f64, size: f64) {
        way.set(Way::Away(at, size));
        gloo_timers::future::TimeoutFuture::new(*pause).await;
        *pause = (*pause * 2).min(PAUSE_MOST_MILLIS);
    }
}
