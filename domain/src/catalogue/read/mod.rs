//! From the YAML files to the catalogue.

mod certificate;
mod form;
mod matter;
mod questionnaire;

use super::yaml::{Mistake, Node, Notes, Place, Thing, parse};
use super::*;
use crate::calendar::Calendar;
use crate::catalogue::CertificateRules;
use crate::condition::Value;
use crate::date::Date;
use crate::role::Role;
use crate::text;
use matter::read_matters;
use questionnaire::read_attributes;
use saphyr::{Scalar, YamlData};

/// The files of a catalogue directory. The case file is read by [`crate::case`].
pub const FILES: [&str; 7] =
    ["attributes.yaml", "catalogue.yaml", "certificates.yaml", "fields.yaml", "materials.yaml", "roles-and-rules.yaml", "stages.yaml"];
/// The file of the published holidays and make-up workdays, beside the YAML files.
pub const CALENDAR_FILE: &str = "workdays-cn.json";

impl Catalogue {
    /// Reads and checks a catalogue from its files, given as (name, contents).
    ///
    /// # Errors
    /// Every mistake found, in the order of files and lines.
    pub fn read(files: &[(&str, &str)]) -> Result<Catalogue, Vec<Mistake>> {
        let notes = Notes::default();
        let mut parts = Parts::default();
        let mut form = Form::default();
        let mut certificates = CertificateRules::default();
        for name in FILES.into_iter().chain([CALENDAR_FILE]) {
            let Some((_, source)) = files.iter().find(|(n, _)| *n == name) else {
                notes.mistake(&Place { file: name.into(), line: 1 }, text!("缺少文件", "the file is missing"));
                continue;
            };
            let Some(yaml) = parse(&notes, name, source) else { continue };
            let top = Node { notes: &notes, file: name, yaml: &yaml, path: String::new() };
            match name {
                "attributes.yaml" => read_attributes(&top, &mut parts),
                "catalogue.yaml" => read_matters(&top, &mut parts),
                "certificates.yaml" => certificates = certificate::read(&top),
                "fields.yaml" => form = form::read(&top, &mut parts),
                "materials.yaml" => read_materials(&top, &mut parts),
                "roles-and-rules.yaml" => read_roles(&top, &mut parts),
                "stages.yaml" => read_stages(&top, &mut parts),
                _ => parts.calendar = read_calendar(&top),
            }
        }
        let catalogue = Catalogue { form: Arc::new(form), certificates: Arc::new(certificates), ..Catalogue::from(parts) };
        super::check::check(&catalogue, &notes);
        let mut mistakes = notes.mistakes.into_inner();
        if mistakes.is_empty() {
            return Ok(catalogue);
        }
        mistakes.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        mistakes.dedup();
        Err(mistakes)
    }
}

const CONFIDENCE: [(&str, Confidence); 3] = [("high", Confidence::High), ("medium", Confidence::Medium), ("low", Confidence::Low)];
const CHECKED: [(&str, Checked); 3] = [("text", Checked::Text), ("secondary", Checked::Secondary), ("memory", Checked::Memory)];
const LINES: [(&str, Line); 2] = [("land", Line::Land), ("construction", Line::Construction)];
const UNITS: [(&str, Unit); 2] = [("workday", Unit::Workday), ("calendar_day", Unit::CalendarDay)];
const DEPENDENCIES: [(&str, DependencyType); 3] = [
    ("finish-to-start", DependencyType::FinishToStart),
    ("start-to-start", DependencyType::StartToStart),
    ("finish-to-finish", DependencyType::FinishToFinish),
];

fn ids<K>(texts: Vec<String>) -> Vec<Id<K>> {
    texts.into_iter().map(Id::from).collect()
}

fn read_materials(top: &Node, parts: &mut Parts) {
    top.only(&["version", "materials"]);
    let sources = [
        ("申请人自备", Source::Applicant),
        ("政府核发", Source::Government),
        ("中介机构", Source::Intermediary),
        ("共享获取", Source::Shared),
    ];
    for node in top.list("materials") {
        node.only(&["id", "name_zh", "name_en", "source", "source_code", "form", "produced_by", "used_by", "readers"]);
        for matter in node.list("used_by") {
            matter.refer(Thing::Matter);
        }
        parts.materials.push(Material {
            id: node.define(Thing::Material).into(),
            name: node.both("name"),
            source: node.get("source").and_then(|n| n.choose(&sources)).unwrap_or(Source::Applicant),
            produced_by: ids(node.references("produced_by", Thing::Matter)),
            readers: read_readers(&node),
        });
    }
}

/// Who needs to read something personal; none: there is nothing personal in it.
fn read_readers(node: &Node) -> Option<Vec<Id<Organisation>>> {
    node.optional("readers").map(|n| n.items().iter().map(|n| n.refer(Thing::Organisation).into()).collect())
}

fn role(node: &Node) -> Option<Role> {
    let roles: Vec<(&str, Role)> = Role::ALL.iter().map(|role| (role.code(), *role)).collect();
    node.choose(&roles)
}

