//! What changed between two editions of the catalogue, for those who edit it and those whose drafts are in flight.

use super::{Catalogue, Matter};
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One difference between two editions, at one place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// A matter's or question's id, or another place in the files.
    pub at: String,
    /// What a reader knows the place by: a matter's name, a question's text.
    pub name: Text,
    /// What happened to it.
    pub what: What,
}

/// What sort of difference it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It is in the new edition only.
    Added,
    /// It was in the old edition only.
    Removed,
    /// One fact, as it was and as it is.
    Changed {
        /// Which fact of the matter or question: the label in front of the values.
        fact: Text,
        /// The value in the old edition, in Chinese.
        old: String,
        /// The value in the new edition, in Chinese.
        new: String,
    },
}

/// Facts of a matter that a reader relies on, each with its value in words.
fn facts(c: &Catalogue, m: &Matter) -> Vec<(Text, String)> {
    let list = |items: Vec<String>| items.join("、");
    let fact = |zh: &str, en: &str, value: String| (Text::new(zh, en), value);
    vec![
        fact("名称", "name", m.name.zh.clone()),
        fact("英文名称", "English name", m.name.en.clone()),
        fact("适用条件", "applies when", m.applies_when.to_string()),
        fact("阶段", "stage", c.stage(m.stage.as_str()).map_or_else(|| m.stage.to_string(), |s| s.name.zh.clone())),
        fact(
            "主办部门",
            "department",
            c.organisation(m.department.as_str()).map_or_else(|| m.department.to_string(), |o| o.name.zh.clone()),
        ),
        fact("结果", "result", m.result.zh.clone()),
        fact("法定期限", "legal limit", m.legal_limit.period.map_or_else(|| "—".into(), |p| p.text().zh)),
        fact("承诺期限", "promised limit", m.promised_workdays.to_string()),
        fact("准备时间", "preparation", m.preparation_workdays.to_string()),
        fact("收费", "fees", m.fees.zh.clone()),
        fact(
            "须先办",
            "comes after",
            list(m.depends_on.iter().map(|d| format!("{}{}", d.on, if d.preview { "（可预审）" } else { "" })).collect()),
        ),
        fact(
            "材料",
            "papers",
            list(
                m.requirements
                    .iter()
                    .map(|r| {
                        let name = c.material(r.material.as_str()).map_or_else(|| r.material.to_string(), |p| p.name.zh.clone());
                        r.promise_days.map_or_else(|| name.clone(), |days| format!("{name}（容缺 {days} 日）"))
                    })
                    .collect(),
            ),
        ),
        fact("技术要点", "key points", list(m.key_points.iter().map(|k| k.text.zh.clone()).collect())),
        fact("依据", "legal basis", list(m.citations.iter().map(|x| format!("{} {}", x.basis, x.article)).collect())),
    ]
}

/// Everything that differs, in the catalogue's order; added and removed things last.
pub fn difference(old: &Catalogue, new: &Catalogue) -> Vec<Change> {
    let mut changes = Vec::new();
    for m in &new.matters {
        let Some(before) = old.matter(m.id.as_str()) else {
            changes.push(Change { at: m.id.to_string(), name: m.name.clone(), what: What::Added });
            continue;
        };
        for ((fact, was), (_, is)) in facts(old, before).into_iter().zip(facts(new, m)) {
            if was != is {
                changes.push(Change { at: m.id.to_string(), name: m.name.clone(), what: What::Changed { fact, old: was, new: is } });
            }
        }
    }
    let gone = old.matters.iter().filter(|m| new.matter(m.id.as_str()).is_none());
    changes.extend(gone.map(|m| Change { at: m.id.to_string(), name: m.name.clone(), what: What::Removed }));
    questions(old, new, &mut changes);
    let days = |c: &Catalogue| c.calendar().edition().to_string();
    if days(old) != days(new) {
        let fact = Text::new("版本", "edition");
        let name = Text::new("工作日历", "Working-day calendar");
        changes.push(Change { at: "calendar".into(), name, what: What::Changed { fact, old: days(old), new: days(new) } });
    }
    changes
}

fn questions(old: &Catalogue, new: &Catalogue, changes: &mut Vec<Change>) {
    let of = |c: &Catalogue| -> BTreeMap<String, (Text, String, BTreeSet<String>)> {
        let options = |sets: &[String]| {
            let attributes = sets.iter().filter_map(|id| c.attribute(id));
            attributes.flat_map(|a| a.options.iter().map(move |o| format!("{}={}", a.id, o.value))).collect()
        };
        c.questions.iter().map(|q| (q.id.clone(), (q.text.clone(), q.show_when.to_string(), options(&q.sets)))).collect()
    };
    let (before, after) = (of(old), of(new));
    for (id, (text, show, options)) in &after {
        let change = |what| Change { at: id.clone(), name: text.clone(), what };
        match before.get(id) {
            None => changes.push(change(What::Added)),
            Some((was, show_was, options_was)) => {
                let mut fact = |zh: &str, en: &str, old: String, new: String| {
                    if old != new {
                        changes.push(change(What::Changed { fact: Text::new(zh, en), old, new }));
                    }
                };
                fact("问题", "question", was.zh.clone(), text.zh.clone());
                fact("显示条件", "shown when", show_was.clone(), show.clone());
                let join = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join("、");
                fact("选项", "options", join(options_was), join(options));
            }
        }
    }
    for (id, (text, ..)) in before.iter().filter(|(id, _)| !after.contains_key(*id)) {
        changes.push(Change { at: id.clone(), name: text.clone(), what: What::Removed });
    }
}
