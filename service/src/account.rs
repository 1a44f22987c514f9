//! Accounts: people, firms, duties, sign-in. Personal data lives here, never in the log.

use crate::db::Db;
use crate::error::{Error, Fault, Public};
use crate::{Context, Service, new_id, random_hex};
use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use domain::account::{Account, Actor, Firm, Person, Role};
use domain::catalogue::{Matter, Organisation};
use domain::date::Instant;
use domain::id::Id;
use domain::log::Digest;
use domain::text;
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// A session lasts a working week and a weekend.
const SESSION_SECONDS: i64 = 7 * 24 * 3600;
/// Wrong passwords for one login before it has to wait.
const ATTEMPTS: u32 = 10;
const WAIT_SECONDS: i64 = 15 * 60;
const SHORTEST_PASSWORD: usize = 8;

/// Failed sign-ins by login.
#[derive(Clone, Default)]
pub struct Attempts(Arc<Mutex<HashMap<String, (u32, Instant)>>>);

impl Attempts {
    fn blocked(&self, login: &str, now: Instant) -> bool {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() > 10_000 {
            map.retain(|_, (_, since)| now < since.plus_seconds(WAIT_SECONDS));
        }
        match map.get(login) {
            Some((_, since)) if now >= since.plus_seconds(WAIT_SECONDS) => {
                map.remove(login);
                false
            }
            Some((count, _)) => *count >= ATTEMPTS,
            None => false,
        }
    }

    fn failed(&self, login: &str, now: Instant) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.entry(login.to_string()).or_insert((0, now)).0 += 1;
    }

    fn succeeded(&self, login: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(login);
    }
}

/// A person to be entered.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub login: String,
    pub name: String,
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

/// A password to be hashed, or one that has been.
#[derive(Clone, Debug)]
pub enum Password {
    Plain(String),
    Hashed(String),
}

impl From<&str> for Password {
    fn from(plain: &str) -> Password {
        Password::Plain(plain.to_string())
    }
}

/// One password at a time: each costs 19 MiB for a moment, and that memory is then used again.
async fn one_at_a_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _turn = TURN.lock().await;
    tokio::task::spawn_blocking(work).await.map_err(|e| Fault::from(e.to_string()))
}

/// Hashes a password for several accounts at once.
///
/// # Errors
/// Too short, or the hash failed.
pub async fn hash_password(plain: String) -> Result<Password, Error> {
    if plain.chars().count() < SHORTEST_PASSWORD {
        let sentence = text!("密码至少 {SHORTEST_PASSWORD} 位", "a password has at least {SHORTEST_PASSWORD} characters");
        return Err(Public::invalid("password", sentence).into());
    }
    Ok(Password::Hashed(one_at_a_time(move || hash(&plain)).await??))
}

fn hash(password: &str) -> Result<String, Fault> {
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(|e| e.to_string())?;
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt).map_err(|e| e.to_string())?.to_string())
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
    let needs_office = matches!(new.role, Role::Department | Role::DepartmentHead | Role::BackboneOfficer);
    if needs_office && new.office.is_none() {
        return invalid("office", text!("{} 要写明所属单位（office）", "{} needs an office", new.role.code()));
    }
    for matter in &new.matters {
        if service.catalogue.matter(matter.as_str()).is_none() {
            return invalid("matter", text!("没有事项“{matter}”", "there is no matter `{matter}`"));
        }
    }
    let password_hash = match new.password {
        Some(Password::Plain(plain)) => match hash_password(plain).await? {
            Password::Hashed(hash) | Password::Plain(hash) => Some(hash),
        },
        Some(Password::Hashed(hash)) => Some(hash),
        None => None,
    };
    let now = service.clock.now().to_string();
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
    let id: Id<Account> = new_id();
    sqlx::query("insert into account (id, login, name, role, firm, password_hash, created_at) values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(id.to_string())
        .bind(new.login)
        .bind(new.name.trim().to_string())
        .bind(new.role.code().to_string())
        .bind(firm)
        .bind(password_hash)
        .bind(now)
        .execute(&mut *tx)
        .await?;
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
        sqlx::query("insert into duty (kind, subject, account) values ($1, $2, $3)")
            .bind(kind.to_string())
            .bind(subject)
            .bind(id.to_string())
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(id)
}

/// A person's account by login, if there is one.
///
/// # Errors
/// The database failed.
pub async fn by_login(db: &Db, login: &str) -> Result<Option<Id<Account>>, Fault> {
    let row = sqlx::query("select id from account where login = $1").bind(login.to_string()).fetch_optional(db.pool()).await?;
    Ok(row.map(|r| r.try_get::<String, _>("id")).transpose()?.map(Id::from))
}

/// A session's secret, to be kept by the browser alone.
pub struct Token(pub String);

