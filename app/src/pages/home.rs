use super::PageTitle;
use crate::components::chain::Chain;
use crate::lang::tr;
use crate::shared::catalogue;
use leptos::prelude::*;
use leptos_router::components::A;

#[component]
pub fn Home() -> impl IntoView {
    let c = catalogue();
    let counts = move |stage: &domain::catalogue::Stage, line| {
        let n = c.matters.iter().filter(|m| m.stage == stage.id && m.line == line).count();
        view! { <span class="chain-count" class:chain-none=n == 0>{n}</span> }
    };
    view! {
        <PageTitle text=tr!(site.tagline) />
        <div class="page">
            <section class="hero">
                <h1>{tr!(home.title)}</h1>
                <p class="lead">{tr!(home.lead)}</p>
                <p class="actions">
                    <A href="/guide" attr:class="button">{tr!(home.start)}</A>
                    <A href="/matters" attr:class="button button-quiet">{tr!(home.browse)}</A>
                    <A href="/cases/shishan" attr:class="button button-quiet">{tr!(case.card)}</A>
                </p>
            </section>
            <section class="section">
                <h2>{tr!(home.chain)}</h2>
                <p class="muted">{tr!(home.chain_note)}</p>
                <div class="chain-small"><Chain cell=counts /></div>
            </section>
            <section class="section">
                <h2>{tr!(home.for_whom)}</h2>
                <div class="cards">
                    <div class="card"><h3>{tr!(home.enterprise)}</h3><p>{tr!(home.enterprise_text)}</p></div>
                    <div class="card"><h3>{tr!(home.team)}</h3><p>{tr!(home.team_text)}</p></div>
                    <div class="card"><h3>{tr!(home.public)}</h3><p>{tr!(home.public_text)}</p></div>
                </div>
            </section>
        </div>
    }
}
