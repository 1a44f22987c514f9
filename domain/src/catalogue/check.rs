//! What only shows when all files are read: references, duplicates, types of conditions, cycles, and
//! rules of the law the data must not break.

use super::yaml::{Notes, Place, Thing};
use super::*;
use crate::condition::{Comparison, Condition, Value};
use crate::text;
use crate::text::Text;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

pub(super) fn check(catalogue: &Catalogue, notes: &Notes) {
    check_ids(catalogue, notes);
    check_conditions(catalogue, notes);
    check_questions(catalogue, notes);
    check_matters(catalogue, notes);
    check_cycles(catalogue, notes);
    check_works(catalogue, notes);
    check_certificates(catalogue, notes);
    check_readers(catalogue, notes);
}

fn place_of(notes: &Notes, thing: Thing, id: &str) -> Place {
    let defined = notes.defined.borrow();
    let found = defined.iter().find(|(t, i, _)| *t == thing && i == id).map(|(_, _, place)| place.clone());
    found.unwrap_or(Place { file: "catalogue.yaml".into(), line: 1 })
}

fn check_ids(catalogue: &Catalogue, notes: &Notes) {
    let mut first: HashMap<(Thing, &str), &Place> = HashMap::new();
    let defined = notes.defined.borrow();
    for (thing, id, place) in defined.iter().filter(|(_, id, _)| !id.is_empty()) {
        if let Some(earlier) = first.get(&(*thing, id.as_str())) {
            let name = thing.name();
            notes.mistake(
                place,
                Text::new(
                    format!("{}“{id}”重复，已在 {}:{} 定义；应各不相同", name.zh, earlier.file, earlier.line),
                    format!("duplicate {} `{id}`, first at {}:{}; expected an id used once", name.en, earlier.file, earlier.line),
                ),
            );
        } else {
            first.insert((*thing, id), place);
        }
    }
    for (thing, id, place) in notes.used.borrow().iter() {
        if !first.contains_key(&(*thing, id.as_str())) {
            let name = thing.name();
            let near = nearest(id, first.keys().filter(|(t, _)| t == thing).map(|(_, i)| *i));
            let (zh, en) = near.map_or_else(Default::default, |n| (format!("，是否指“{n}”？"), format!(", perhaps `{n}`?")));
            notes.mistake(
                place,
                Text::new(
                    format!("未知的{}“{id}”；应为已定义的{}{zh}", name.zh, name.zh),
                    format!("unknown {} `{id}`; expected one that is defined{en}", name.en),
                ),
            );
        }
    }
    let mut codes: HashMap<&str, &Matter> = HashMap::new();
    for matter in &catalogue.matters {
        if let Some(other) = codes.insert(&matter.code, matter)
            && other.id != matter.id
        {
            let place = place_of(notes, Thing::Matter, matter.id.as_str());
            let (code, other) = (&matter.code, &other.id);
            notes.mistake(&place, text!("事项编码“{code}”与“{other}”相同", "the code `{code}` is that of `{other}`; expected its own"));
        }
    }
}

/// The known id closest to a misspelt one, when it is close.
fn nearest<'a>(id: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |other: &str| -> usize {
        let (a, b): (Vec<char>, Vec<char>) = (id.chars().collect(), other.chars().collect());
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, ca) in a.iter().enumerate() {
            let mut corner = row[0];
            row[0] = i + 1;
            for (j, cb) in b.iter().enumerate() {
                let here = (corner + usize::from(ca != cb)).min(row[j] + 1).min(row[j + 1] + 1);
                corner = row[j + 1];
                row[j + 1] = here;
            }
        }
        row[b.len()]
    };
    known.map(|other| (distance(other), other)).min().filter(|(d, _)| *d <= 3).map(|(_, other)| other)
}

fn check_conditions(catalogue: &Catalogue, notes: &Notes) {
    for written in notes.conditions.borrow().iter() {
        written.condition.leaves(&mut |leaf| {
            let (Condition::Is(name) | Condition::Compare(name, ..) | Condition::Contains(_, name)) = leaf else { return };
            let Some(attribute) = catalogue.attribute(name) else {
                let near = nearest(name, catalogue.attributes.iter().map(|a| a.id.as_str()));
                let (zh, en) = near.map_or_else(Default::default, |n| (format!("，是否指“{n}”？"), format!(", perhaps `{n}`?")));
                notes.mistake(
                    &written.place,
                    Text::new(
                        format!("条件“{}”：未知的属性“{name}”{zh}", written.condition),
                        format!("condition `{}`: unknown attribute `{name}`; expected one of attributes.yaml{en}", written.condition),
                    ),
                );
                return;
            };
            if let Some(expected) = type_mistake(leaf, attribute) {
                notes.mistake(
                    &written.place,
                    Text::new(
                        format!("条件“{}”：{}", written.condition, expected.zh),
                        format!("condition `{}`: {}", written.condition, expected.en),
                    ),
                );
            }
        });
    }
}

