//! Each event as a sentence a person reads.

use crate::catalogue::{Catalogue, Matter, Organisation};
use crate::certificate::Event as Z;
use crate::consultation::Event as C;
use crate::difficulty::Event as D;
use crate::id::Id;
use crate::material::Event as F;
use crate::matter::Event as M;
use crate::plan::adopted::{Event as P, moved_sentence};
use crate::project::Event;
use crate::sheet::Event as S;
use crate::submission::Event as U;
use crate::team::Event as T;
use crate::text::Text;

/// What happened, without who and when: those stand beside it.
pub fn sentence(event: &Event, catalogue: &Catalogue, person: &impl Fn(&crate::Id<crate::account::Account>) -> Option<String>) -> Text {
    let matter = |id: &Id<Matter>| catalogue.matter(id.as_str()).map_or_else(|| Text::same(id.as_str()), |m| m.name.clone());
    let about = |id: &Option<Id<Matter>>| id.as_ref().map_or_else(|| Text::new("项目", "the project"), matter);
    let office = |id: &Id<Organisation>| catalogue.organisation(id.as_str()).map_or_else(|| Text::same(id.as_str()), |o| o.name.clone());
    let paper = |id: &Option<Id<crate::catalogue::Material>>| match id.as_ref().and_then(|id| catalogue.material(id.as_str())) {
        Some(material) => material.name.clone(),
        None => Text::new("未归类的文件", "a document not sorted yet"),
    };
    let name = |id: &crate::Id<crate::account::Account>| person(id).map_or_else(|| Text::new("一位专员", "an officer"), Text::same);
    match event {
        Event::Started { opening, matters, .. } => Text::new(
            format!("立起项目“{}”，列出 {} 个事项", opening.name, matters.len()),
            format!("started the project “{}” with {} matters", opening.name, matters.len()),
        ),
        Event::Noted { note } => note.text.clone(),
        Event::Plan { event: P::Adopted { moved, reason, .. } } => {
            let what = moved_sentence(catalogue, moved);
            Text::new(format!("确定计划（{reason}）：{}", what.zh), format!("adopted the plan ({reason}): {}", what.en))
        }
        Event::Submission { event, .. } => match event {
            U::Filed { number, parcels, previews } => {
                let (n, early) = (parcels.len(), previews.len());
                Text::new(
                    format!(
                        "一并申报 {n} 个事项，收件号 {number}{}",
                        if early > 0 { format!("，其中容缺预审 {early} 个") } else { String::new() }
                    ),
                    format!(
                        "filed {n} together under {number}{}",
                        if early > 0 { format!(", {early} for pre-review") } else { String::new() }
                    ),
                )
            }
            U::Opined { matter: id, office: by, verdict, .. } => {
                let (m, o, v) = (matter(id), office(by), verdict.sentence());
                Text::new(format!("{}：{}意见：{}", m.zh, o.zh, v.zh), format!("{}: opinion of {}: {}", m.en, o.en, v.en))
            }
            U::Notified { points } => {
                let n: usize = points.values().map(Vec::len).sum();
                Text::new(format!("一次性告知补正，共 {n} 处"), format!("one correction notice with {n} points"))
            }
            U::Returned { parcels, .. } => Text::new(
                format!("完成补正，{} 个事项的内容有更新", parcels.len()),
                format!("corrected; the filings of {} changed", parcels.len()),
            ),
            U::Converted { matters } => Text::new(
                format!("{} 个事项由预审转为正式受理", matters.len()),
                format!("{} went from pre-review to formal acceptance", matters.len()),
            ),
            U::Supplied { material, .. } => {
                let paper = paper(&Some(material.clone()));
                Text::new(format!("补交容缺材料：{}", paper.zh), format!("supplied as promised: {}", paper.en))
            }
            U::Withdrawn { reason } => Text::new(format!("撤回申报：{reason}"), format!("withdrew the filing: {reason}")),
            U::Lapsed { reason } => Text::new(format!("拿地前预审失效：{reason}"), format!("the pre-reviews lapsed: {reason}")),
        },
        Event::Certificate { event } => match event {
            Z::Issued { made, .. } => {
                let m = matter(&made.matter);
                Text::new(format!("{}：颁发 {}", m.zh, made.number), format!("{}: issued {}", m.en, made.number))
            }
            Z::IssuedJointly { receipt, numbers } => {
                let n = numbers.len();
                Text::new(format!("{n} 证联发，回执 {receipt}"), format!("{n} certificates issued together, receipt {receipt}"))
            }
            Z::Corrected { number, by, reason } => {
                Text::new(format!("{number} 更正为 {by}：{reason}"), format!("{number} corrected by {by}: {reason}"))
            }
            Z::Revoked { number, reason } => Text::new(format!("撤销 {number}：{reason}"), format!("revoked {number}: {reason}")),
        },
        Event::Document { event, .. } => match event {
            F::Added { material, file, .. } => {
                let p = paper(material);
                let kind = file.media.ending();
                Text::new(format!("上传{}（{kind}）", p.zh), format!("uploaded: {} ({kind})", p.en))
            }
            F::Replaced { why, .. } => Text::new(format!("上传文件新版本：{why}"), format!("uploaded a new version of a document: {why}")),
            F::Sorted { material } => {
                let p = paper(material);
                Text::new(format!("把文件归为{}", p.zh), format!("sorted a document as: {}", p.en))
            }
            F::Limited { expires: Some(day) } => Text::new(format!("文件有效期至 {day}"), format!("a document holds until {day}")),
            F::Limited { expires: None } => Text::new("文件长期有效", "a document holds without end"),
            F::Removed { why } => Text::new(format!("移除文件：{why}"), format!("removed a document: {why}")),
        },
        Event::Sheet { event } => {
            let section = |id: &str| catalogue.section_name(id);
            match event {
                S::Confirmed { fields } => {
                    let n = fields.len();
                    Text::new(
                        format!("确认代填的 {n} 项内容"),
                        format!("confirmed {n} field{} filled in for it", if n == 1 { "" } else { "s" }),
                    )
                }
                S::Ready { section: id, .. } => {
                    let name = section(id);
                    Text::new(format!("数据表单“{}”一节已备好", name.zh), format!("the section “{}” of the data sheet is ready", name.en))
                }
                S::Unready { section: id } => {
                    let name = section(id);
                    Text::new(format!("数据表单“{}”一节改为未备好", name.zh), format!("the section “{}” is not ready after all", name.en))
                }
            }
        }
        Event::Team { event: T::LeadAppointed { account } } => {
            let name = name(account);
            Text::new(format!("由{}任首席服务专员", name.zh), format!("{} is the lead officer now", name.en))
        }
        Event::Team { event: T::AgentAppointed { account } } => {
            let name = name(account);
            Text::new(format!("由{}任帮代办专员", name.zh), format!("{} is the agent now", name.en))
        }
        Event::Matter { matter: id, event } => {
            let m = matter(id);
            let (zh, en) = match event {
                M::Prepared => ("备齐材料".to_string(), "prepared".to_string()),
                M::Filed { preview: false } => ("申报".into(), "filed".into()),
                M::Filed { preview: true } => ("申报（容缺预审）".into(), "filed for tolerant pre-review".into()),
                M::Accepted { due, .. } => (format!("受理，承诺 {due} 前办结"), format!("accepted, promised by {due}")),
                M::Paused { reason, note, .. } => {
                    (format!("暂停计时（{}）：{note}", reason.name().zh), format!("clock paused ({}): {note}", reason.name().en))
                }
                M::Resumed { due, .. } => (format!("恢复计时，{due} 到期"), format!("clock resumed, due {due}")),
                M::PreReviewed { opinion } => (format!("容缺预审通过：{opinion}"), format!("pre-review passed: {opinion}")),
                M::Decided => ("作出决定".into(), "decided".into()),
                M::Issued => ("办结".into(), "issued".into()),
                M::Refused { ground } => (format!("不予许可：{ground}"), format!("refused: {ground}")),
                M::Returned { .. } => ("一次性告知补正".into(), "sent back to be corrected".into()),
                M::Withdrawn { reason } => (format!("撤回：{reason}"), format!("withdrawn: {reason}")),
                M::Lapsed { reason } => (format!("预审失效：{reason}"), format!("the pre-review lapsed: {reason}")),
                M::Extended { due, reason, .. } => (format!("延长至 {due}：{reason}"), format!("extended to {due}: {reason}")),
                M::Elsewhere { elsewhere: e } => {
                    (format!("在“{}”办结，文号 {}", e.system, e.number), format!("decided in “{}” under {}", e.system, e.number))
                }
                M::Claimed { from: None } => ("认领办理".into(), "taken on".into()),
                M::Claimed { from: Some(from) } => (format!("从{}接手办理", name(from).zh), format!("taken over from {}", name(from).en)),
                M::Released => ("放回待认领".into(), "given back".into()),
                M::Exempted { reason } => (format!("不需要办：{reason}"), format!("not applicable: {reason}")),
            };
            Text::new(format!("{}：{zh}", m.zh), format!("{}: {en}", m.en))
        }
        Event::Consultation { event, .. } => match event {
            C::Asked { matter: m, text, .. } => {
                Text::new(format!("就{}提问：{text}", about(m).zh), format!("asked about {}: {text}", about(m).en))
            }
            C::Answered { text } => Text::new(format!("答复：{text}"), format!("answered: {text}")),
            C::AskedAgain { text, .. } => Text::new(format!("追问：{text}"), format!("asked again: {text}")),
            C::Closed => Text::new("关闭咨询", "closed the question"),
        },
        Event::Difficulty { event, .. } => match event {
            D::Raised { matter: m, text } => {
                Text::new(format!("就{}提出困难：{text}", about(m).zh), format!("raised a difficulty on {}: {text}", about(m).en))
            }
            D::Appointed { lead, cooperating } => {
                let (lead, others) = (office(lead), cooperating.iter().map(office).collect::<Vec<_>>());
                let zh = others.iter().map(|o| o.zh.as_str()).collect::<Vec<_>>().join("、");
                let en = others.iter().map(|o| o.en.as_str()).collect::<Vec<_>>().join(", ");
                if others.is_empty() {
                    Text::new(format!("困难由{}牵头", lead.zh), format!("{} leads on the difficulty", lead.en))
                } else {
                    Text::new(format!("困难由{}牵头，{zh}配合", lead.zh), format!("{} leads on the difficulty with {en}", lead.en))
                }
            }
            D::Proposed { text, counters: None, .. } => Text::new(format!("提出方案：{text}"), format!("proposed: {text}")),
            D::Proposed { text, counters: Some(n), .. } => {
                Text::new(format!("针对方案 {n} 反提：{text}"), format!("countered proposal {n}: {text}"))
            }
            D::Accepted { proposal, .. } => Text::new(format!("同意方案 {proposal}"), format!("accepted proposal {proposal}")),
            D::Resolved { action, owner, due } => Text::new(
                format!("困难议定：{action}，由{}于 {due} 前完成", office(owner).zh),
                format!("difficulty resolved: {action}; {} by {due}", office(owner).en),
            ),
        },
    }
}
