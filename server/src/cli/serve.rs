//! `quanlian serve`.

use super::{Arguments, Failed, print, say};
use crate::one_line::OneLine;
use crate::{AppState, Settings, Site, router};
use axum::serve::ListenerExt;
use clap::Args;
use service::{Fault, demo};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

#[derive(Args)]
pub struct Serve {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// Folder with the browser's files; beside the program's folder if not given
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
    /// Make demonstration accounts and projects
    #[arg(long)]
    demo: bool,
}

impl Serve {
    pub async fn run(&self, arguments: &Arguments) -> Result<(), Failed> {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(|| OneLine(std::io::stderr())).init();
        // The port first: a taken one is said before anything is made.
        let listener = TcpListener::bind(self.listen).await.map_err(|e| {
            Fault::from(format!("cannot listen on {}: {e}. Is it running already? Choose another with --listen.", self.listen))
        })?;
        let site = Site::open(self.site_folder()?)?;
        let service = arguments.service().await?;
        if self.demo {
            demo::ensure(&service).await?;
            print("demonstration accounts (password of each: quanlian-demo)");
            for (login, name, role, firm, _) in demo::ACCOUNTS {
                print(format_args!("  {login:<10} {name}  {}  {firm}", role.name().zh));
            }
        }
        tokio::spawn(service::account::keep_house(service.clone()));
        let address = listener.local_addr().map_err(Fault::from)?;
        let settings = Settings::default();
        let (stop, stopping) = watch::channel(false);
        let state = AppState::new(service.clone(), site, settings, stopping)?;
        if let Some(folder) = &arguments.catalogue {
            tokio::spawn(reread(folder.clone(), state.clone()));
        }
        tokio::spawn(service::daily_head::make_daily(service.clone()));
        let app = router(state);
        print(format_args!("quanlian is at http://{address} ({})", service.db.name()));
        // Small frames go at once: else each waits until the one before it was acknowledged, up to 40 ms.
        let listener = listener.tap_io(|connection| {
            let _ = connection.set_nodelay(true);
        });
        let ended = axum::serve(listener, app)
            .with_graceful_shutdown(async move {
                asked_to_stop().await;
                let _ = stop.send(true);
            })
            .await;
        service.db.close().await;
        Ok(ended.map_err(Fault::from)?)
    }

    fn site_folder(&self) -> Result<PathBuf, Failed> {
        if let Some(folder) = &self.site {
            return Ok(folder.clone());
        }
        let program = std::env::current_exe().map_err(Fault::from)?;
        let here = program.parent().map(PathBuf::from).unwrap_or_default();
        let beside = here.join("site");
        // As built, the program is in target/release and the site in target/site.
        Ok(if beside.join("manifest.json").exists() { beside } else { here.join("../site") })
    }
}

/// On HUP the catalogue's folder is read again. One with mistakes is told with all of them, and the old one stays.
async fn reread(folder: PathBuf, state: AppState) {
    #[cfg(unix)]
    {
        let Ok(mut asked) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()) else { return };
        while asked.recv().await.is_some() {
            match service::catalogue::from_folder(&folder) {
                Ok(catalogue) => {
                    let edition = catalogue.edition.clone();
                    match state.replace_catalogue(Arc::new(catalogue)) {
                        Ok(()) => tracing::info!(edition, "the catalogue was read again"),
                        Err(error) => tracing::error!(%error, "the catalogue cannot be served; the old one stays"),
                    }
                }
                Err(mistakes) => {
                    for mistake in &mistakes {
                        tracing::error!("{}:{}: {}", mistake.file, mistake.line, say(&mistake.what));
                    }
                    tracing::error!("the catalogue has {} mistakes; the old one stays", mistakes.len());
                }
            }
        }
    }
    #[cfg(not(unix))]
    let _ = (folder, state);
}

/// Ctrl-C, or the service manager's TERM.
async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}
