//! The attribute `#[rpc]`.

use proc_macro::{TokenStream, TokenTree};

/// Makes a function a server function of Leptos at `/rpc/<its name>`.
///
/// Leptos's own `#[server]` adds a hash of the folder the program was built in to the address. A page that is open while
/// the server is replaced by one that was built elsewhere would then call addresses that no longer exist.
#[proc_macro_attribute]
pub fn rpc(arguments: TokenStream, function: TokenStream) -> TokenStream {
    if !arguments.is_empty() {
        return error("#[rpc] takes no arguments");
    }
    let mut tokens = function.clone().into_iter().skip_while(|token| !is_fn(token)).skip(1);
    let Some(TokenTree::Ident(name)) = tokens.next() else { return error("#[rpc] stands before a function") };
    let attribute = format!("#[::leptos::prelude::server(prefix = \"/rpc\", endpoint = \"{name}\")]").parse::<TokenStream>();
    attribute.map_or_else(|_| error("#[rpc] cannot name this function"), |attribute| attribute.into_iter().chain(function).collect())
}

fn is_fn(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Ident(word) if word.to_string() == "fn")
}

fn error(sentence: &str) -> TokenStream {
    format!("compile_error!({sentence:?});").parse().unwrap_or_default()
}
