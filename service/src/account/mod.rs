//! Accounts: people, firms, duties, and how they come in. Personal data lives here, never in the log.

mod access;
mod ending;
mod hashing;
mod own;
mod password;
mod people;
pub(crate) mod session;
mod sign_in;
pub(crate) mod stored;
pub(crate) mod ticket;
pub(crate) mod token;

pub use access::{Access, By, Holder, again, by_session, by_session_unused, by_token, note_use, signed_in};
pub use ending::{End, Endings, Following, Heard};
pub use own::{Own, own};
pub(crate) use password::hashed;
pub use password::{Password, change_password, set_password};
pub(crate) use people::{agents, backbones, colleagues, person_from};
pub use people::{least_busy_agent, on_duty, people};
pub use session::{Token, begin_session, end_others, end_session, ended_session, replace_session, sessions, sign_out};
pub use sign_in::{sign_in, sign_in_again};
pub use ticket::{Ticket, make_ticket, redeem};
pub use token::{NewToken, end_token, ended_token, make_token, revoke, tokens, tokens_of};

use crate::audit::{self, Entry};
use crate::db::Db;
use crate::error::{Error, Fault, Public};
use crate::projection::Write;
use crate::{Context, Service, new_id};
use domain::account::{Account, Actor, Firm};
use domain::audit::Kind;
use domain::catalogue::{Matter, Organisation};
use domain::date::Instant;
use domain::id::Id;
use domain::log::Digest;
use domain::role::Role;
use domain::text;
use sqlx::Row;
use std::collections::BTreeSet;

/// A person to be entered.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// What the person signs in by: 2 to 40 small letters, digits and `-_.`.
    pub login: String,
    /// The person's name, as others read it.
    pub name: String,
    /// The role in which they take part.
    pub role: Role,
    /// The firm's or office's name.
    pub firm: String,
    /// For people of an office.
    pub office: Option<Id<Organisation>>,
    /// None: the account cannot sign in.
    pub password: Option<Password>,
    /// Areas a lead officer answers for.
    pub areas: Vec<String>,
    /// Matters a backbone officer answers for.
    pub matters: Vec<Id<Matter>>,
}

/// Enters a person. A second officer for an area or matter is refused, naming the first.
///
/// # Errors
/// What is wrong with which field.
pub async fn add(service: &Service, new: NewAccount) -> Result<Id<Account>, Error> {
    let invalid = |field: &str, sentence| Err(Error::Public(Public::invalid(field, sentence)));
    let login_ok = (2..=40).contains(&new.login.len())
        && new.login.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b));
    if !login_ok {
        return invalid("login", text!("登录名应为 2–40 个小写字母、数字、- _ .", "a login is 2–40 lower-case letters, digits, - _ ."));
    }
    if new.name.trim().is_empty() || new.firm.trim().is_empty() {
        return invalid("name", text!("姓名和单位不能为空", "name and organisation cannot be empty"));
    }
    if let Some(office) = &new.office
        && service.catalogue.organisation(office.as_str()).is_none()
    {
        return invalid("office", text!("事项库里没有单位“{office}”", "the catalogue has no organisation `{office}`"));
    }
    let needs_office = new.role.has_office();
    if needs_office && new.office.is_none() {
        return invalid("office", text!("{} 要写明所属单位（office）", "{} needs an office", new.role.code()));
    }
    for matter in &new.matters {
        if service.catalogue.matter(matter.as_str()).is_none() {
            return invalid("matter", text!("没有事项“{matter}”", "there is no matter `{matter}`"));
        }
    }
    let cx = service.context(None);
    let now = service.clock.now().to_string();
    let first = matches!(new.password, Some(Password::First(_))).then(|| now.clone());
    let id: Id<Account> = new_id();
    let password_hash = match new.password {
        Some(password) => Some(stored::sealed(&cx, &id, &password.judged_and_hashed(&cx, &new.login, &new.name).await?)?),
        None => None,
    };
    let mut tx = service.db.begin_write().await?;
    let taken = sqlx::query("select id from account where login = $1").bind(new.login.clone()).fetch_optional(&mut *tx).await?;
    if taken.is_some() {
        return invalid("login", text!("登录名“{}”已有人使用", "the login `{}` is taken", new.login));
    }
    let firm: String = match sqlx::query("select id from firm where name = $1").bind(new.firm.clone()).fetch_optional(&mut *tx).await? {
        Some(row) => row.try_get("id")?,
        None => {
            let id = new_id::<Firm>().to_string();
            sqlx::query("insert into firm (id, name, office, created_at) values ($1, $2, $3, $4)")
                .bind(id.clone())
                .bind(new.firm.clone())
                .bind(new.office.as_ref().map(Id::to_string))
                .bind(now.clone())
                .execute(&mut *tx)
                .await?;
            id
        }
    };
    sqlx::query(
        "insert into account (id, login, name, role, firm, password_hash, created_at, first_password_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id.to_string())
    .bind(new.login.clone())
    .bind(new.name.trim().to_string())
    .bind(new.role.code().to_string())
    .bind(firm)
    .bind(password_hash)
    .bind(now)
    .bind(first)
    .execute(&mut *tx)
    .await?;
    let mut duties = Vec::new();
    let areas = new.areas.iter().map(|a| ("area", a.trim().to_string()));
    for (kind, subject) in areas.chain(new.matters.iter().map(|m| ("matter", m.to_string()))) {
        let holder =
            sqlx::query("select a.name as name from duty d join account a on a.id = d.account where d.kind = $1 and d.subject = $2")
                .bind(kind.to_string())
                .bind(subject.clone())
                .fetch_optional(&mut *tx)
                .await?;
        if let Some(row) = holder {
            let name: String = row.try_get("name")?;
            return invalid(
                kind,
                text!(
                    "“{subject}”已由 {name} 负责；一区域一首席，一事项一骨干",
                    "`{subject}` is already in the hands of {name}; one officer each"
                ),
            );
        }
        duties.push(format!("{kind}:{subject}"));
        sqlx::query("insert into duty (kind, subject, account) values ($1, $2, $3)")
            .bind(kind.to_string())
            .bind(subject)
            .bind(id.to_string())
            .execute(&mut *tx)
            .await?;
    }
    audit::record_in(&cx, &mut tx, Kind::AccountAdded, Entry::of(new.login.clone())).await?;
    if !duties.is_empty() {
        audit::record_in(&cx, &mut tx, Kind::RightsChanged, Entry::of(format!("{} {}", new.login, duties.join(" ")))).await?;
    }
    tx.commit().await?;
    Ok(id)
}

