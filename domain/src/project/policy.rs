//! Who may do what: rows of rights, each with whose it is and what is said to everybody else; deny by default. Why each right is
//! whose stands in docs/decisions/0018-rights.md, the whole table in docs/rights.md.

use super::Project;
use crate::account::{Account, Actor};
use crate::catalogue::{Catalogue, Matter, Organisation, certifies, is_enterprises};
use crate::id::Id;
use crate::refusal::Refusal;
use crate::role::Role;
use crate::rule::Rule;
use crate::text::Text;
use std::collections::BTreeSet;

/// What someone wants to do. The matter is named where the right depends on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Right {
    /// Open a new project from a guide map.
    StartProject,
    /// See the project and what its parties may know.
    View,
    /// See what only government may know.
    ViewInternal,
    /// Record a note that only government may know.
    NoteInternal,
    /// Name the agent.
    AppointAgent,
    /// Name the lead officer.
    AppointLead,
    /// Prepare and file for the enterprise's side.
    Submit(Id<Matter>),
    /// Accept, pause, resume, decide, issue, refuse, record, take on.
    Handle(Id<Matter>),
    /// Record and finish what the project owner does by itself (自主验收).
    Conclude(Id<Matter>),
    /// Say that a matter counts as accepted, since nobody answered.
    DeemAccepted(Id<Matter>),
    /// Say that a promised paper falls due.
    Remind,
    /// Say that a matter does not apply after all.
    Exempt(Id<Matter>),
    /// Ask, ask again, close.
    Ask,
    /// Answer a question about a matter; with whom it was put to.
    Answer(Id<Matter>, Option<Id<Account>>),
    /// Answer a question that is about the project as a whole.
    AnswerGeneral,
    /// Tell of something that keeps the project from going on.
    RaiseDifficulty,
    /// Name the lead department of a difficulty, resolve it.
    LeadDifficulty,
    /// Put and accept proposals on a difficulty; with the offices named for it, none before they are.
    Negotiate(BTreeSet<Id<Organisation>>),
    /// Record a note, meeting or milestone.
    Note,
    /// Fill in a field of the data sheet that this organisation knows.
    Fill(Id<Organisation>),
    /// Confirm what others filled in for the enterprise.
    ConfirmSheet,
    /// Say that a section of the data sheet is ready.
    MarkReady,
    /// Put a document into the library.
    AddDocument,
    /// Replace, sort or remove a document; with the office that brought it, none: the enterprise's side did.
    ChangeDocument(Option<Id<Organisation>>),
    /// File and correct a package.
    FilePackage,
    /// Take an application back.
    Withdraw,
    /// Give an opinion on a filed matter; with the offices that cooperate on it.
    Review(Id<Matter>, BTreeSet<Id<Organisation>>),
    /// Send the correction notice of a package; with the matters that are live in it.
    Notify(BTreeSet<Id<Matter>>),
    /// Turn what passed pre-review into formal filings on the land day.
    Convert,
    /// Say that the land is lost.
    Lapse,
    /// Extend a time limit (行政许可法 art. 42: by the head of the office).
    Extend(Id<Matter>),
    /// Issue, correct and revoke certificates of these matters.
    HandleAll(Vec<Id<Matter>>),
    /// Issue several certificates in one act.
    IssueJointly,
    /// Make a variant the plan the project works to.
    AdoptPlan,
}

/// How somebody stands to a project, and to what a right is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    /// Whoever opens projects from a guide map.
    Starter,
    /// Somebody of the firm that owns the project.
    Owner,
    /// The project's agent.
    Agent,
    /// The project's lead officer.
    Lead,
    /// Somebody of an office that has a matter of the project.
    Office,
    /// A leader of the district.
    DistrictLeader,
    /// A supervision officer.
    Supervisor,
    /// Somebody of the office whose matter it is, or one of whose matters. Nobody else is competent, whoever asks them to
    /// (行政许可法 art. 22).
    CompetentOffice,
    /// The same, where it decides all of the matters under public law.
    IssuingOffice,
    /// The head of the office whose matter it is.
    CompetentHead,
    /// Somebody of an office that the right names.
    NamedOffice,
    /// Somebody of an office of the project, as long as the right names none.
    OfficeBeforeNaming,
    /// The agent or the lead officer, where the question was put to them.
    PutTo,
    /// The owner, where it does the matter by itself.
    OwnerByItself,
    /// The lead officer, where no office handles the matter.
    LeadWithoutOffice,
    /// No person: the rule itself, which has no other right.
    Rule(Rule),
}