fn type_mistake(leaf: &Condition, attribute: &Attribute) -> Option<Text> {
    let id = &attribute.id;
    let known = || attribute.options.iter().map(|o| o.value.as_str()).collect::<Vec<_>>().join(", ");
    match (leaf, attribute.kind) {
        (Condition::Is(_), AttributeType::Boolean) => None,
        (Condition::Compare(_, _, Value::Number(_)), AttributeType::Number) => None,
        (Condition::Compare(_, Comparison::Equal | Comparison::NotEqual, Value::Word(word)), AttributeType::Enum)
        | (Condition::Contains(word, _), AttributeType::Set) => {
            let known = known();
            attribute
                .choice(word)
                .is_none()
                .then(|| text!("“{word}”不是 {id} 的选项，应为：{known}", "`{word}` is not an option of {id}; expected one of: {known}"))
        }
        (_, AttributeType::Boolean) => Some(text!("{id} 是布尔属性，应单独使用", "{id} is a boolean; expected it bare")),
        (_, AttributeType::Number) => Some(text!("{id} 是数字，应与数字比较", "{id} is a number; expected a comparison with a number")),
        (_, AttributeType::Enum) => {
            Some(text!("{id} 是单选，应以 == 或 != 与选项比较", "{id} is one of options; expected == or != with an option"))
        }
        (_, AttributeType::Set) => Some(text!("{id} 是多选，应写作 \"选项\" in {id}", "{id} is a set; expected \"option\" in {id}")),
    }
}

fn check_questions(catalogue: &Catalogue, notes: &Notes) {
    let mut asked: BTreeMap<&str, usize> = BTreeMap::new();
    let mut known: BTreeSet<&str> = catalogue.attributes.iter().filter(|a| a.is_derived()).map(|a| a.id.as_str()).collect();
    for question in &catalogue.questions {
        let place = place_of(notes, Thing::Question, &question.id);
        for name in question.show_when.attributes() {
            if !known.contains(name) {
                notes.mistake(
                    &place,
                    text!("是否显示取决于其后才问的“{name}”", "depends on `{name}`, which is asked later; expected an earlier one"),
                );
            }
        }
        for name in &question.sets {
            *asked.entry(name).or_default() += 1;
            known.insert(name);
        }
    }
    for attribute in &catalogue.attributes {
        let (id, times) = (&attribute.id, asked.get(attribute.id.as_str()).copied().unwrap_or(0));
        let place = place_of(notes, Thing::Attribute, id);
        if attribute.is_derived() && times > 0 {
            notes.mistake(&place, text!("“{id}”由规则推出，不应再问", "`{id}` is derived; expected no question to set it"));
        } else if !attribute.is_derived() && times != 1 {
            notes.mistake(
                &place,
                text!("“{id}”应恰好由一个问题设定，现为 {times} 个", "`{id}` is set by {times} questions; expected exactly one"),
            );
        }
        // The first rule that holds wins; one that always holds makes sure there is a value.
        if attribute.is_derived() && !attribute.derive.iter().any(|r| r.when == Condition::Always(true)) {
            notes.mistake(
                &place,
                text!("“{id}”的推导规则应有一条恒为真作兜底", "the rules of `{id}` may all fail; expected a last one with `true`"),
            );
        }
    }
}

fn check_matters(catalogue: &Catalogue, notes: &Notes) {
    let order: HashMap<&str, usize> = catalogue.stages.iter().enumerate().map(|(i, s)| (s.id.as_str(), i)).collect();
    for matter in &catalogue.matters {
        let place = place_of(notes, Thing::Matter, matter.id.as_str());
        let id = &matter.id;
        if let Some(stage) = catalogue.stage(matter.stage.as_str())
            && !stage.lines.contains(&matter.line)
        {
            let (line, stage) = (matter.line.code(), &stage.id);
            notes.mistake(
                &place,
                text!("“{id}”：阶段 {stage} 没有 {line} 条线", "`{id}`: stage {stage} has no line {line}; expected one of its lines"),
            );
        }
        for dependency in &matter.depends_on {
            let Some(before) = catalogue.matter(dependency.on.as_str()) else { continue };
            if order.get(before.stage.as_str()) > order.get(matter.stage.as_str()) {
                let on = &before.id;
                notes.mistake(
                    &place,
                    text!(
                        "“{id}”依赖更晚阶段的“{on}”",
                        "`{id}` depends on `{on}` of a later stage; expected the same stage or an earlier one"
                    ),
                );
            }
        }
        let (promised, legal) = (matter.promised_workdays, matter.legal_limit.workdays);
        match (matter.legal_limit.kind, legal) {
            (LimitKind::OfficeDecision, Some(legal)) if promised > legal => notes.mistake(
                &place,
                text!(
                    "“{id}”承诺 {promised} 个工作日，长于法定 {legal}",
                    "`{id}` promises {promised} working days; expected at most the legal {legal}"
                ),
            ),
            (LimitKind::MinimumPeriod, Some(legal)) if promised < legal => notes.mistake(
                &place,
                text!(
                    "“{id}”计划 {promised} 个工作日，短于法定最短 {legal}",
                    "`{id}` plans {promised} working days; expected at least the legal minimum {legal}"
                ),
            ),
            _ => {}
        }
    }
}

