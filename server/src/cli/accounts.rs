//! `quanlian account`: staff are entered here.

use super::{Arguments, Failed, complain, print, say};
use clap::{Args, Subcommand};
use domain::access::Scope;
use domain::password::SHORTEST;
use domain::role::Role;
use domain::text;
use service::account::{NewAccount, NewToken, Password};
use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal};

#[derive(Subcommand)]
pub enum Account {
    /// Enter a person. The password is read from standard input, one line
    Add(Add),
    /// Everybody: login, role, organisation, whether disabled, last sign-in
    List,
    /// Give a person another password, read from standard input; their sessions end
    Password(NewPassword),
    /// Let nobody in by this account any more; its sessions and tokens end at once
    Disable(Login),
    /// Let somebody in again
    Enable(Login),
    /// Make an access token for a person: what a program sends as `Authorization: Bearer …`
    Token(Token),
    /// The access tokens of a person
    Tokens(Login),
    /// Revoke an access token
    Revoke(Revoke),
}

#[derive(Args)]
pub struct Login {
    #[arg(long)]
    login: String,
}

#[derive(Args)]
pub struct NewPassword {
    #[arg(long)]
    login: String,
    /// The person chose it: they need not change it at the next sign-in
    #[arg(long)]
    own_password: bool,
}

#[derive(Args)]
pub struct Token {
    #[arg(long)]
    login: String,
    /// What it is for, as the person will recognise it
    #[arg(long, default_value = "token")]
    name: String,
    /// What it is good for: some of read, sheet, documents, record, with commas; all if not given
    #[arg(long, value_parser = scopes)]
    scope: Option<Scopes>,
    /// Days it holds
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
}

#[derive(Args)]
pub struct Revoke {
    #[arg(long)]
    login: String,
    /// Its name, or how its text begins: qlt_ and eight signs
    #[arg(long)]
    token: String,
}

#[derive(Clone)]
struct Scopes(BTreeSet<Scope>);

fn scopes(codes: &str) -> Result<Scopes, String> {
    let known = Scope::ALL.map(Scope::code).join(", ");
    Scope::read_list(codes)
        .map(Scopes)
        .ok_or_else(|| say(&text!("应为其中若干项，用逗号分开：{known}", "expected some of these, with commas: {known}")).to_string())
}

#[derive(Args)]
pub struct Add {
    #[arg(long)]
    login: String,
    /// The person's name
    #[arg(long)]
    name: String,
    /// enterprise, agent, backbone-officer, lead-officer, department, department-head, district-leader, supervisor or intermediary
    #[arg(long)]
    role: String,
    /// The firm's or office's name
    #[arg(long)]
    organisation: String,
    /// For people of an office: its id in the catalogue, such as natural-resources
    #[arg(long)]
    office: Option<String>,
    /// An area the lead officer answers for; may be given again
    #[arg(long = "area")]
    areas: Vec<String>,
    /// A matter the backbone officer answers for; may be given again
    #[arg(long = "matter")]
    matters: Vec<String>,
    /// Enter the person without a password: they cannot sign in
    #[arg(long)]
    no_password: bool,
    /// The person chose the password: they need not change it at the first sign-in
    #[arg(long, conflicts_with = "no_password")]
    own_password: bool,
}

impl Account {
    pub async fn run(&self, arguments: &Arguments) -> Result<(), Failed> {
        use service::account as people;
        // What is wrong is said before a database is made.
        if let Account::Add(add) = self {
            return add.run(arguments).await;
        }
        let typed = match self {
            Account::Password(new) => Some(read_password(new.own_password)?),
            _ => None,
        };
        let service = arguments.service().await?;
        let cx = service.context(None);
        match self {
            Account::Add(_) => {}
            Account::List => {
                for person in people::list(&service.db).await? {
                    let dash = || "-".to_string();
                    let state = person.disabled_at.map_or_else(|| "active".to_string(), |at| format!("disabled {at}"));
                    let (office, seen) = (person.office.unwrap_or_else(dash), person.signed_in_at.unwrap_or_else(dash));
                    let (login, role, name, firm) = (person.login, person.role.code(), person.name, person.firm);
                    print(format_args!("{login}\t{role}\t{office}\t{state}\t{seen}\t{name}\t{firm}"));
                }
            }
            Account::Password(new) => {
                if let Some(password) = typed {
                    people::set_password(&cx, &new.login, password).await?;
                }
            }
            Account::Disable(Login { login }) => people::disable(&cx, login).await?,
            Account::Enable(Login { login }) => people::enable(&cx, login).await?,
            Account::Token(Token { login, name, scope, days }) => {
                let scopes = scope.as_ref().map_or_else(Scope::all, |scopes| scopes.0.clone());
                let new = NewToken { login: login.clone(), name: name.clone(), scopes, days: *days };
                print(people::make_token(&cx, new).await?.0);
            }
            Account::Tokens(Login { login }) => {
                for line in people::tokens_of(&cx, login).await? {
                    let used = line.last_used.map_or_else(|| "-".to_string(), |at| at.to_string());
                    let scope = Scope::write_list(&line.scopes);
                    print(format_args!("{}…\t{}\t{scope}\tuntil {}\tused {used}", line.prefix, line.name, line.expires));
                }
            }
            Account::Revoke(Revoke { login, token }) => people::revoke(&cx, login, token).await?,
        }
        Ok(())
    }
}

impl Add {
    async fn run(&self, arguments: &Arguments) -> Result<(), Failed> {
        let Some(role) = Role::from_code(&self.role) else {
            let (given, known) = (&self.role, Role::ALL.map(Role::code).join(", "));
            complain(say(&text!("没有“{given}”这个角色，应为：{known}", "there is no role `{given}`; expected one of: {known}")));
            return Err(Failed);
        };
        let password = if self.no_password { None } else { Some(read_password(self.own_password)?) };
        let service = arguments.service().await?;
        let new = NewAccount {
            login: self.login.clone(),
            name: self.name.clone(),
            role,
            firm: self.organisation.clone(),
            office: self.office.as_deref().map(Into::into),
            password,
            areas: self.areas.clone(),
            matters: self.matters.iter().map(|m| m.as_str().into()).collect(),
        };
        let id = service::account::add(&service, new).await?;
        print(format_args!("{} {id}", self.login));
        Ok(())
    }
}

/// One line of standard input; the person's own password, or a first one that they will have to change.
fn read_password(own: bool) -> Result<Password, Failed> {
    if std::io::stdin().is_terminal() {
        complain(say(&text!("请输入密码（至少 {SHORTEST} 位），回车结束：", "Password (at least {SHORTEST} characters), then Enter:")));
    }
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    let password = line.trim_end_matches(['\r', '\n']).to_string();
    if read.is_err() || password.is_empty() {
        complain(say(&text!("没有读到密码", "no password was given on standard input")));
        return Err(Failed);
    }
    Ok(if own { Password::Plain(password) } else { Password::First(password) })
}