/// Signs in. The same sentence for an unknown login and a wrong password: neither tells who exists.
///
/// # Errors
/// Wrong, or tried too often.
pub async fn sign_in(cx: &Context, login: &str, password: &str) -> Result<Token, Error> {
    let service = &cx.service;
    let now = service.clock.now();
    let login = login.trim().to_lowercase();
    if service.attempts.blocked(&login, now) {
        let sentence = text!("密码错误次数过多，请 15 分钟后再试。", "Too many wrong passwords; please try again in 15 minutes.");
        return Err(Public::TooMany { sentence, after: 900 }.into());
    }
    let row = sqlx::query("select id, password_hash from account where login = $1 and disabled_at is null")
        .bind(login.clone())
        .fetch_optional(service.db.pool())
        .await?;
    let (account, stored) = match &row {
        Some(row) => (row.try_get::<String, _>("id")?, row.try_get::<Option<String>, _>("password_hash")?),
        None => (String::new(), None),
    };
    // An unknown login costs the same time as a wrong password.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let known = stored.is_some();
    let stored = stored.unwrap_or_else(|| NOBODY.to_string());
    let password = password.to_string();
    let right = one_at_a_time(move || {
        PasswordHash::new(&stored).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await?;
    if !(right && known) {
        service.attempts.failed(&login, now);
        return Err(Public::invalid("login", text!("登录名或密码不对。", "The login or the password is not right.")).into());
    }
    service.attempts.succeeded(&login);
    let token = begin_session(service, account, SESSION_SECONDS).await?;
    sqlx::query("delete from session where expires_at < $1").bind(now.to_string()).execute(service.db.pool()).await?;
    Ok(token)
}

async fn begin_session(service: &Service, account: String, seconds: i64) -> Result<Token, Fault> {
    let now = service.clock.now();
    let token = random_hex(32);
    sqlx::query("insert into session (token_hash, account, created_at, expires_at) values ($1, $2, $3, $4)")
        .bind(Digest::of(token.as_bytes()).to_string())
        .bind(account)
        .bind(now.to_string())
        .bind(now.plus_seconds(seconds).to_string())
        .execute(service.db.pool())
        .await?;
    Ok(Token(token))
}

/// A secret by which a program acts as somebody, for some days. The operator gives it out.
///
/// # Errors
/// There is no such login.
pub async fn access_token(service: &Service, login: &str, days: u16) -> Result<Token, Error> {
    let Some(account) = by_login(&service.db, login).await? else {
        return Err(Public::invalid("login", text!("没有登录名“{login}”", "there is no login `{login}`")).into());
    };
    Ok(begin_session(service, account.to_string(), i64::from(days) * 86_400).await?)
}

/// Ends a session.
///
/// # Errors
/// The database failed.
pub async fn sign_out(service: &Service, token: &str) -> Result<(), Error> {
    sqlx::query("delete from session where token_hash = $1")
        .bind(Digest::of(token.as_bytes()).to_string())
        .execute(service.db.pool())
        .await?;
    Ok(())
}

/// Who holds a session, if it is valid.
///
/// # Errors
/// The database failed.
pub async fn signed_in(service: &Service, token: &str) -> Result<Option<(Actor, Person)>, Fault> {
    let row = sqlx::query(
        "select a.id as id, a.name as name, a.role as role, f.id as firm, f.name as firm_name, f.office as office \
         from session s join account a on a.id = s.account join firm f on f.id = a.firm \
         where s.token_hash = $1 and s.expires_at > $2 and a.disabled_at is null",
    )
    .bind(Digest::of(token.as_bytes()).to_string())
    .bind(service.clock.now().to_string())
    .fetch_optional(service.db.pool())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let account: Id<Account> = row.try_get::<String, _>("id")?.into();
    let mut actor = actor_from(&service.db, &account, &row).await?;
    actor.stands_for = crate::work::stands_for(&service.db, &account, service.clock.now().date()).await?;
    for other in &actor.stands_for {
        actor.matters.extend(matters_of(&service.db, other).await?);
    }
    Ok(Some((actor, person_from(&row)?)))
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

fn person_from(row: &sqlx::any::AnyRow) -> Result<Person, Fault> {
    Ok(Person {
        account: row.try_get::<String, _>("id")?.into(),
        name: row.try_get("name")?,
        role: role_from(row)?,
        firm: row.try_get("firm_name")?,
    })
}

/// Everybody, by account: names for what the log says.
///
/// # Errors
/// The database failed.
pub async fn people(db: &Db) -> Result<BTreeMap<Id<Account>, Person>, Fault> {
    let rows =
        sqlx::query("select a.id as id, a.name as name, a.role as role, f.name as firm_name from account a join firm f on f.id = a.firm")
            .fetch_all(db.pool())
            .await?;
    rows.iter().map(|row| person_from(row).map(|p| (p.account.clone(), p))).collect()
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

/// The backbone officer of every matter that has one.
///
/// # Errors
/// The database failed.
pub async fn backbones(db: &Db) -> Result<BTreeMap<Id<Matter>, Id<Account>>, Fault> {
    let rows = sqlx::query("select subject, account from duty where kind = 'matter'").fetch_all(db.pool()).await?;
    rows.iter().map(|r| Ok((r.try_get::<String, _>("subject")?.into(), r.try_get::<String, _>("account")?.into()))).collect()
}

/// The areas that have a lead officer.
///
/// # Errors
/// The database failed.
pub async fn areas(db: &Db) -> Result<Vec<String>, Fault> {
    let rows = sqlx::query("select subject from duty where kind = 'area' order by subject").fetch_all(db.pool()).await?;
    rows.iter().map(|r| Ok(r.try_get("subject")?)).collect()
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