fn read_roles(top: &Node, parts: &mut Parts) {
    for node in top.list("organisations") {
        node.only(&["id", "name_zh", "name_en"]);
        parts.organisations.push(Organisation { id: node.define(Thing::Organisation).into(), name: node.both("name") });
    }
    for node in top.list("roles") {
        node.only(&["id", "name_zh", "name_en", "duty_zh", "duty_en"]);
        node.define(Thing::Role);
        let Some(role) = node.optional("id").and_then(|n| role(&n)) else { continue };
        parts.duties.push(RoleDuty { role, name: node.both("name"), duty: node.both("duty") });
    }
    for node in top.optional_list("counters") {
        node.only(&["id", "name_zh", "name_en", "run_by", "matters", "assumed", "appointment"]);
        parts.counters.push(Counter {
            id: node.text("id"),
            name: node.both("name"),
            run_by: node.reference("run_by", Thing::Organisation).into(),
            matters: ids(node.references("matters", Thing::Matter)),
            assumed: node.flag("assumed"),
        });
    }
    if let Some(node) = top.optional("office_hours") {
        node.only(&["closes", "assumed"]);
        let clock = node.text("closes");
        let minutes =
            clock.split_once(':').and_then(|(h, m)| Some(h.parse::<u16>().ok()? * 60 + m.parse::<u16>().ok().filter(|m| *m < 60)?));
        match minutes.filter(|minutes| *minutes <= 24 * 60) {
            Some(closes) => parts.office_hours = OfficeHours { closes, assumed: node.flag("assumed") },
            None => node.wrong(text!("下班时间写作 '17:00'", "`closes` as '17:00'")),
        }
    }
    for node in top.optional_list("meetings") {
        node.condition("applies_when");
    }
}

fn read_stages(top: &Node, parts: &mut Parts) {
    top.only(&["version", "milestone_order", "stages", "activities", "start_gate"]);
    for node in top.list("stages") {
        node.only(&[
            "id",
            "order",
            "name_zh",
            "name_en",
            "lines",
            "goal_zh",
            "goal_en",
            "entry",
            "exit",
            "milestones",
            "task_book",
            "matters",
        ]);
        for (line, matters) in node.get("matters").map(|n| n.entries()).unwrap_or_default() {
            if !LINES.iter().any(|(word, _)| *word == line) {
                matters.wrong(text!("land 或 construction", "land or construction"));
            }
            for matter in matters.items() {
                matter.refer(Thing::Matter);
            }
        }
        parts.stages.push(Stage {
            id: node.define(Thing::Stage).into(),
            name: node.both("name"),
            goal: node.both("goal"),
            lines: node.list("lines").iter().filter_map(|n| n.choose(&LINES)).collect(),
            entry: node.list("entry").iter().map(Node::pair).collect(),
            exit: node.list("exit").iter().map(Node::pair).collect(),
            milestones: node
                .list("milestones")
                .iter()
                .map(|n| Milestone {
                    id: n.text("id"),
                    name: n.both("name"),
                    matter: n.reference("matter", Thing::Matter).into(),
                    otherwise: n.optional_list("otherwise").iter().map(|m| m.refer(Thing::Matter).into()).collect(),
                })
                .collect(),
            tasks: node.list("task_book").iter().filter_map(read_task).collect(),
        });
    }
    parts.milestone_order = top.optional_list("milestone_order").iter().map(Node::as_text).collect();
    for node in top.list("activities") {
        node.only(&["id", "name_zh", "name_en", "after", "staged_after", "typical_workdays", "assumed"]);
        parts.activities.push(Activity {
            id: node.define(Thing::Activity),
            name: node.both("name"),
            after: node.list("after").iter().map(Node::as_text).collect(),
            staged_after: node.optional_list("staged_after").iter().map(|m| m.refer(Thing::Matter).into()).collect(),
            typical_workdays: node.days("typical_workdays"),
            assumed: node.flag("assumed"),
        });
    }
    if let Some(gate) = top.get("start_gate") {
        parts.start_gate = StartGate {
            name: gate.both("name"),
            requires: ids(gate.references("requires", Thing::Matter)),
            note: gate.optional("note").map(|n| n.as_text()).unwrap_or_default(),
        };
    }
}

fn read_task(node: &Node) -> Option<Task> {
    node.only(&["id", "task_zh", "task_en", "role", "typical_workdays", "assumed", "matters"]);
    Some(Task {
        id: node.text("id"),
        text: node.both("task"),
        role: node.get("role").and_then(|n| role(&n))?,
        typical_workdays: node.days("typical_workdays"),
        assumed: node.flag("assumed"),
        matters: ids(node.references("matters", Thing::Matter)),
    })
}

fn read_calendar(top: &Node) -> Option<Calendar> {
    let edition = top.text("version");
    let years: Vec<i32> = top
        .list("years")
        .iter()
        .filter_map(|n| match &n.yaml.data {
            YamlData::Value(Scalar::Integer(year)) if (1900..=2200).contains(year) => i32::try_from(*year).ok(),
            _ => {
                n.wrong(text!("年份", "a year"));
                None
            }
        })
        .collect();
    let [from, to] = years[..] else {
        top.wrong(text!("“years”写首尾两个年份", "`years` to hold the first and the last year"));
        return None;
    };
    let days = |key: &str| -> Vec<Date> {
        let entries = top.get(key).map(|n| n.entries()).unwrap_or_default();
        entries
            .iter()
            .filter_map(|(day, node)| {
                let date: Option<Date> = day.parse().ok().filter(|d: &Date| (from..=to).contains(&d.year()));
                if date.is_none() {
                    node.wrong(text!("所列年份内真实存在的日期", "a day that exists, within the listed years"));
                }
                date
            })
            .collect()
    };
    let calendar = Calendar::new(&edition, from..=to, &days("holidays"), &days("makeup_workdays"));
    // The file says how many working days each year has: a holiday lost or doubled shows here.
    for (year, node) in top.get("workdays_per_year").map(|n| n.entries()).unwrap_or_default() {
        let counted = year.parse().ok().and_then(|y: i32| Some(calendar.between(Date::new(y - 1, 12, 31)?, Date::new(y, 12, 31)?)));
        if counted != Some(node.as_number() as i64) {
            let counted = counted.unwrap_or_default();
            node.wrong(text!("{counted}（按上列日期数得）", "{counted}, as counted from the days above"));
        }
    }
    Some(calendar)
}
