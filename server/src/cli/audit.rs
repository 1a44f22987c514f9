//! `quanlian audit`: what is on record of access.

use super::{Arguments, Failed, a_date, complain, print};
use clap::Subcommand;
use domain::date::Date;
use service::audit::Asked;

#[derive(Subcommand)]
pub enum Audit {
    /// Print who came in and what they read, a JSON object a line, in order of time
    Export {
        /// From this day on
        #[arg(long, value_name = "DATE", value_parser = a_date)]
        since: Option<Date>,
        /// Up to and including this day
        #[arg(long, value_name = "DATE", value_parser = a_date)]
        until: Option<Date>,
        /// Of this person alone, failed sign-ins by this login among it
        #[arg(long, value_name = "LOGIN")]
        account: Option<String>,
    },
    /// Let go of what was recorded before a day; at least a year is kept
    Forget {
        #[arg(long, value_name = "DATE", value_parser = a_date)]
        before: Date,
    },
}

impl Audit {
    pub async fn run(&self, arguments: &Arguments) -> Result<(), Failed> {
        let service = arguments.service().await?;
        match self {
            Audit::Export { since, until, account } => {
                let asked = Asked { since: *since, until: *until, login: account.clone() };
                let line = |entry: &service::audit::Recorded| match serde_json::to_string(entry) {
                    Ok(line) => print(line),
                    Err(error) => complain(error),
                };
                Ok(service::audit::export(&service, &asked, line).await?)
            }
            Audit::Forget { before } => {
                print(format_args!("{} entries", service::audit::forget(&service, *before).await?));
                Ok(())
            }
        }
    }
}