impl Relation {
    /// As the printed table calls it.
    pub fn name(self) -> Text {
        match self {
            Relation::Starter => Text::new("企业、帮代办专员、首席服务专员", "enterprises, agents, lead officers"),
            Relation::Owner => Text::new("建设单位", "the project owner"),
            Relation::Agent => Text::new("本项目帮代办专员", "its agent"),
            Relation::Lead => Text::new("本项目首席服务专员", "its lead officer"),
            Relation::Office => Text::new("项目内各部门", "the offices of the project"),
            Relation::DistrictLeader => Text::new("区分管领导", "the district leader"),
            Relation::Supervisor => Text::new("督办员", "the supervision officer"),
            Relation::CompetentOffice => Text::new("主办部门", "the competent office"),
            Relation::IssuingOffice => Text::new("发证的主办部门", "the competent office, where it issues certificates"),
            Relation::CompetentHead => Text::new("主办部门负责人", "the head of the competent office"),
            Relation::NamedOffice => Text::new("所列部门", "the offices named"),
            Relation::OfficeBeforeNaming => Text::new("项目内各部门（指定之前）", "the offices of the project, before any is named"),
            Relation::PutTo => Text::new("被问到的专员", "the officer it was put to"),
            Relation::OwnerByItself => Text::new("建设单位（自办事项）", "the owner, of what it does by itself"),
            Relation::Rule(rule) => rule.name(),
            Relation::LeadWithoutOffice => Text::new("首席服务专员（无主办部门的事项）", "the lead officer, where no office handles it"),
        }
    }
}

/// A row of the table: whose a right is, and what is said to everybody else.
pub struct Row {
    /// Whoever stands so to the project has the right; nobody else does.
    pub whose: &'static [Relation],
    /// What everybody else is told, in Chinese and in English, after what they are signed in as.
    pub otherwise: (&'static str, &'static str),
}

