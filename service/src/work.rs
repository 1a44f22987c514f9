//! The work list of an office.

pub use crate::deputy::appoint as appoint_deputy;

use crate::Context;
use crate::deputy::deputy_of;
use crate::error::{Error, Fault, Public};
use crate::projection::item_from_row;
use domain::Text;
use domain::account::{Account, Person};
use domain::date::Date;
use domain::id::Id;
use domain::project::work::Item;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Rows of a list; who has more works from the top.
const MOST: i64 = 500;

/// A work list with the people on it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct List {
    /// Whether the reader has an office whose work it is.
    pub office: bool,
    /// The matters that wait, what is due first comes first.
    pub items: Vec<Item>,
    /// The people that the list names, by account.
    pub people: BTreeMap<Id<Account>, Person>,
    /// Who of the same standing could stand in.
    pub colleagues: Vec<Person>,
    /// Who stands in for the reader, until when.
    pub deputy: Option<(Id<Account>, Date)>,
    /// Random; the keys of the page's forms are made from it.
    pub seed: String,
}

/// Whether there is a work list for the person: what is done from it is asked for each matter.
///
/// # Errors
/// `Forbidden` to enterprises and those they commission.
pub fn may_work(cx: &Context) -> Result<(), Error> {
    if cx.actor()?.role.is_government() {
        return Ok(());
    }
    let sentence = Text::new("办件清单供部门使用。", "The work list is for the offices.");
    Err(Public::Forbidden { sentence }.into())
}

/// What waits for the reader's office, or for a backbone officer's matters; what is due first comes first. Agents and
/// lead officers have none, but may be stood in for like everybody of the service.
///
/// # Errors
/// `Forbidden` to enterprises and those they commission.
pub async fn list(cx: &Context) -> Result<List, Error> {
    may_work(cx)?;
    let actor = cx.actor()?;
    let rows = sqlx::query(
        "select * from work where office = $1 order by case when due is null then 1 else 0 end, due, since, project, matter limit $2",
    )
    .bind(actor.office.as_ref().map(ToString::to_string).unwrap_or_default())
    .bind(MOST)
    .fetch_all(cx.service.db.pool())
    .await?;
    let items = rows.iter().map(item_from_row).collect::<Result<Vec<_>, Fault>>()?;
    let colleagues = crate::account::colleagues(&cx.service.db, actor).await?;
    let deputy = deputy_of(&cx.service.db, &actor.account).await?;
    let named: BTreeSet<_> = items.iter().filter_map(|item| item.claimed.clone()).chain(deputy.iter().map(|(id, _)| id.clone())).collect();
    let people = crate::account::people(&cx.service.db, &named).await?;
    Ok(List { office: actor.office.is_some(), items, people, colleagues, deputy, seed: crate::random_hex(12) })
}

/// The rows as they stand, for comparing.
///
/// # Errors
/// The database failed.
pub async fn all(service: &crate::Service) -> Result<Vec<Item>, Fault> {
    let rows = sqlx::query("select * from work order by project, matter").fetch_all(service.db.pool()).await?;
    rows.iter().map(item_from_row).collect()
}
