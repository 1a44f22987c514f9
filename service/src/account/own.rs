//! Who somebody is, for their own page.

use super::{matters_of, person_from};
use crate::db::Db;
use crate::error::Fault;
use domain::account::{Account, Person};
use domain::catalogue::Matter;
use domain::id::Id;
use sqlx::Row;

/// What somebody's own page says of who they are.
#[derive(Clone, Debug)]
pub struct Own {
    /// What the person signs in by.
    pub login: String,
    /// Who they are, as others see them.
    pub person: Person,
    /// Areas they lead.
    pub areas: Vec<String>,
    /// Matters they answer for.
    pub matters: Vec<Id<Matter>>,
}

/// Somebody's own account.
///
/// # Errors
/// The database failed, or there is none.
pub async fn own(db: &Db, account: &Id<Account>) -> Result<Own, Fault> {
    let row = sqlx::query(
        "select a.id as id, a.login as login, a.name as name, a.role as role, f.name as firm_name \
         from account a join firm f on f.id = a.firm where a.id = $1",
    )
    .bind(account.to_string())
    .fetch_one(db.pool())
    .await?;
    let areas = sqlx::query("select subject from duty where account = $1 and kind = 'area' order by subject")
        .bind(account.to_string())
        .fetch_all(db.pool())
        .await?;
    Ok(Own {
        login: row.try_get("login")?,
        person: person_from(&row)?,
        areas: areas.iter().map(|row| row.try_get("subject")).collect::<Result<_, _>>()?,
        matters: matters_of(db, account).await?.into_iter().collect(),
    })
}
