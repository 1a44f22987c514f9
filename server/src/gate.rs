//! Turns away at one place, before any door: what an access token is not good for, what a first password still bars,
//! people of government from outside their networks. Deny by default: what is not named here no token may do.

use crate::AppState;
use crate::answer::Refusal;
use crate::security::Visitor;
use axum::extract::Request;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::access::{Scope, first_password, from_elsewhere, outside_scope};
use service::account::By;
use service::audit::{self, Entry};

/// The answer to who may not come further; none: they may.
pub async fn turned_away(state: &AppState, visitor: &Visitor, head: Head<'_>) -> Option<Response> {
    let access = visitor.access.as_ref()?;
    let Head { method, path, html } = head;
    let page = html && method == Method::GET;
    let refused = |error: service::Error| {
        let refusal = if path.starts_with("/rpc/") && !html { Refusal::for_program(error) } else { error.into() };
        refusal.answer(visitor.lang)
    };
    if visitor.outside && visitor.actor.as_ref().is_some_and(|actor| actor.role.is_government()) && !is_open(path) {
        if let Err(fault) = audit::turned_away(&visitor.context(state), Entry::of(path)).await {
            return Some(refused(fault.into()));
        }
        return Some(refused(from_elsewhere().into()));
    }
    if access.by == By::Token {
        let needed = needed(method, path);
        let holds = needed.is_some_and(|scope| access.scopes.contains(&scope));
        return (!holds).then(|| refused(outside_scope(needed).into()));
    }
    if access.first_password && !is_open(path) && !is_of_account(path) && !is_public(method, path) {
        let answer = if page { Redirect::to("/account").into_response() } else { refused(first_password().into()) };
        return Some(answer);
    }
    None
}

/// What the gate looks at of a request.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    method: &'a Method,
    path: &'a str,
    /// A browser asks, and shows what comes.
    html: bool,
}

