//! `quanlian serve`.

use super::{Arguments, Failed, complain, print, say};
use crate::one_line::OneLine;
use crate::serve::{Config, raise_descriptors, serve};
use crate::{AppState, Settings, Site, router};
use clap::Args;
use domain::{Text, text};
use ipnet::IpNet;
use service::{Fault, demo};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;
use url::Url;

#[derive(Args)]
pub struct Serve {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// The address people use, such as https://portal.example; requests for another host are refused
    #[arg(long, value_name = "URL", env = "QUANLIAN_PUBLIC", value_parser = an_origin)]
    public: Option<Url>,
    /// The address or network of a proxy before the portal, which says where requests come from; may repeat
    #[arg(long, value_name = "NET", value_parser = a_network)]
    proxy: Vec<IpNet>,
    /// An address or network that people of government may come from; may repeat; all if not given
    #[arg(long, value_name = "NET", value_parser = a_network)]
    staff_from: Vec<IpNet>,
    /// Where to write about a weakness of the portal: a mail address or a URL, for /.well-known/security.txt
    #[arg(long, value_name = "CONTACT", env = "QUANLIAN_SECURITY_CONTACT", value_parser = a_contact)]
    security_contact: Option<Url>,
    /// Folder with the browser's files; beside the program's folder if not given
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
    /// Make demonstration accounts and projects
    #[arg(long)]
    demo: bool,
    /// Let others than this machine reach the demonstration, whose passwords everybody knows
    #[arg(long)]
    demo_on_any_address: bool,
}

/// The origin of a URL: no path, nobody's name.
fn an_origin(given: &str) -> Result<Url, String> {
    let wrong = || said(&text!("“{given}”应写作 https://主机 或 http://主机:端口", "`{given}`: expected https://HOST or http://HOST:PORT"));
    let url = Url::parse(given).map_err(|_| wrong())?;
    let plain =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if plain && matches!(url.scheme(), "http" | "https") { Ok(url) } else { Err(wrong()) }
}

/// A network, or an address alone.
fn a_network(given: &str) -> Result<IpNet, String> {
    let alone = |_| given.parse::<IpAddr>().map(IpNet::from);
    let wrong = |_| said(&text!("“{given}”不是网段，如 10.0.0.0/8", "`{given}` is no network, such as 10.0.0.0/8"));
    given.parse::<IpNet>().or_else(alone).map_err(wrong)
}

fn a_contact(given: &str) -> Result<Url, String> {
    let mail = if given.contains('@') && !given.contains(':') { format!("mailto:{given}") } else { given.to_string() };
    let url = Url::parse(&mail).ok().filter(|url| matches!(url.scheme(), "mailto" | "https" | "tel"));
    url.ok_or_else(|| {
        said(&text!("“{given}”不是邮箱、电话或 https 网址", "`{given}` is neither a mail address, a telephone nor an https URL"))
    })
}

fn said(text: &Text) -> String {
    say(text).to_string()
}

impl Serve {
    pub async fn run(&self, arguments: &Arguments) -> Result<(), Failed> {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(|| OneLine(std::io::stderr())).init();
        if let Some(sentence) = self.refusal() {
            complain(format_args!("quanlian: {}", say(&sentence)));
            return Err(Failed);
        }
        raise_descriptors();
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
        let address = listener.local_addr().map_err(Fault::from)?;
        let settings = self.settings(address)?;
        let public = settings.origin().unwrap_or_default();
        if public.starts_with("http://") && !address.ip().is_loopback() {
            tracing::warn!("{public} is not encrypted: put a proxy with HTTPS before the portal, and say its address with --public");
        }
        let (stop, stopping) = watch::channel(false);
        let state = AppState::new(service.clone(), site, settings, stopping)?;
        if let Some(folder) = &arguments.catalogue {
            tokio::spawn(reread(folder.clone(), state.clone()));
        }
        let jobs = state.clone();
        tokio::spawn(service::jobs::run(move || jobs.service()));
        tokio::spawn(service::daily_head::make_daily(service.clone()));
        let config = Config::of(&state);
        tokio::spawn(async move {
            asked_to_stop().await;
            let _ = stop.send(true);
        });
        print(format_args!("quanlian is at {public} ({})", service.db.name()));
        serve(listener, router(state), config).await;
        service.db.close().await;
        Ok(())
    }

    /// Why it is not served like this.
    fn refusal(&self) -> Option<Text> {
        let here = self.listen.ip().is_loopback();
        if self.demo && !self.demo_on_any_address && !(here && self.public_is_here()) {
            return Some(Text::new(
                "演示账号的密码人人知道，只供本机使用（--listen 127.0.0.1:3000）。确需让他人访问，请另加 --demo-on-any-address。",
                "Everybody knows the passwords of the demonstration, so it is for this machine alone (--listen 127.0.0.1:3000). \
                 If others are to reach it, add --demo-on-any-address.",
            ));
        }
        (!here && self.public.is_none()).then(|| {
            Text::new(
                "要让他人访问，请用 --public 写明门户的网址，如 --public https://portal.example。",
                "If others are to reach the portal, say its address with --public, such as --public https://portal.example.",
            )
        })
    }

    fn public_is_here(&self) -> bool {
        self.public.as_ref().is_none_or(|url| Settings { public: Some(url.clone()), ..Settings::default() }.is_local())
    }

    /// On this machine alone the public address is the one it listens on.
    fn settings(&self, address: SocketAddr) -> Result<Settings, Failed> {
        let public = match &self.public {
            Some(url) => url.clone(),
            None => Url::parse(&format!("http://{address}")).map_err(|e| Fault::from(e.to_string()))?,
        };
        Ok(Settings {
            public: Some(public),
            proxies: self.proxy.clone(),
            staff: self.staff_from.clone(),
            contact: self.security_contact.clone(),
        })
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
