//! `quanlian project`: what a program does with projects in somebody's name.

use super::guide::read_answers;
use super::{Arguments, Failed, complain, print, say};
use clap::{Args, Subcommand};
use domain::guide::Answers;
use domain::text;
use service::project::Sent;
use std::path::PathBuf;

#[derive(Subcommand)]
pub enum Project {
    /// Open a project in the name of a person; prints its id
    Open(Open),
}

#[derive(Args)]
pub struct Open {
    /// Whose project it is: an enterprise's person, an agent or a lead officer
    #[arg(long)]
    login: String,
    #[arg(long)]
    name: String,
    /// The area whose lead officer takes it
    #[arg(long)]
    area: String,
    /// A JSON object from attribute to value; what is missing takes its default
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
}

impl Project {
    pub async fn run(&self, arguments: &Arguments) -> Result<(), Failed> {
        let Project::Open(open) = self;
        let service = arguments.service().await?;
        let answers = match &open.answers {
            Some(file) => read_answers(&service.catalogue, file)?,
            None => Answers::default(),
        };
        let Some(account) = service::account::by_login(&service.db, &open.login).await? else {
            complain(say(&text!("没有登录名“{}”", "there is no login `{}`", open.login)));
            return Err(Failed);
        };
        let cx = service.context(service::account::actor(&service.db, &account).await?);
        let id = service::project::open(&cx, &open.name, &open.area, answers, Sent::default()).await?;
        print(id);
        Ok(())
    }
}