impl Right {
    /// The table.
    pub fn row(&self) -> Row {
        use Relation::{
            Agent, CompetentHead, CompetentOffice, DistrictLeader, IssuingOffice, Lead, LeadWithoutOffice, NamedOffice, Office,
            OfficeBeforeNaming, Owner, OwnerByItself, PutTo, Starter, Supervisor,
        };
        const NOTHING: (&str, &str) = ("没有这项权限", "there is no right to do this");
        const ISSUES: (&str, &str) = ("由该事项的主办部门发证、更正和撤销", "only the matter’s own office issues, corrects and revokes");
        const HANDLES: (&str, &str) = ("由该事项的主办部门办理", "only the matter’s own office handles it");
        const ASKS: (&str, &str) = ("由建设单位或其帮代办专员提问、追问和关闭", "asking and closing is for the project owner or its agent");
        const ANSWERS: (&str, &str) = (
            "由审批骨干专员、主办部门或被问到的专员答复",
            "answers come from the matter’s office, its backbone officer or whom of the project’s officers the question was put to",
        );
        const LEADS: (&str, &str) = ("由首席服务专员指定牵头部门和议定", "only the lead officer names the leading office and resolves");
        const NEGOTIATES: (&str, &str) = (
            "您的部门不是这个困难的牵头或配合部门，不能提方案，可请首席服务专员先列入",
            "your office neither leads nor cooperates on this difficulty; ask the lead officer to name it first",
        );
        const CHANGES: (&str, &str) = (
            "由上传的一方改动文件：建设单位和帮代办专员，或上传的部门",
            "a document is changed by the side that brought it: the project owner and its agent, or the office",
        );
        let (whose, otherwise): (&'static [Relation], _) = match self {
            Right::StartProject => (&[Starter], NOTHING),
            Right::View => (&[Owner, Agent, Lead, Office, DistrictLeader, Supervisor], NOTHING),
            Right::ViewInternal | Right::NoteInternal => (&[Agent, Lead, Office, DistrictLeader, Supervisor], NOTHING),
            Right::AppointAgent => (&[Lead, DistrictLeader], ("由首席服务专员安排帮代办专员", "the lead officer names the agent")),
            // A lead officer does not hand the post on: who leads is decided above.
            Right::AppointLead => (&[DistrictLeader], ("由区分管领导指定首席服务专员", "the district leader names the lead officer")),
            // Offices start their own internal work and the land market themselves.
            Right::Submit(_) => (
                &[Owner, Agent, CompetentOffice],
                ("由建设单位或其帮代办专员准备和申报", "preparing and filing is for the project owner or its agent"),
            ),
            Right::Handle(_) => (&[CompetentOffice], HANDLES),
            Right::Conclude(_) => (&[OwnerByItself], HANDLES),
            // Whether a licence is needed is the competent office's word (art. 32); where there is none, the lead officer's.
            Right::Exempt(_) => (
                &[CompetentOffice, LeadWithoutOffice],
                ("由该事项的主办部门认定不需要办", "the matter’s own office says that it is not needed"),
            ),
            Right::DeemAccepted(_) => {
                (&[Relation::Rule(Rule::DeemedAcceptance)], ("视为受理由规则记录", "deemed acceptance is recorded by the rule"))
            }
            Right::Remind => (&[Relation::Rule(Rule::PromiseDue)], ("到期提醒由规则记录", "the reminder is recorded by the rule")),
            Right::Extend(_) => {
                (&[CompetentHead], ("由主办部门的负责人批准延长", "only the head of the matter’s own office extends a time limit"))
            }
            Right::Ask => (&[Owner, Agent], ASKS),
            // The office explains its own matters (art. 30). A question that no officer of it was there for came to the team.
            Right::Answer(..) => (&[CompetentOffice, PutTo], ANSWERS),
            Right::AnswerGeneral => (&[Agent, Lead], ANSWERS),
            Right::RaiseDifficulty => {
                (&[Owner, Agent], ("由建设单位或其帮代办专员提出困难", "difficulties are raised by the project owner or its agent"))
            }
            Right::LeadDifficulty => (&[Lead, DistrictLeader], LEADS),
            Right::Negotiate(_) => (&[Owner, Agent, Lead, NamedOffice, OfficeBeforeNaming], NEGOTIATES),
            Right::Note => (&[Owner, Agent, Lead, Office], NOTHING),
            Right::AdoptPlan => (&[Lead], ("由首席服务专员确定计划", "only the lead officer adopts the plan")),
            // The agent fills in with the enterprise what the enterprise knows; an office what it knows itself.
            Right::Fill(provider) if is_enterprises(provider) => (&[Owner, Agent], NOTHING),
            Right::Fill(_) => (&[NamedOffice], NOTHING),
            Right::ConfirmSheet => {
                (&[Owner], ("由建设单位自己确认代填的内容", "only the project owner confirms what others filled in for it"))
            }
            Right::MarkReady => (&[Owner, Agent], ("由建设单位或其帮代办专员标记", "marking is for the project owner or its agent")),
            Right::AddDocument => (
                &[Owner, Agent, Office],
                ("由建设单位、帮代办专员和主办部门上传文件", "documents come from the project owner, its agent and the offices"),
            ),
            Right::ChangeDocument(None) => (&[Owner, Agent], CHANGES),
            Right::ChangeDocument(Some(_)) => (&[NamedOffice], CHANGES),
            Right::FilePackage => {
                (&[Owner, Agent], ("由建设单位或其帮代办专员申报和补正", "filing and correcting is for the project owner or its agent"))
            }
            // An agent files (art. 29); giving the application up is for whose it is.
            Right::Withdraw => (&[Owner], ("由建设单位自己撤回申报", "only the project owner withdraws what was filed")),
            Right::Review(..) => {
                (&[CompetentOffice, NamedOffice], ("由主办和配合部门审查", "reviewing is for the matter’s own and cooperating offices"))
            }
            // The organ that was applied to tells the applicant, once and all (art. 32); one that it consults tells the organ. The
            // lead officer sends it for all of them, as the office that takes in for several does (art. 26).
            Right::Notify(_) => (
                &[Lead, CompetentOffice],
                (
                    "由件内事项的主办部门或首席服务专员告知补正",
                    "the notice is sent by an office whose matter is in the package, or by the lead officer",
                ),
            ),
            // It makes the applications formal: the applicant's word, or its agent's (art. 29).
            Right::Convert => (&[Owner, Agent], ("由建设单位或其帮代办专员转为正式", "converting is for the project owner and its agent")),
            Right::Lapse => (&[Lead], ("由首席服务专员认定失效", "only the lead officer says that a pre-review lapses")),
            Right::HandleAll(_) => (&[IssuingOffice], ISSUES),
            Right::IssueJointly => (&[Lead], ("由首席服务专员发起联发", "only the lead officer issues certificates together")),
        };
        Row { whose, otherwise }
    }

    /// The right to give an opinion on a matter: it names the offices that cooperate on it.
    pub fn review(catalogue: &Catalogue, matter: &Id<Matter>) -> Right {
        let cooperating = catalogue.matter(matter.as_str()).map(|m| m.cooperating.iter().cloned().collect());
        Right::Review(matter.clone(), cooperating.unwrap_or_default())
    }

