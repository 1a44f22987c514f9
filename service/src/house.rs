//! Keeps house, aside from anybody's request: ends what is over by time and lets go of what is spent.

use crate::Service;
use crate::account::{session, ticket, token};
use crate::error::Error;
use std::time::Duration;

/// From one look to the next.
const EVERY: Duration = Duration::from_secs(5 * 60);

/// Keeps house for as long as the database is open.
pub async fn keep(service: Service) {
    let mut pause = tokio::time::interval(EVERY);
    pause.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !service.db.pool().is_closed() {
        pause.tick().await;
        if let Err(error) = clean(&service).await {
            // A fault is logged by this.
            error.into_public();
        }
    }
}

/// Does it once.
///
/// # Errors
/// The database failed.
pub async fn clean(service: &Service) -> Result<(), Error> {
    let cx = service.context(None);
    // One that fails keeps none of the others from being done.
    let done = [
        session::clean(&cx).await,
        token::clean(&cx).await,
        ticket::clean(&cx).await,
        crate::limit::forget_old(service).await.map_err(Error::from),
        crate::material::forget_old(service).await.map_err(Error::from),
    ];
    done.into_iter().collect()
}
