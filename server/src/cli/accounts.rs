//! `quanlian account`: staff are entered here.

use super::{Arguments, Failed, complain, print, say};
use clap::{Args, Subcommand};
use domain::account::Role;
use domain::text;
use service::account::{NewAccount, Password};
use std::io::{BufRead, IsTerminal};

#[derive(Subcommand)]
pub enum Account {
    /// Enter a person. The password is read from standard input, one line
    Add(Add),
    /// Make an access token for a person: what a program sends as `?token=` instead of a session's cookie
    Token(Token),
}

#[derive(Args)]
pub struct Token {
    #[arg(long)]
    login: String,
    /// Days it holds
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
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
}

impl Account {
    pub async fn run(&self, arguments: &Arguments) -> Result<(), Failed> {
        let add = match self {
            Account::Add(add) => add,
            Account::Token(token) => {
                let service = arguments.service().await?;
                let made = service::account::access_token(&service, &token.login, token.days).await?;
                print(made.0);
                return Ok(());
            }
        };
        let Some(role) = Role::from_code(&add.role) else {
            let (given, known) = (&add.role, Role::ALL.map(Role::code).join(", "));
            complain(say(&text!("没有“{given}”这个角色，应为：{known}", "there is no role `{given}`; expected one of: {known}")));
            return Err(Failed);
        };
        let password = if add.no_password { None } else { Some(Password::Plain(read_password()?)) };
        let service = arguments.service().await?;
        let new = NewAccount {
            login: add.login.clone(),
            name: add.name.clone(),
            role,
            firm: add.organisation.clone(),
            office: add.office.as_deref().map(Into::into),
            password,
            areas: add.areas.clone(),
            matters: add.matters.iter().map(|m| m.as_str().into()).collect(),
        };
        let id = service::account::add(&service, new).await?;
        print(format_args!("{} {id}", add.login));
        Ok(())
    }
}

fn read_password() -> Result<String, Failed> {
    if std::io::stdin().is_terminal() {
        complain(say(&text!("请输入密码（至少 8 位），回车结束：", "Password (at least 8 characters), then Enter:")));
    }
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    let password = line.trim_end_matches(['\r', '\n']).to_string();
    if read.is_err() || password.is_empty() {
        complain(say(&text!("没有读到密码", "no password was given on standard input")));
        return Err(Failed);
    }
    Ok(password)
}
