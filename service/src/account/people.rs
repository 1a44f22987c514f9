//! Who people are, by their ids: names for what the log says. Nothing here reads all accounts.

use super::role_from;
use crate::db::Db;
use crate::error::Fault;
use domain::account::{Account, Actor, Person};
use domain::catalogue::Matter;
use domain::id::Id;
use domain::role::Role;
use domain::rule::Rule;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};

/// A person from a row of the select that `PERSON` is.
pub(crate) fn person_from(row: &AnyRow) -> Result<Person, Fault> {
    Ok(Person {
        account: row.try_get::<String, _>("id")?.into(),
        name: row.try_get("name")?,
        role: role_from(row)?,
        firm: row.try_get("firm_name")?,
    })
}

/// Most ids in one query.
const IDS_AT_ONCE: usize = 128;

/// `$1, $2, …` for so many values; there are only a few lengths, so that the database keeps the statements.
fn places(n: usize) -> String {
    (1..=n).map(|i| format!("${i}")).collect::<Vec<_>>().join(", ")
}

/// Some ids as they are bound: the last one once more until their number is a power of two.
fn padded(ids: &[&str]) -> Vec<String> {
    let n = ids.len().next_power_of_two();
    ids.iter().chain(std::iter::repeat(ids.last().unwrap_or(&""))).take(n).map(ToString::to_string).collect()
}

/// These people, by account: names for what the log says.
///
/// # Errors
/// The database failed.
pub async fn people(db: &Db, ids: &BTreeSet<Id<Account>>) -> Result<BTreeMap<Id<Account>, Person>, Fault> {
    // Rules sign too, and are nobody here.
    let ids: Vec<&str> = ids.iter().filter(|id| Rule::of(id).is_none()).map(Id::as_str).collect();
    let mut people = BTreeMap::new();
    for ids in ids.chunks(IDS_AT_ONCE) {
        let ids = padded(ids);
        let sql = format!("{PERSON} where a.id in ({})", places(ids.len()));
        let query = ids.into_iter().fold(sqlx::query(sqlx::AssertSqlSafe(sql)), |query, id| query.bind(id));
        for row in &query.fetch_all(db.pool()).await? {
            let person = person_from(row)?;
            people.insert(person.account.clone(), person);
        }
    }
    Ok(people)
}

/// What [`person_from`] reads.
const PERSON: &str = "select a.id as id, a.name as name, a.role as role, f.name as firm_name from account a join firm f on f.id = a.firm";

/// All agents: who can be named the agent of a project.
///
/// # Errors
/// The database failed.
pub(crate) async fn agents(db: &Db) -> Result<Vec<Person>, Fault> {
    let sql = format!("{PERSON} where a.role = $1");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(Role::Agent.code()).fetch_all(db.pool()).await?;
    rows.iter().map(person_from).collect()
}

/// The others of somebody's post and house, by name.
///
/// # Errors
/// The database failed.
pub(crate) async fn colleagues(db: &Db, of: &Actor) -> Result<Vec<Person>, Fault> {
    let sql = format!("{PERSON} where a.role = $1 and a.firm = $2 and a.id <> $3 order by a.name, a.id");
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(of.role.code()).bind(of.firm.to_string()).bind(of.account.to_string());
    query.fetch_all(db.pool()).await?.iter().map(person_from).collect()
}

/// The officer on duty for an area or a matter.
///
/// # Errors
/// The database failed.
pub async fn on_duty(db: &Db, kind: &str, subject: &str) -> Result<Option<Id<Account>>, Fault> {
    let row = sqlx::query("select account from duty where kind = $1 and subject = $2")
        .bind(kind.to_string())
        .bind(subject.to_string())
        .fetch_optional(db.pool())
        .await?;
    Ok(row.map(|r| r.try_get::<String, _>("account")).transpose()?.map(Id::from))
}

/// The backbone officers of these matters, of those that have one.
///
/// # Errors
/// The database failed.
pub(crate) async fn backbones<'m>(
    db: &Db,
    matters: impl Iterator<Item = &'m Id<Matter>>,
) -> Result<BTreeMap<Id<Matter>, Id<Account>>, Fault> {
    let matters: Vec<&str> = matters.map(Id::as_str).collect();
    let mut backbones = BTreeMap::new();
    for matters in matters.chunks(IDS_AT_ONCE) {
        let matters = padded(matters);
        let sql = format!("select subject, account from duty where kind = 'matter' and subject in ({})", places(matters.len()));
        let query = matters.into_iter().fold(sqlx::query(sqlx::AssertSqlSafe(sql)), |query, id| query.bind(id));
        for row in &query.fetch_all(db.pool()).await? {
            backbones.insert(row.try_get::<String, _>("subject")?.into(), row.try_get::<String, _>("account")?.into());
        }
    }
    Ok(backbones)
}

/// The agent with the fewest projects.
///
/// # Errors
/// The database failed.
pub async fn least_busy_agent(db: &Db) -> Result<Option<Id<Account>>, Fault> {
    let row = sqlx::query(
        "select a.id as id, count(c.project) as projects from account a left join project_card c on c.agent = a.id \
         where a.role = 'agent' and a.disabled_at is null and a.password_hash is not null group by a.id order by projects, a.id limit 1",
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|r| r.try_get::<String, _>("id")).transpose()?.map(Id::from))
}