/// Somebody with an account, as the operator sees them.
#[derive(Clone, Debug)]
pub struct Listed {
    /// What the person signs in by.
    pub login: String,
    /// The person's name, as others read it.
    pub name: String,
    /// The role in which they take part.
    pub role: Role,
    /// The name of the company or office they belong to.
    pub firm: String,
    /// For people of an office: the id of the organisation in the catalogue.
    pub office: Option<String>,
    /// When the account was disabled; none: it is in use.
    pub disabled_at: Option<String>,
    /// The last time they signed in.
    pub signed_in_at: Option<String>,
}

/// Everybody, by login.
///
/// # Errors
/// The database failed.
pub async fn list(db: &Db) -> Result<Vec<Listed>, Fault> {
    let rows = sqlx::query(
        "select a.login as login, a.name as name, a.role as role, f.name as firm, f.office as office, a.disabled_at as disabled_at, \
         a.signed_in_at as signed_in_at from account a join firm f on f.id = a.firm order by a.login",
    )
    .fetch_all(db.pool())
    .await?;
    let listed = |row: &sqlx::any::AnyRow| {
        Ok(Listed {
            login: row.try_get("login")?,
            name: row.try_get("name")?,
            role: role_from(row)?,
            firm: row.try_get("firm")?,
            office: row.try_get("office")?,
            disabled_at: row.try_get("disabled_at")?,
            signed_in_at: row.try_get("signed_in_at")?,
        })
    };
    rows.iter().map(listed).collect()
}

/// Lets nobody in by this account any more: its sessions and tokens end at once.
///
/// # Errors
/// There is no such login.
pub async fn disable(cx: &Context, login: &str) -> Result<(), Error> {
    let account = known(&cx.service.db, login).await?;
    let mut tx = cx.service.db.begin_write().await?;
    let disabling = "update account set disabled_at = $1 where id = $2 and disabled_at is null";
    sqlx::query(disabling).bind(cx.service.clock.now().to_string()).bind(account.to_string()).execute(&mut *tx).await?;
    audit::record_in(cx, &mut tx, Kind::AccountDisabled, Entry::of(login)).await?;
    let ended = session::end_all(cx, &mut tx, &account, None, "disabled").await?;
    tx.commit().await?;
    ended.tell(cx);
    token::end_all(cx, &account).await
}

/// Lets somebody in again, with the password they had.
///
/// # Errors
/// There is no such login.
pub async fn enable(cx: &Context, login: &str) -> Result<(), Error> {
    let account = known(&cx.service.db, login).await?;
    audit::record(cx, Kind::AccountEnabled, Entry::of(login)).await?;
    sqlx::query("update account set disabled_at = null where id = $1").bind(account.to_string()).execute(cx.service.db.pool()).await?;
    Ok(())
}