impl<'a> Head<'a> {
    /// Takes it from a request.
    pub fn of(request: &'a Request) -> Head<'a> {
        let html = request.headers().get(header::ACCEPT).is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
        Head { method: request.method(), path: request.uri().path(), html }
    }
}

/// What a token has to be good for. None: no token may do it.
fn needed(method: &Method, path: &str) -> Option<Scope> {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match (parts.as_slice(), method) {
        (["collab", _], _) => Some(Scope::Sheet),
        (["uploads", _] | ["projects", _, "uploads"], _) => Some(Scope::Documents),
        (["projects", _, "matters", _, "record"], _) => Some(Scope::Record),
        (["rpc", ..], _) => None,
        (_, &Method::GET | &Method::HEAD) => Some(Scope::Read),
        _ => None,
    }
}

/// What everybody may have whoever they are: the program's own files, the language, the way out and in.
fn is_open(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match parts.as_slice() {
        ["health"] | ["pkg" | "language", ..] => true,
        ["catalogue", file] => file.ends_with(".bin"),
        ["rpc", name] => ["sign_out", "sign_in", "me", "me_anew"].contains(name),
        // Files at the root: the style, the icon.
        [file] => file.contains('.'),
        _ => false,
    }
}

/// What an open page asks for by itself, or a browser for it: it keeps no session alive.
pub fn is_by_itself(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match parts.as_slice() {
        ["health"] | ["pkg", ..] => true,
        ["catalogue", file] => file.ends_with(".bin"),
        [file] if file.contains('.') => true,
        ["live"] | ["collab", ..] => true,
        // What a page reads anew because of what others do says so by its name. Who calls by that name what they clicked shortens
        // their own session and nothing else.
        ["rpc", name] => name.ends_with("_anew"),
        _ => false,
    }
}

/// What everybody may read without an account: nobody is shut out of it for having one. Signing in as somebody else, too.
fn is_public(method: &Method, path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let reads = matches!(*method, Method::GET | Method::HEAD);
    match parts.as_slice() {
        ["" | "sign-in" | "matters" | "guide" | "verify"] => reads,
        ["guide", "map" | "chart" | "plan"] => reads,
        ["guide", file] => reads && ["map.", "chart.", "plan."].iter().any(|name| file.starts_with(name)),
        ["matters" | "departments" | "cases" | "verify", _] | ["verify", _, "signed.json"] => reads,
        ["catalogue", "questions" | "changes"] | [".well-known", _] => reads,
        // What their pages ask for when one goes from one to the other.
        ["rpc", name] => ["look_up_certificate", "shishan", "compare_editions", "starting"].contains(name),
        _ => false,
    }
}

/// What it takes to change one's password.
fn is_of_account(path: &str) -> bool {
    ["/account", "/rpc/my_account", "/rpc/change_password"].contains(&path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_may_do_what_is_named_and_nothing_else() {
        let of = |method: Method, path: &str| needed(&method, path);
        assert_eq!(of(Method::GET, "/projects/1/log"), Some(Scope::Read));
        assert_eq!(of(Method::GET, "/live"), Some(Scope::Read));
        assert_eq!(of(Method::GET, "/collab/1.land"), Some(Scope::Sheet));
        assert_eq!(of(Method::POST, "/collab/ticket"), Some(Scope::Sheet));
        assert_eq!(of(Method::PATCH, "/uploads/1"), Some(Scope::Documents));
        assert_eq!(of(Method::HEAD, "/uploads/1"), Some(Scope::Documents));
        assert_eq!(of(Method::POST, "/projects/1/matters/x/record"), Some(Scope::Record));
        for path in ["/rpc/change_password", "/rpc/move_matter", "/projects/1/anything", "/"] {
            assert_eq!(of(Method::POST, path), None, "{path}");
        }
        assert_eq!(of(Method::GET, "/rpc/my_projects"), None);
    }

    #[test]
    fn what_a_page_does_by_itself_is_told_from_what_a_person_does() {
        for path in ["/live", "/collab/1.land", "/collab/ticket", "/rpc/document_names_anew", "/rpc/me_anew"] {
            assert!(is_by_itself(path), "{path}");
        }
        for path in [
            "/",
            "/projects/1",
            "/live/1",
            "/rpc/view_project",
            "/rpc/document_names",
            "/rpc/ask_again",
            "/rpc/anew",
            "/rpc/me_anew1",
            "/projects/1/documents.zip",
        ] {
            assert!(!is_by_itself(path), "{path}");
        }
    }

    #[test]
    fn a_first_password_bars_all_but_changing_it_leaving_and_what_everybody_reads() {
        for path in ["/account", "/rpc/change_password", "/rpc/my_account"] {
            assert!(is_of_account(path), "{path}");
        }
        for path in ["/rpc/sign_out", "/pkg/a/b.js", "/work.css", "/catalogue/12.bin", "/language/en"] {
            assert!(is_open(path), "{path}");
        }
        for path in ["/projects", "/projects/1/documents.zip", "/rpc/measure", "/rpc/me_too", "/live", "/account/", "/guide/other", "/work"]
        {
            assert!(!is_open(path) && !is_of_account(path) && !is_public(&Method::GET, path), "{path}");
        }
        let public = [
            "/",
            "/sign-in",
            "/guide",
            "/guide/map",
            "/guide/plan.xlsx",
            "/matters",
            "/matters/construction-permit",
            "/departments/water-affairs",
            "/catalogue/questions",
            "/cases/shishan",
            "/verify",
            "/verify/1/signed.json",
            "/.well-known/jwks.json",
            "/rpc/look_up_certificate",
        ];
        for path in public {
            assert!(is_public(&Method::GET, path), "{path}");
        }
        for path in ["/rpc/start_project", "/rpc/starting_over"] {
            assert!(!is_public(&Method::POST, path), "{path}");
        }
        for path in ["/projects/1/plan.xlsx", "/verify/1/other", "/collab/1.land"] {
            assert!(!is_public(&Method::GET, path), "{path}");
        }
        assert!(!is_public(&Method::POST, "/guide/map"));
    }
}