/// Each cycle of the dependencies, named once.
fn check_cycles(catalogue: &Catalogue, notes: &Notes) {
    fn visit<'a>(c: &'a Catalogue, id: &'a str, path: &mut Vec<&'a str>, done: &mut HashSet<&'a str>, found: &mut Vec<Vec<&'a str>>) {
        if let Some(start) = path.iter().position(|p| *p == id) {
            found.push(path[start..].to_vec());
            return;
        }
        if !done.insert(id) {
            return;
        }
        path.push(id);
        for dependency in c.matter(id).into_iter().flat_map(|m| &m.depends_on) {
            visit(c, dependency.on.as_str(), path, done, found);
        }
        path.pop();
    }
    let (mut done, mut found) = (HashSet::new(), Vec::new());
    for matter in &catalogue.matters {
        visit(catalogue, matter.id.as_str(), &mut Vec::new(), &mut done, &mut found);
    }
    for cycle in found {
        let place = place_of(notes, Thing::Matter, cycle.first().copied().unwrap_or_default());
        let names = cycle.iter().chain(cycle.first()).copied().collect::<Vec<_>>().join(" > ");
        notes.mistake(
            &place,
            text!("依赖成环：{names}", "the dependencies form a cycle: {names}; expected an order in which each can finish"),
        );
    }
}

/// A certificate is for everybody who is shown it: nothing stands on it that not everybody may read.
fn check_certificates(catalogue: &Catalogue, notes: &Notes) {
    let place = Place { file: "certificates.yaml".into(), line: 1 };
    for id in catalogue.certificates.rules.iter().flat_map(|rule| &rule.fields) {
        if catalogue.form.field(id.as_str()).is_some_and(|field| field.readers.is_some()) {
            notes.mistake(
                &place,
                text!("证照上不印证件号一类的字段，如“{id}”", "no identity number, such as `{id}`, to be printed on a certificate"),
            );
        }
    }
}

/// An office that asks for an identity document has to read it.
fn check_readers(catalogue: &Catalogue, notes: &Notes) {
    for matter in &catalogue.matters {
        for requirement in &matter.requirements {
            let Some(readers) = catalogue.material(requirement.material.as_str()).and_then(|m| m.readers.as_ref()) else { continue };
            if !readers.contains(&matter.department) {
                let place = place_of(notes, Thing::Material, requirement.material.as_str());
                let (paper, office, matter) = (&requirement.material, &matter.department, &matter.id);
                notes.mistake(
                    &place,
                    text!(
                        "材料 {paper} 的 readers 应包括 {office}：事项 {matter} 要求提交它",
                        "`readers` of material {paper} to name {office}, whose matter {matter} asks for it"
                    ),
                );
            }
        }
    }
}

/// Works: what comes before each is there, comes before it in the file, and the milestones counted from exist.
fn check_works(catalogue: &Catalogue, notes: &Notes) {
    for (i, activity) in catalogue.activities.iter().enumerate() {
        let place = place_of(notes, Thing::Activity, &activity.id);
        for before in &activity.after {
            let earlier = catalogue.activities[..i].iter().any(|a| a.id == *before);
            if !earlier && catalogue.matter(before).is_none() {
                notes.mistake(
                    &place,
                    text!(
                        "after：“{before}”既不是事项，也不是写在前面的施工活动",
                        "after: `{before}` is neither a matter nor an activity written before this one"
                    ),
                );
            }
        }
    }
    let known = |id: &String| catalogue.stages.iter().flat_map(|s| &s.milestones).any(|m| m.id == *id);
    for id in catalogue.milestone_order.iter().filter(|id| !known(id)) {
        let place = Place { file: "stages.yaml".into(), line: 1 };
        notes.mistake(&place, text!("milestone_order：没有里程碑“{id}”", "milestone_order: there is no milestone `{id}`"));
    }
}