/// What is written with the change itself where what these people may do changes: an entry of the record of access, and when.
/// Once that is committed, [`tell_rights`].
pub(crate) fn rights_changed(cx: &Context, subject: &str, people: &BTreeSet<Id<Account>>) -> Vec<Write> {
    let now = cx.service.clock.now().to_string();
    let at = people
        .iter()
        .map(|account| Write::Run("update account set rights_at = $1 where id = $2", vec![now.as_str().into(), account.into()]));
    [audit::beside(cx, Kind::RightsChanged, Entry::of(subject))].into_iter().chain(at).collect()
}

/// Says that what these people may do has changed: who follows a project is asked anew.
pub(crate) fn tell_rights(cx: &Context, people: &BTreeSet<Id<Account>>) {
    cx.service.endings.ask_again(people.iter().map(|id| id.as_str()));
}

/// The account of a login.
///
/// # Errors
/// There is none.
pub(crate) async fn known(db: &Db, login: &str) -> Result<Id<Account>, Error> {
    let account = by_login(db, login).await?;
    account.ok_or_else(|| Public::invalid("login", text!("没有登录名“{login}”", "there is no login `{login}`")).into())
}

/// A time as a row has it.
fn instant(row: &sqlx::any::AnyRow, column: &str) -> Result<Instant, Fault> {
    let text: String = row.try_get(column)?;
    Ok(text.parse().map_err(|_| format!("`{text}` is not a time"))?)
}

/// A person's account by login, if there is one.
///
/// # Errors
/// The database failed.
pub async fn by_login(db: &Db, login: &str) -> Result<Option<Id<Account>>, Fault> {
    let row = sqlx::query("select id from account where login = $1").bind(login.to_string()).fetch_optional(db.pool()).await?;
    Ok(row.map(|r| r.try_get::<String, _>("id")).transpose()?.map(Id::from))
}

/// An account as the rules see it.
///
/// # Errors
/// The database failed.
pub async fn actor(db: &Db, account: &Id<Account>) -> Result<Option<Actor>, Fault> {
    let row = sqlx::query(
        "select a.id as id, a.role as role, f.id as firm, f.office as office from account a join firm f on f.id = a.firm where a.id = $1",
    )
    .bind(account.to_string())
    .fetch_optional(db.pool())
    .await?;
    match row {
        Some(row) => Ok(Some(actor_from(db, account, &row).await?)),
        None => Ok(None),
    }
}

async fn actor_from(db: &Db, account: &Id<Account>, row: &sqlx::any::AnyRow) -> Result<Actor, Fault> {
    Ok(Actor {
        account: account.clone(),
        role: role_from(row)?,
        firm: row.try_get::<String, _>("firm")?.into(),
        office: row.try_get::<Option<String>, _>("office")?.map(Id::from),
        matters: matters_of(db, account).await?,
        stands_for: BTreeSet::new(),
    })
}

/// The matters a backbone officer answers for.
async fn matters_of(db: &Db, account: &Id<Account>) -> Result<BTreeSet<Id<Matter>>, Fault> {
    let matters = sqlx::query("select subject from duty where account = $1 and kind = 'matter'")
        .bind(account.to_string())
        .fetch_all(db.pool())
        .await?;
    Ok(matters.iter().map(|r| Ok(r.try_get::<String, _>("subject")?.into())).collect::<Result<_, sqlx::Error>>()?)
}

fn role_from(row: &sqlx::any::AnyRow) -> Result<Role, Fault> {
    let code: String = row.try_get("role")?;
    Ok(Role::from_code(&code).ok_or_else(|| format!("unknown role `{code}` in the accounts"))?)
}

/// The areas that have a lead officer.
///
/// # Errors
/// The database failed.
pub async fn areas(db: &Db) -> Result<Vec<String>, Fault> {
    let rows = sqlx::query("select subject from duty where kind = 'area' order by subject").fetch_all(db.pool()).await?;
    rows.iter().map(|r| Ok(r.try_get("subject")?)).collect()
}

/// A firm's name.
///
/// # Errors
/// The database failed.
pub async fn firm_name(db: &Db, firm: &Id<Firm>) -> Result<Option<String>, Fault> {
    let row = sqlx::query("select name from firm where id = $1").bind(firm.to_string()).fetch_optional(db.pool()).await?;
    Ok(row.map(|r| r.try_get("name")).transpose()?)
}

/// An id that the same form of the same person always gives.
pub fn id_from_key<K>(key: &str, account: &Id<Account>) -> Id<K> {
    let digest = Digest::of(format!("{account}/{key}").as_bytes()).to_string();
    Id::from(format!("{}-{}", &digest[..8], &digest[8..24]))
}
