//! What the portal *does*: the event log and its read tables, accounts, projects. Server only; knows
//! nothing of HTTP. Rules are asked of `domain`, never written here.

#![warn(missing_docs)]

pub mod account;
pub mod audit;
pub mod blob;
pub mod case;
pub mod catalogue;
pub mod certificate;
pub mod clock;
pub mod crypto;
pub mod daily_head;
pub mod db;
pub mod demo;
pub mod deputy;
mod error;
pub mod jobs;
pub mod limit;
pub mod log;
pub mod material;
mod once;
pub mod project;
mod projection;
pub mod seal_stored;
pub mod sheet;
pub mod submission;
pub mod verify;
mod witness;
pub mod work;

pub use error::{Error, Fault, Public};

use blob::Blobs;
use certificate::Keys;
use clock::Clock;
use db::Db;
use domain::account::Actor;
use domain::browser::Browser;
use domain::catalogue::Catalogue;
use log::Log;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Where requests of this machine's command line come from.
pub const LOCAL: &str = "local";

/// The portal, open for business. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    /// The database everything but contents and keys is in.
    pub db: Db,
    /// The event log on it.
    pub log: Log,
    /// The data sheets' documents on it.
    pub sheets: sheet::Sheets,
    /// The store of contents: documents, snapshots, certificates.
    pub blobs: Blobs,
    /// The keys that sign, seal and are believed.
    pub keys: Keys,
    /// The edition of the catalogue it works by.
    pub catalogue: Arc<Catalogue>,
    /// Where the time is from.
    pub clock: Clock,
    pub(crate) projects: project::ProjectCache,
    /// What this server counts against the table of limits.
    pub counts: limit::Counts,
    /// Tells open connections that what they came in by has ended.
    pub endings: account::Endings,
}

/// Who is asking: the first argument of every operation.
#[derive(Clone)]
pub struct Context {
    /// The portal that is asked.
    pub service: Service,
    /// The person who is signed in; none: nobody is.
    pub actor: Option<Actor>,
    /// The network address the request comes from, or [`LOCAL`].
    pub address: String,
    /// The address is not one that people of government may come from.
    pub outside: bool,
    /// The portal's own address, where its certificates can be checked; empty where nobody said.
    pub origin: String,
    /// The browser it comes from, where that is of interest.
    pub browser: Browser,
    /// What this request has put on record as read: a page that asks twice reads once.
    pub(crate) on_record: Arc<tokio::sync::Mutex<BTreeSet<String>>>,
}

impl Service {
    /// Opens the database, with the store of contents and the keys beside it; brings its tables up to date and starts the appender.
    ///
    /// # Errors
    /// The database cannot be reached or is not ours, or the keys are not those that its data was sealed with.
    pub async fn open(database: &str, blobs: Blobs, keys: Keys, catalogue: Arc<Catalogue>, clock: Clock) -> Result<Service, Fault> {
        let db = Db::open(database).await?;
        let log = Log::start(db.clone()).await?;
        let sheets = sheet::Sheets::start(db.clone(), keys.clone());
        let blobs = blobs.sealed_with(&keys);
        let endings = account::Endings::start(db.clone(), clock.clone());
        let service =
            Service { db, log, sheets, blobs, keys, catalogue, clock, projects: Default::default(), counts: Default::default(), endings };
        // Else what is written from now on would be sealed with keys that go when the right ones are put back.
        if !witness::all_open(&service).await? {
            return Err("a storage key that this portal's data was sealed with is not in the folder of keys: put the folder back \
                        from its backup, the one made after the last `key rotate`"
                .into());
        }
        witness::leave(&service).await?;
        service.keys.begin(&service).await?;
        jobs::begin(&service).await?;
        Ok(service)
    }

    /// The same portal with another edition of the catalogue.
    #[must_use]
    pub fn with_catalogue(&self, catalogue: Arc<Catalogue>) -> Service {
        Service { catalogue, ..self.clone() }
    }

    /// A request of this person, whom somebody has signed in or made sure of before; from [`LOCAL`] until [`Context::from`]
    /// says otherwise.
    pub fn context(&self, actor: Option<Actor>) -> Context {
        Context {
            service: self.clone(),
            actor,
            address: LOCAL.to_string(),
            outside: false,
            origin: String::new(),
            browser: Browser::default(),
            on_record: Default::default(),
        }
    }
}

impl Context {
    /// The same request, from this address.
    #[must_use]
    pub fn from(self, address: &str) -> Context {
        Context { address: address.to_string(), ..self }
    }

    /// The same request, with whether it comes from outside the networks of government.
    #[must_use]
    pub fn outside(self, outside: bool) -> Context {
        Context { outside, ..self }
    }

    /// The same request, sent to the portal at this address.
    #[must_use]
    pub fn at(self, origin: &str) -> Context {
        Context { origin: origin.to_string(), ..self }
    }

    /// The same request, from this browser.
    #[must_use]
    pub fn in_browser(self, browser: Browser) -> Context {
        Context { browser, ..self }
    }

    /// Who the address counts as in limits: everybody who has IPv6 has a whole network of 64 bits.
    pub fn network(&self) -> String {
        match self.address.parse() {
            Ok(std::net::IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
            _ => self.address.clone(),
        }
    }

    /// The signed-in person.
    ///
    /// # Errors
    /// Nobody is signed in.
    pub fn actor(&self) -> Result<&Actor, Error> {
        self.actor.as_ref().ok_or(Error::Public(Public::SignedOut))
    }
}

/// A new id: time-ordered, so that lists by id are lists by time.
pub fn new_id<K>() -> domain::Id<K> {
    uuid::Uuid::now_v7().to_string().into()
}

/// `n` random bytes in hexadecimal.
pub fn random_hex(n: usize) -> String {
    (0..n).map(|_| format!("{:02x}", rand::random::<u8>())).collect()
}
