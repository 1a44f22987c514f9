//! Which right a command needs, and what is said to whom it is not given.

use super::{Command, Project};
use crate::account::{Actor, Firm, Role};
use crate::catalogue::{Catalogue, Matter};
use crate::difficulty::{self, Difficulty};
use crate::id::Id;
use crate::policy::{Action, is_enterprises, may};
use crate::refusal::Refusal;
use crate::submission::{self, Submission};
use crate::text::Text;
use crate::{certificate, consultation, material, matter, sheet, team};

impl Project {
    /// The right a command needs.
    fn action(&self, catalogue: &Catalogue, command: &Command) -> Action {
        use matter::Command as M;
        use submission::Command as S;
        let cooperating =
            |id: &Id<Matter>| catalogue.matter(id.as_str()).map(|m| m.cooperating.iter().cloned().collect()).unwrap_or_default();
        match command {
            Command::Start { .. } => Action::StartProject,
            Command::Team { command: team::Command::AppointAgent { .. } } => Action::AppointAgent,
            Command::Team { command: team::Command::AppointLead { .. } } => Action::AppointLead,
            Command::Matter { matter, command } => match command {
                M::Prepare | M::File => Action::Submit(matter.clone()),
                M::Exempt { .. } => Action::Exempt(matter.clone()),
                M::Extend { .. } => Action::Extend(matter.clone()),
                M::Accept | M::Decide | M::Issue | M::Record { .. } if self.is_owners(matter) => Action::Conclude(matter.clone()),
                _ => Action::Handle(matter.clone()),
            },
            Command::Consultation { id, command } => match command {
                consultation::Command::Answer { .. } => {
                    match self.consultations.get(id).and_then(|c| Some((c.matter.clone()?, c.to.clone()))) {
                        Some((matter, to)) => Action::Answer(matter, to),
                        None => Action::AnswerGeneral,
                    }
                }
                _ => Action::Ask,
            },
            Command::Difficulty { id, command } => match command {
                difficulty::Command::Raise { .. } => Action::RaiseDifficulty,
                difficulty::Command::Appoint { .. } | difficulty::Command::Resolve { .. } => Action::LeadDifficulty,
                difficulty::Command::Propose { .. } | difficulty::Command::Accept { .. } => {
                    Action::Negotiate(self.difficulties.get(id).map(Difficulty::offices).unwrap_or_default())
                }
            },
            Command::Note { note } if note.internal => Action::NoteInternal,
            Command::Note { .. } => Action::Note,
            Command::Plan { .. } => Action::AdoptPlan,
            Command::Sheet { command: sheet::Command::Confirm { .. } } => Action::ConfirmSheet,
            Command::Sheet { .. } => Action::MarkReady,
            Command::Submission { id, command } => match command {
                S::File { .. } | S::Return { .. } => Action::FilePackage,
                S::Withdraw { .. } => Action::Withdraw,
                S::Opine { matter, .. } => Action::Review(matter.clone(), cooperating(matter)),
                S::Notify => {
                    let live = self.submissions.get(id).into_iter().flat_map(Submission::live).map(|(matter, _)| matter.clone());
                    Action::Notify(live.collect())
                }
                S::Convert { .. } => Action::Convert,
                S::Lapse { .. } => Action::Lapse,
            },
            Command::Certificate { command } => match command {
                certificate::Command::Issue { made } => Action::HandleAll(made.iter().map(|m| m.matter.clone()).collect()),
                certificate::Command::IssueJointly { .. } => Action::IssueJointly,
                certificate::Command::Correct { number, .. } | certificate::Command::Revoke { number, .. } => {
                    Action::HandleAll(self.certificates.get(number).map(|held| held.matter.clone()).into_iter().collect())
                }
            },
            Command::Document { command: material::Command::Add { .. }, .. } => Action::AddDocument,
            Command::Document { id, .. } => Action::ChangeDocument(self.library.get(id).and_then(|kept| kept.office.clone())),
        }
    }

    /// Whether the project owner does this matter by itself.
    fn is_owners(&self, matter: &Id<Matter>) -> bool {
        self.matters.get(matter).is_some_and(|tracked| is_enterprises(&tracked.department))
    }

    /// Whether somebody may do this at all; for showing or hiding a button.
    pub fn permits(&self, catalogue: &Catalogue, actor: &Actor, command: &Command) -> bool {
        may(actor, &self.action(catalogue, command), Some(self))
    }

    /// The right to a command, asked before anything else: nothing else may tell what there is.
    ///
    /// # Errors
    /// `Unknown` to whom the project does not exist, else `NotYours`.
    pub fn right(&self, catalogue: &Catalogue, actor: &Actor, command: &Command) -> Result<(), Refusal> {
        if !may(actor, &Action::View, Some(self)) {
            return Err(Refusal::Unknown);
        }
        if self.permits(catalogue, actor, command) { Ok(()) } else { Err(not_yours(actor, command)) }
    }
}