    /// The matters it is about.
    fn matters(&self) -> Vec<&Id<Matter>> {
        match self {
            Right::Submit(matter) | Right::Handle(matter) | Right::Conclude(matter) | Right::Exempt(matter) | Right::Extend(matter) => {
                vec![matter]
            }
            Right::Answer(matter, _) | Right::Review(matter, _) => vec![matter],
            Right::Notify(matters) => matters.iter().collect(),
            Right::HandleAll(matters) => matters.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it names an office.
    fn names(&self, office: &Id<Organisation>) -> bool {
        match self {
            Right::Negotiate(offices) | Right::Review(_, offices) => offices.contains(office),
            Right::Fill(named) | Right::ChangeDocument(Some(named)) => named == office,
            _ => false,
        }
    }

    /// That somebody who sees the project may not.
    pub fn refusal(&self, actor: &Actor) -> Refusal {
        let (role, (zh, en)) = (actor.role.name(), self.row().otherwise);
        Refusal::NotYours(Text::new(
            format!("您的身份是{}：{zh}。", role.zh),
            format!("You are signed in as {}: {en}.", role.en.to_lowercase()),
        ))
    }
}

/// The office somebody speaks for.
pub fn office_of(actor: &Actor) -> Option<&Id<Organisation>> {
    actor.office.as_ref().filter(|office| actor.role.has_office() && !is_enterprises(office))
}

/// Whether the actor handles this matter: somebody of the office whose matter it is.
pub fn handles(actor: &Actor, project: &Project, matter: &Id<Matter>) -> bool {
    let office = office_of(actor);
    office.is_some() && office == project.matters.get(matter).map(|m| &m.department)
}

/// Whose part it is to open projects from a guide map.
pub fn starts_projects(role: Role) -> bool {
    matches!(role, Role::Enterprise | Role::Agent | Role::LeadOfficer)
}

/// Whether somebody stands so to a project and what a right is about.
fn stands(actor: &Actor, relation: Relation, project: &Project, right: &Right) -> bool {
    let is = |other: Relation| stands(actor, other, project, right);
    let department = |matter: &&Id<Matter>| project.matters.get(*matter).map(|m| &m.department);
    let by_the_enterprise = || right.matters().iter().any(|matter| department(matter).is_some_and(is_enterprises));
    match relation {
        Relation::Starter => starts_projects(actor.role),
        Relation::Owner => actor.role == Role::Enterprise && actor.firm == project.owner,
        Relation::Agent => actor.role == Role::Agent && actor.is(project.team.agent.as_ref()),
        Relation::Lead => actor.role == Role::LeadOfficer && actor.is(project.team.lead.as_ref()),
        Relation::Office => office_of(actor).is_some_and(|office| project.offices.contains(office)),
        Relation::DistrictLeader => actor.role == Role::DistrictLeader,
        Relation::Supervisor => actor.role == Role::Supervisor,
        Relation::CompetentOffice => right.matters().iter().any(|matter| handles(actor, project, matter)),
        Relation::IssuingOffice => {
            let issues = |matter: &&Id<Matter>| handles(actor, project, matter) && department(matter).is_some_and(certifies);
            !right.matters().is_empty() && right.matters().iter().all(issues)
        }
        Relation::CompetentHead => actor.role == Role::DepartmentHead && is(Relation::CompetentOffice),
        Relation::NamedOffice => is(Relation::Office) && office_of(actor).is_some_and(|office| right.names(office)),
        Relation::OfficeBeforeNaming => is(Relation::Office) && matches!(right, Right::Negotiate(offices) if offices.is_empty()),
        Relation::PutTo => {
            let put_to = matches!(right, Right::Answer(_, to) if actor.is(to.as_ref()));
            put_to && (is(Relation::Agent) || is(Relation::Lead))
        }
        Relation::OwnerByItself => is(Relation::Owner) && by_the_enterprise(),
        Relation::Rule(rule) => actor.is_rule(rule),
        Relation::LeadWithoutOffice => is(Relation::Lead) && by_the_enterprise(),
    }
}

/// Whether somebody has a right. `project` is absent only for what needs none.
pub fn may(actor: &Actor, right: &Right, project: Option<&Project>) -> bool {
    match project {
        Some(project) => right.row().whose.iter().any(|relation| stands(actor, *relation, project, right)),
        None => *right == Right::StartProject && starts_projects(actor.role),
    }
}
