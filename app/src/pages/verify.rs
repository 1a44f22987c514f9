//! Whether a certificate is genuine and still holds: for everybody, without an account.

use super::{PageTitle, set_status};
use crate::components::notice::ErrorNotice;
use crate::components::work_style::WorkStyle;
use crate::error::Failure;
use crate::lang::{say, tr};
use app_macros::rpc;
use domain::date::Date;
use domain::project::certificate::{CertificateStatus, Item};
use domain::{Error, Text};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use serde::{Deserialize, Serialize};

/// A certificate with how it stands: what stands on the paper itself, and nothing that leads to the project.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Shown {
    pub number: String,
    pub title: Text,
    pub holder: String,
    pub project_name: String,
    pub issuer: Text,
    pub issued_on: Date,
    pub statement: Text,
    pub items: Vec<Item>,
    pub conditions: Vec<String>,
    pub standing: CertificateStatus,
}

/// Looks a certificate up. Numbers can be guessed: how often is counted for each network address.
#[rpc]
pub async fn look_up_certificate(number: String) -> Result<Shown, Failure> {
    let cx = crate::session::service_context()?;
    service::limit::take(&cx, domain::limit::Limit::LookUpCertificate, &cx.network()).await?;
    let service::certificate::Shown { certificate: c, standing, .. } = service::certificate::by_number(&cx.service, &number).await?;
    Ok(Shown {
        number: c.number,
        title: c.title,
        holder: c.holder,
        project_name: c.project_name,
        issuer: c.issuer,
        issued_on: c.issued_on,
        statement: c.statement,
        items: c.items,
        conditions: c.conditions,
        standing,
    })
}

#[component]
pub fn Verify() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    // In the address, as the code on the certificate has it, or typed.
    let number = Memo::new(move |_| {
        let given = params.with(|p| p.get("number")).or_else(|| query.with(|q| q.get("number")));
        given.map(|n| n.trim().to_string()).unwrap_or_default()
    });
    let loaded = Resource::new_blocking(
        move || number.get(),
        |number| async move { if number.is_empty() { None } else { Some(look_up_certificate(number).await) } },
    );
    view! {
        <PageTitle text=tr!(verify.title) />
        <WorkStyle />
        <div class="page page-narrow verify">
            <h1>{tr!(verify.title)}</h1>
            <Transition>
                {move || match loaded.get()? {
                    None => Some(view! { <p>{tr!(verify.intro)}</p> }.into_any()),
                    Some(Ok(shown)) => Some(view! { <Genuine shown /> }.into_any()),
                    Some(Err(Failure(Error::NotFound))) => {
                        set_status(404);
                        Some(view! { <p class="verify-word verify-no" role="status">{tr!(verify.unknown, number = number.get_untracked())}</p><p>{tr!(verify.unknown_hint)}</p> }.into_any())
                    }
                    Some(Err(Failure(error))) => Some(view! { <ErrorNotice error /> }.into_any()),
                }}
            </Transition>
            <form method="get" action="/verify" class="form-row">
                <label>{tr!(verify.number)}<input name="number" value=number.get_untracked() prop:value=move || number.get() required maxlength="120" autocomplete="off" /></label>
                <button class="button">{tr!(verify.look)}</button>
            </form>
        </div>
    }
}

#[component]
fn Genuine(shown: Shown) -> impl IntoView {
    let c = shown;
    let (class, word) = match &c.standing {
        CertificateStatus::Valid => ("verify-word verify-yes", tr!(verify.valid)),
        CertificateStatus::Corrected { .. } => ("verify-word verify-no", tr!(verify.corrected)),
        CertificateStatus::Revoked { .. } => ("verify-word verify-no", tr!(verify.revoked)),
    };
    let more = match &c.standing {
        CertificateStatus::Valid => None,
        CertificateStatus::Corrected { by, reason } => Some(
            view! { <p>{reason.clone()}" "<a href=format!("/verify/{}", super::project::issue::coded(by))>{tr!(verify.instead, number = by.clone())}</a></p> }.into_any(),
        ),
        CertificateStatus::Revoked { reason } => Some(view! { <p>{reason.clone()}</p> }.into_any()),
    };
    let row = |name: String, value: String| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let items = c.items.iter().map(|item| row(say(&item.name), say(&item.value))).collect_view();
    let conditions = c.conditions.iter().map(|text| view! { <li>{text.clone()}</li> }).collect_view();
    let address = format!("/verify/{}/signed.json", super::project::issue::coded(&c.number));
    view! {
        <p class=class role="status">{word}</p>
        {more}
        <h2>{say(&c.title)}</h2>
        <dl class="facts">
            {row(tr!(verify.number), c.number.clone())}
            {row(tr!(verify.holder), c.holder.clone())}
            {row(tr!(verify.project), c.project_name.clone())}
            {row(tr!(verify.issuer), say(&c.issuer))}
            {row(tr!(verify.on), c.issued_on.to_string())}
            {items}
        </dl>
        <p>{say(&c.statement)}</p>
        {(!c.conditions.is_empty()).then(|| view! { <h3>{tr!(verify.conditions)}</h3><ol>{conditions}</ol> })}
        <p class="muted">{tr!(verify.offline)}" "<a href=address rel="external" download="">{tr!(issue.signed)}</a>" "<a href="/.well-known/jwks.json" rel="external">{tr!(verify.keys)}</a></p>
    }
}