/// Whether somebody may open a project whose owner is this firm.
///
/// # Errors
/// `NotYours`.
pub fn may_start(actor: &Actor, owner: &Id<Firm>) -> Result<(), Refusal> {
    if !may(actor, &Action::StartProject, None) {
        return Err(Refusal::NotYours(Text::new(
            "只有企业、帮代办专员和首席服务专员可以立项目。",
            "Only enterprises, agents and lead officers can start a project.",
        )));
    }
    if actor.role == Role::Enterprise && actor.firm != *owner {
        return Err(Refusal::NotYours(Text::new("企业只能为本单位立项目。", "An enterprise starts projects of its own only.")));
    }
    Ok(())
}

fn not_yours(actor: &Actor, command: &Command) -> Refusal {
    let role = actor.role.name();
    let (zh, en) = match command {
        Command::Matter { command: matter::Command::Prepare | matter::Command::File, .. } => {
            ("由建设单位或其帮代办专员准备和申报", "preparing and filing is for the project owner or its agent")
        }
        Command::Matter { command: matter::Command::Exempt { .. }, .. } => {
            ("由该事项的主办部门认定不需要办", "the matter’s own office says that it is not needed")
        }
        Command::Matter { command: matter::Command::Extend { .. }, .. } => {
            ("由主办部门的负责人批准延长", "only the head of the matter’s own office extends a time limit")
        }
        Command::Matter { .. } => ("由该事项的主办部门办理", "only the matter’s own office handles it"),
        Command::Team { command: team::Command::AppointLead { .. } } => {
            ("由区分管领导指定首席服务专员", "the district leader names the lead officer")
        }
        Command::Team { .. } => ("由首席服务专员安排帮代办专员", "the lead officer names the agent"),
        Command::Consultation { command: consultation::Command::Answer { .. }, .. } => (
            "由审批骨干专员、主办部门或被问到的专员答复",
            "answers come from the matter’s office, its backbone officer or whom of the project’s officers the question was put to",
        ),
        Command::Consultation { .. } => {
            ("由建设单位或其帮代办专员提问、追问和关闭", "asking and closing is for the project owner or its agent")
        }
        Command::Difficulty { command: difficulty::Command::Raise { .. }, .. } => {
            ("由建设单位或其帮代办专员提出困难", "difficulties are raised by the project owner or its agent")
        }
        Command::Difficulty { command: difficulty::Command::Propose { .. } | difficulty::Command::Accept { .. }, .. } => (
            "您的部门不是这个困难的牵头或配合部门，不能提方案，可请首席服务专员先列入",
            "your office neither leads nor cooperates on this difficulty; ask the lead officer to name it first",
        ),
        Command::Difficulty { .. } => ("由首席服务专员指定牵头部门和议定", "only the lead officer names the leading office and resolves"),
        Command::Plan { .. } => ("由首席服务专员确定计划", "only the lead officer adopts the plan"),
        Command::Sheet { command: sheet::Command::Confirm { .. } } => {
            ("由建设单位自己确认代填的内容", "only the project owner confirms what others filled in for it")
        }
        Command::Sheet { .. } => ("由建设单位或其帮代办专员标记", "marking is for the project owner or its agent"),
        Command::Submission { command, .. } => match command {
            submission::Command::Opine { .. } => ("由主办和配合部门审查", "reviewing is for the matter’s own and cooperating offices"),
            submission::Command::Notify => (
                "由件内事项的主办部门或首席服务专员告知补正",
                "the notice is sent by an office whose matter is in the package, or by the lead officer",
            ),
            submission::Command::Lapse { .. } => ("由首席服务专员认定失效", "only the lead officer says that a pre-review lapses"),
            submission::Command::Convert { .. } => {
                ("由建设单位或其帮代办专员转为正式", "converting is for the project owner and its agent")
            }
            submission::Command::Withdraw { .. } => ("由建设单位自己撤回申报", "only the project owner withdraws what was filed"),
            submission::Command::File { .. } | submission::Command::Return { .. } => {
                ("由建设单位或其帮代办专员申报和补正", "filing and correcting is for the project owner or its agent")
            }
        },
        Command::Certificate { command: certificate::Command::IssueJointly { .. } } => {
            ("由首席服务专员发起联发", "only the lead officer issues certificates together")
        }
        Command::Certificate { .. } => ("由该事项的主办部门发证、更正和撤销", "only the matter’s own office issues, corrects and revokes"),
        Command::Document { command: material::Command::Add { .. }, .. } => {
            ("由建设单位、帮代办专员和主办部门上传文件", "documents come from the project owner, its agent and the offices")
        }
        Command::Document { .. } => (
            "由上传的一方改动文件：建设单位和帮代办专员，或上传的部门",
            "a document is changed by the side that brought it: the project owner and its agent, or the office",
        ),
        Command::Start { .. } | Command::Note { .. } => ("没有这项权限", "there is no right to do this"),
    };
    Refusal::NotYours(Text::new(
        format!("您的身份是{}：{zh}。", role.zh),
        format!("You are signed in as {}: {en}.", role.en.to_lowercase()),
    ))
}
