//! The work list of an office, and who stands in for whom.

use crate::Context;
use crate::db::Db;
use crate::error::{Error, Fault, Public};
use domain::account::{Account, Person};
use domain::date::Date;
use domain::id::Id;
use domain::project::work::{Item, LONGEST_SUBSTITUTION, substitution};
use domain::{Text, text};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of a list; who has more works from the top.
const MOST: i64 = 500;

/// A work list with the people on it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct List {
    /// Whether the reader has an office whose work it is.
    pub office: bool,
    pub items: Vec<Item>,
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
    let items = rows.iter().map(from_row).collect::<Result<Vec<_>, Fault>>()?;
    let all = crate::account::people(&cx.service.db).await?;
    let named: BTreeSet<_> = items.iter().filter_map(|item| item.claimed.clone()).collect();
    let me = all.get(&actor.account).ok_or(Public::SignedOut)?;
    let alike = |p: &&Person| p.account != actor.account && p.role == me.role && p.firm == me.firm;
    let mut colleagues: Vec<Person> = all.values().filter(alike).cloned().collect();
    colleagues.sort_by(|a, b| a.name.cmp(&b.name));
    let deputy = deputy_of(&cx.service.db, &actor.account).await?;
    let people = all.into_iter().filter(|(id, _)| named.contains(id) || deputy.as_ref().is_some_and(|(d, _)| d == id)).collect();
    Ok(List { office: actor.office.is_some(), items, people, colleagues, deputy, seed: crate::random_hex(12) })
}

pub(crate) fn from_row(row: &sqlx::any::AnyRow) -> Result<Item, Fault> {
    let text = |name: &str| row.try_get::<String, _>(name);
    let optional = |name: &str| row.try_get::<Option<String>, _>(name);
    Ok(Item {
        project: text("project")?.into(),
        project_name: text("project_name")?,
        matter: text("matter")?.into(),
        office: text("office")?.into(),
        state: text("state")?,
        due: optional("due")?.map(|day| day.parse().map_err(|_| format!("`{day}` is not a day"))).transpose()?,
        claimed: optional("claimed")?.map(Id::from),
        since: text("since")?.parse().map_err(|_| "`since` is not an instant")?,
    })
}

async fn deputy_of(db: &Db, account: &Id<Account>) -> Result<Option<(Id<Account>, Date)>, Fault> {
    let row =
        sqlx::query("select deputy, until from deputy where account = $1").bind(account.to_string()).fetch_optional(db.pool()).await?;
    let Some(row) = row else { return Ok(None) };
    let until: String = row.try_get("until")?;
    Ok(Some((row.try_get::<String, _>("deputy")?.into(), until.parse().map_err(|_| format!("`{until}` is not a day"))?)))
}

/// Names who stands in for the reader until a day; nobody: ends it.
///
/// # Errors
/// `Forbidden` to enterprises; a person of another role or office; a day that is past or too far off.
pub async fn appoint_deputy(cx: &Context, deputy: Option<&Id<Account>>, until: Option<Date>) -> Result<(), Error> {
    let actor = cx.actor()?;
    if !actor.role.is_government() {
        let sentence = Text::new("代理供各部门和专员使用。", "Substitution is for the offices and the officers.");
        return Err(Public::Forbidden { sentence }.into());
    }
    let before = deputy_of(&cx.service.db, &actor.account).await?.map(|(id, _)| id);
    let concerned: BTreeSet<Id<Account>> = before.into_iter().chain(deputy.cloned()).collect();
    let named = match deputy {
        None => None,
        Some(deputy) => {
            let until = substitution(until, cx.service.clock.now().date())?;
            let other = crate::account::actor(&cx.service.db, deputy).await?;
            if !other.is_some_and(|other| other.may_stand_in_for(actor)) {
                return Err(Public::invalid("deputy", text!("请选择本单位同岗位的同事。", "A colleague of the same post.")).into());
            }
            Some((deputy, until))
        }
    };
    let mut tx = cx.service.db.begin_write().await?;
    let subject = named.map_or_else(|| "deputy: none".to_string(), |(deputy, until)| format!("deputy: {deputy} until {until}"));
    crate::account::enter_rights(cx, &mut tx, &subject, &concerned).await?;
    match named {
        None => {
            sqlx::query("delete from deputy where account = $1").bind(actor.account.to_string()).execute(&mut *tx).await?;
        }
        Some((deputy, until)) => {
            sqlx::query(
                "insert into deputy (account, deputy, until) values ($1, $2, $3) \
                 on conflict (account) do update set deputy = excluded.deputy, until = excluded.until",
            )
            .bind(actor.account.to_string())
            .bind(deputy.to_string())
            .bind(until.to_string())
            .execute(&mut *tx)
            .await?;
        }
    }
    tx.commit().await?;
    crate::account::tell_rights(cx, &concerned);
    Ok(())
}

/// Whom somebody stands in for on a day: those who are still of the same post and house. One that was to last longer than a
/// substitution may counts for nothing.
pub(crate) async fn stands_for(db: &Db, account: &Id<Account>, on: Date) -> Result<BTreeSet<Id<Account>>, Fault> {
    let rows = sqlx::query(
        "select d.account as account from deputy d join account a on a.id = d.account join account b on b.id = d.deputy \
         where d.deputy = $1 and d.until >= $2 and d.until <= $3 and a.role = b.role and a.firm = b.firm",
    )
    .bind(account.to_string())
    .bind(on.to_string())
    .bind(on.plus(LONGEST_SUBSTITUTION).to_string())
    .fetch_all(db.pool())
    .await?;
    rows.iter().map(|row| Ok(row.try_get::<String, _>("account")?.into())).collect()
}

/// The rows as they stand, for comparing.
///
/// # Errors
/// The database failed.
pub async fn all(service: &crate::Service) -> Result<Vec<Item>, Fault> {
    let rows = sqlx::query("select * from work order by project, matter").fetch_all(service.db.pool()).await?;
    rows.iter().map(from_row).collect()
}
