//! Handing certificates out, one or several at once (多证联发): what stands in the way, and what then happens.

use super::{Event, PreparedCertificate};
use crate::account::By;
use crate::catalogue::{Catalogue, Matter, certifies};
use crate::id::Id;
use crate::project::matter::{self, Progress};
use crate::project::{self, Project, Stamp, library};
use crate::refusal::{Refusal, not_now};
use crate::text::Text;
use std::collections::BTreeSet;

/// What still stands in the way of issuing these together, matter by matter; an empty list: nothing.
pub fn joint_issue_obstacles(project: &Project, catalogue: &Catalogue, matters: &BTreeSet<Id<Matter>>) -> Vec<(Id<Matter>, Vec<Text>)> {
    let in_order = catalogue.matters.iter().filter(|m| matters.contains(&m.id) && project.matters.contains_key(&m.id));
    let obstacles = |m: &Matter| {
        let mut list = Vec::new();
        if !certifies(&m.department) {
            list.push(Text::new("不由行政机关办理，不发证照", "no office of government handles it; it has no certificate"));
        }
        match project.matters.get(&m.id).map(|t| &t.progress) {
            Some(Progress::Decided) => {}
            // The act hands over what each office has decided (行政许可法 arts 22, 26, 38): nobody decides in its place.
            Some(Progress::Accepted { .. }) => {
                list.extend(project.obstacles(catalogue, &m.id));
                list.push(Text::new("主办部门还没有作出决定", "its office has not decided"));
            }
            _ => {
                let state = matter::state(project, catalogue, &m.id).map(|s| s.name()).unwrap_or_else(|| Text::same(""));
                list.push(Text::new(format!("现在是“{}”", state.zh), format!("it is now “{}”", state.en)));
            }
        }
        let outside: Vec<_> = matter::before(project, m).issue.into_iter().filter(|before| !matters.contains(before)).collect();
        if !outside.is_empty() {
            let names = matter::names(catalogue, &outside);
            list.push(Text::new(format!("须先办结{}", names.zh), format!("first to be finished: {}", names.en)));
        }
        list
    };
    in_order.map(|m| (m.id.clone(), obstacles(m))).collect()
}

/// The events of one certificate: the matter's own steps, the certificate, and its printed form in the library.
pub(super) fn issue_events(project: &Project, made: PreparedCertificate, joint: Option<&str>, step: matter::Event) -> Vec<project::Event> {
    let mut events = vec![project::Event::Matter { matter: made.matter.clone(), event: step }];
    let documents = made.documents.clone();
    let printed = made.printed.clone();
    let office = project.matters.get(&made.matter).map(|tracked| tracked.department.clone());
    events.push(project::Event::Certificate { event: Event::Issued { made, joint: joint.map(str::to_string) } });
    for (material, id) in documents {
        let event = library::Event::Added { material: Some(material.clone()), file: printed.clone(), office: office.clone() };
        events.push(project::Event::Document { id, event });
        // Whoever promised to bring it need not any more.
        events.extend(project.supplied(&material));
    }
    events
}

/// That these may be issued together now.
///
/// # Errors
/// Fewer than two; what still stands in the way of each.
pub fn may_issue_jointly(project: &Project, catalogue: &Catalogue, matters: &BTreeSet<Id<Matter>>) -> Result<(), Refusal> {
    if matters.len() < 2 {
        return not_now("联发须选两个以上的事项。", "A joint issue needs two matters or more.");
    }
    let in_the_way: Vec<_> = joint_issue_obstacles(project, catalogue, matters).into_iter().filter(|(_, list)| !list.is_empty()).collect();
    if !in_the_way.is_empty() {
        let name = |id: &Id<Matter>| catalogue.matter(id.as_str()).map_or_else(|| Text::same(id.as_str()), |m| m.name.clone());
        let zh: Vec<String> = in_the_way
            .iter()
            .map(|(id, list)| format!("“{}”{}", name(id).zh, list.iter().map(|t| t.zh.as_str()).collect::<Vec<_>>().join("、")))
            .collect();
        let en: Vec<String> = in_the_way
            .iter()
            .map(|(id, list)| format!("{}: {}", name(id).en, list.iter().map(|t| t.en.as_str()).collect::<Vec<_>>().join(", ")))
            .collect();
        return Err(Refusal::NotNow(Text::new(format!("还不能联发：{}。", zh.join("；")), format!("Not yet: {}.", en.join("; ")))));
    }
    Ok(())
}

pub(super) fn jointly(
    project: &Project,
    catalogue: &Catalogue,
    receipt: &str,
    made: Vec<PreparedCertificate>,
    by: By,
) -> Result<Vec<project::Event>, Refusal> {
    let matters: BTreeSet<Id<Matter>> = made.iter().map(|m| m.matter.clone()).collect();
    if matters.len() != made.len() {
        return Err(Refusal::Unknown);
    }
    may_issue_jointly(project, catalogue, &matters)?;
    // Each after those it rests on, as the project stands after them.
    let mut so_far = project.clone();
    let mut left = made;
    let mut events = Vec::new();
    let mut numbers = Vec::new();
    while !left.is_empty() {
        let free = |m: &PreparedCertificate| {
            let before = catalogue.matter(m.matter.as_str()).map(|matter| matter::before(&so_far, matter).issue);
            before.is_some_and(|list| list.is_empty())
        };
        let Some(next) = left.iter().position(free) else {
            return not_now("所选事项互为前提，不能联发。", "These matters wait for each other.");
        };
        let made = left.remove(next);
        numbers.push(made.number.clone());
        let these = issue_events(&so_far, made, Some(receipt), matter::Event::Issued);
        let stamp = Stamp { at: by.at, by: &by.actor.account, assumed: false };
        these.iter().for_each(|event| so_far.apply(event, stamp));
        events.extend(these);
    }
    events.push(project::Event::Certificate { event: Event::IssuedJointly { receipt: receipt.to_string(), numbers } });
    Ok(events)
}
