//! From the YAML files to the catalogue.

use super::yaml::{Mistake, Node, Notes, Place, Thing, parse};
use super::*;
use crate::account::Role;
use crate::calendar::Calendar;
use crate::condition::Value;
use crate::date::Date;
use crate::text;
use saphyr::{Scalar, YamlData};

/// The files of a catalogue directory. The case file is read by [`crate::case`].
pub const FILES: [&str; 6] = ["attributes.yaml", "catalogue.yaml", "fields.yaml", "materials.yaml", "roles-and-rules.yaml", "stages.yaml"];
pub const CALENDAR_FILE: &str = "workdays-cn.json";

impl Catalogue {
    /// Reads and checks a catalogue from its files, given as (name, contents).
    ///
    /// # Errors
    /// Every mistake found, in the order of files and lines.
    pub fn read(files: &[(&str, &str)]) -> Result<Catalogue, Vec<Mistake>> {
        let notes = Notes::default();
        let mut parts = Parts::default();
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
                "fields.yaml" => read_fields(&top, &mut parts),
                "materials.yaml" => read_materials(&top, &mut parts),
                "roles-and-rules.yaml" => read_roles(&top, &mut parts),
                "stages.yaml" => read_stages(&top, &mut parts),
                _ => parts.calendar = read_calendar(&top),
            }
        }
        let catalogue = Catalogue::from(parts);
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

fn ids<K>(texts: Vec<String>) -> Vec<Id<K>> {
    texts.into_iter().map(Id::from).collect()
}

fn read_value(node: &Node, kind: AttributeType) -> Value {
    match kind {
        AttributeType::Boolean => Value::Flag(node.as_flag()),
        AttributeType::Number => Value::Number(node.as_number()),
        AttributeType::Enum => Value::Word(node.as_text()),
        AttributeType::Set => Value::Set(node.items().iter().map(Node::as_text).collect()),
    }
}

fn read_attributes(top: &Node, parts: &mut Parts) {
    top.only(&["version", "attributes", "questions"]);
    parts.edition = top.text("version");
    for node in top.list("attributes") {
        node.only(&["id", "type", "name_zh", "name_en", "options", "unit", "default", "field", "derive", "suggest"]);
        let kinds = [
            ("enum", AttributeType::Enum),
            ("set", AttributeType::Set),
            ("number", AttributeType::Number),
            ("boolean", AttributeType::Boolean),
        ];
        let id = node.define(Thing::Attribute);
        let kind = node.get("type").and_then(|n| n.choose(&kinds));
        if let Some(field) = node.optional("field") {
            field.refer(Thing::Field);
        }
        let Some(kind) = kind else { continue };
        let options: Vec<Choice> = if matches!(kind, AttributeType::Enum | AttributeType::Set) {
            node.list("options")
                .iter()
                .map(|n| {
                    n.only(&["value", "zh", "en"]);
                    Choice { value: n.text("value"), name: n.pair() }
                })
                .collect()
        } else {
            Vec::new()
        };
        let rules = |key: &str| -> Vec<Rule> {
            node.optional_list(key)
                .iter()
                .map(|n| {
                    n.only(&["when", "value", "basis", "confidence"]);
                    Rule {
                        when: n.condition("when"),
                        value: n.get("value").map_or(Value::Flag(false), |v| option_value(&v, kind, &options)),
                        basis: n.optional("basis").map(|b| b.as_text()),
                        confidence: n.optional("confidence").and_then(|c| c.choose(&CONFIDENCE)),
                    }
                })
                .collect()
        };
        let (derive, suggest) = (rules("derive"), rules("suggest"));
        let default = if derive.is_empty() {
            node.get("default").map(|n| option_value(&n, kind, &options))
        } else {
            node.optional("default").map(|n| option_value(&n, kind, &options))
        };
        parts.attributes.push(Attribute {
            id,
            kind,
            name: node.both("name"),
            unit: node.optional("unit").map(|n| n.as_text()),
            options,
            default,
            derive,
            suggest,
        });
    }
    for node in top.list("questions") {
        node.only(&["id", "order", "question_zh", "question_en", "help_zh", "help_en", "sets", "show_when"]);
        node.days("order");
        parts.questions.push(Question {
            id: node.define(Thing::Question),
            text: node.both("question"),
            help: node.both("help"),
            sets: node.references("sets", Thing::Attribute),
            show_when: node.condition("show_when"),
        });
    }
}

/// A value that also has to be one of the options, where there are options.
fn option_value(node: &Node, kind: AttributeType, options: &[Choice]) -> Value {
    let value = read_value(node, kind);
    let words: Vec<&String> = match &value {
        Value::Word(word) => vec![word],
        Value::Set(set) => set.iter().collect(),
        _ => Vec::new(),
    };
    if words.iter().any(|w| !w.is_empty() && !options.iter().any(|o| o.value == **w)) {
        let known = options.iter().map(|o| o.value.as_str()).collect::<Vec<_>>().join(", ");
        node.wrong(text!("选项之一：{known}", "one of the options: {known}"));
    }
    value
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

fn kind_of(node: &Node, key: &str) -> Kind {
    let words: Vec<(&str, Kind)> = Kind::ALL.iter().map(|(kind, _, zh, _)| (*zh, *kind)).collect();
    node.get(key).and_then(|n| n.choose(&words)).unwrap_or(Kind::InternalCoordination)
}

fn date(node: &Node, key: &str) -> Option<Date> {
    node.optional(key).and_then(|n| n.as_date())
}

fn read_matters(top: &Node, parts: &mut Parts) {
    top.only(&[
        "version",
        "scope",
        "expression_language",
        "dependency_rule",
        "tolerance_rule",
        "confidence_rule",
        "limit_rule",
        "basis",
        "matters",
    ]);
    for (id, node) in top.get("basis").map(|n| n.entries()).unwrap_or_default() {
        node.only(&["title", "number", "checked", "note", "valid_from", "valid_until", "successor"]);
        node.define_as(Thing::Basis, &id);
        if let Some(successor) = node.optional("successor") {
            successor.refer(Thing::Basis);
        }
        let basis = Basis {
            title: node.text("title"),
            number: node.text("number"),
            checked: node.get("checked").and_then(|n| n.choose(&CHECKED)).unwrap_or_default(),
            note: node.optional("note").map(|n| n.as_text()),
            valid_from: date(&node, "valid_from"),
            valid_until: date(&node, "valid_until"),
            successor: node.optional("successor").map(|n| n.as_text()),
        };
        parts.bases.insert(id, basis);
    }
    for node in top.list("matters") {
        parts.matters.push(read_matter(&node));
    }
}

fn read_matter(node: &Node) -> Matter {
    node.only(&[
        "id",
        "code",
        "name_zh",
        "name_en",
        "article_name_zh",
        "stage",
        "line",
        "kind",
        "kind_code",
        "department",
        "cooperating",
        "result_zh",
        "result_en",
        "produces",
        "six_permits",
        "applies_when",
        "depends_on",
        "can_parallel",
        "parallel_with",
        "after_activity",
        "legal_limit",
        "legal_limit_workdays",
        "legal_limit_workdays_approx",
        "limit_history",
        "promised_limit_workdays",
        "promised_assumed",
        "promised_reason",
        "preparation_workdays",
        "preparation_assumed",
        "clock_excluded",
        "clock_excluded_reasons",
        "fees",
        "materials",
        "fields",
        "legal_basis",
        "key_points",
        "common_mistakes",
        "steps",
        "variants",
        "self_managed",
        "confidence",
        "note",
    ]);
    for other in node.optional_list("parallel_with") {
        other.refer(Thing::Matter);
    }
    Matter {
        id: node.define(Thing::Matter).into(),
        code: node.text("code"),
        name: node.both("name"),
        article_name: node.optional("article_name_zh").map(|n| n.as_text()),
        stage: node.reference("stage", Thing::Stage).into(),
        line: node.get("line").and_then(|n| n.choose(&LINES)).unwrap_or(Line::Construction),
        kind: kind_of(node, "kind"),
        department: node.reference("department", Thing::Organisation).into(),
        cooperating: ids(node.references("cooperating", Thing::Organisation)),
        result: node.both("result"),
        produces: ids(node.references("produces", Thing::Material)),
        six_permits: node.flag("six_permits"),
        applies_when: node.condition("applies_when"),
        depends_on: node.list("depends_on").iter().map(read_dependency).collect(),
        after_activity: node.optional("after_activity").map(|n| n.refer(Thing::Activity)),
        legal_limit: read_legal_limit(node),
        limit_history: node.optional_list("limit_history").iter().filter_map(read_former_limit).collect(),
        promised_workdays: node.days("promised_limit_workdays"),
        promised_assumed: node.flag("promised_assumed"),
        preparation_workdays: node.days("preparation_workdays"),
        preparation_assumed: node.flag("preparation_assumed"),
        clock_excluded: node.optional("clock_excluded").map(|n| n.pair()),
        pause_reasons: node.optional_list("clock_excluded_reasons").iter().map(Node::as_text).collect(),
        fees: node.get("fees").map(|n| n.pair()).unwrap_or_default(),
        requirements: node.list("materials").iter().map(read_requirement).collect(),
        fields: ids(node.references("fields", Thing::Field)),
        citations: node.list("legal_basis").iter().map(read_citation).collect(),
        key_points: node.list("key_points").iter().map(|n| KeyPoint { id: n.text("id"), text: n.pair() }).collect(),
        mistakes: node.optional_list("common_mistakes").iter().map(Node::pair).collect(),
        steps: node.list("steps").iter().map(Node::pair).collect(),
        variants: node.optional_list("variants").iter().map(read_variant).collect(),
        self_managed: node.optional("self_managed").is_some_and(|n| n.as_flag()),
        confidence: node.get("confidence").and_then(|n| n.choose(&CONFIDENCE)).unwrap_or_default(),
        note: node.optional("note").map(|n| n.as_text()),
    }
}

fn read_dependency(node: &Node) -> Dependency {
    node.only(&["id", "type", "start_with"]);
    Dependency {
        on: node.reference("id", Thing::Matter).into(),
        kind: node.get("type").and_then(|n| n.choose(&DEPENDENCIES)).unwrap_or(DependencyType::FinishToStart),
        preview: node.optional("start_with").and_then(|n| n.choose(&[("preview", true)])).unwrap_or(false),
    }
}

fn read_legal_limit(matter: &Node) -> LegalLimit {
    let Some(node) = matter.get("legal_limit") else { return LegalLimit::default() };
    node.only(&["value", "unit", "kind", "note"]);
    let kinds = [
        ("office-decision", LimitKind::OfficeDecision),
        ("minimum-period", LimitKind::MinimumPeriod),
        ("deadline-on-applicant", LimitKind::DeadlineOnApplicant),
        ("service-or-contract", LimitKind::ServiceOrContract),
        ("none", LimitKind::None),
    ];
    let period = node.optional("value").map(|n| n.as_days()).and_then(|days| {
        let unit = node.get("unit")?.choose(&UNITS)?;
        Some(Period { days, unit })
    });
    LegalLimit {
        period,
        kind: node.get("kind").and_then(|n| n.choose(&kinds)).unwrap_or_default(),
        note: node.optional("note").map(|n| n.as_text()),
        workdays: matter.optional("legal_limit_workdays").map(|n| n.as_days()),
        approximate: matter.optional("legal_limit_workdays_approx").is_some_and(|n| n.as_flag()),
    }
}

fn read_former_limit(node: &Node) -> Option<FormerLimit> {
    node.only(&["valid_from", "valid_until", "value", "unit", "ref", "title"]);
    Some(FormerLimit {
        valid_from: date(node, "valid_from"),
        valid_until: date(node, "valid_until"),
        period: Period { days: node.days("value"), unit: node.get("unit")?.choose(&UNITS)? },
        basis: node.reference("ref", Thing::Basis),
        title: node.text("title"),
    })
}

fn read_requirement(node: &Node) -> Requirement {
    node.only(&[
        "id",
        "name_zh",
        "name_en",
        "source",
        "source_code",
        "form",
        "required_when",
        "deficiency_tolerant",
        "commit_days",
        "supply_by",
        "tolerance_assumed",
        "tolerated_in_preview",
        "produced_by",
    ]);
    let supply = [("acceptance", SupplyBy::Acceptance), ("decision", SupplyBy::Decision), ("after-result", SupplyBy::AfterResult)];
    let tolerant = node.flag("deficiency_tolerant");
    let promise_days = node.optional("commit_days").map(|n| n.as_days());
    let supply_by = node.get("supply_by").and_then(|n| n.choose(&supply)).unwrap_or(SupplyBy::Acceptance);
    if tolerant != promise_days.is_some() {
        node.wrong(text!("可容缺的材料写明 commit_days，不可容缺的不写", "`commit_days` exactly where `deficiency_tolerant` is true"));
    }
    if tolerant == (supply_by == SupplyBy::Acceptance) {
        node.wrong(text!(
            "不可容缺者 supply_by 为 acceptance，可容缺者不是",
            "`supply_by: acceptance` exactly where the paper is not tolerated"
        ));
    }
    Requirement {
        material: node.reference("id", Thing::Material).into(),
        required_when: node.condition("required_when"),
        supply_by,
        promise_days,
        tolerated_in_preview: node.optional("tolerated_in_preview").is_some_and(|n| n.as_flag()),
        tolerance_assumed: node.optional("tolerance_assumed").is_some_and(|n| n.as_flag()),
    }
}

fn read_citation(node: &Node) -> Citation {
    node.only(&["ref", "title", "number", "article", "confidence", "checked", "note", "valid_from", "valid_until", "successor"]);
    Citation {
        basis: node.reference("ref", Thing::Basis),
        article: node.text("article"),
        confidence: node.get("confidence").and_then(|n| n.choose(&CONFIDENCE)).unwrap_or_default(),
    }
}

fn read_variant(node: &Node) -> Variant {
    node.only(&["when", "kind", "result_zh", "result_en", "legal_limit_workdays", "promised_limit_workdays", "promised_assumed"]);
    Variant {
        when: node.condition("when"),
        kind: kind_of(node, "kind"),
        result: node.both("result"),
        legal_workdays: node.optional("legal_limit_workdays").map(|n| n.as_days()),
        promised_workdays: node.days("promised_limit_workdays"),
        promised_assumed: node.flag("promised_assumed"),
    }
}

fn read_fields(top: &Node, parts: &mut Parts) {
    top.only(&["version", "rules", "types", "fields"]);
    for node in top.list("types") {
        let name = node.as_text();
        node.define_as(Thing::FieldType, &name);
    }
    for node in top.list("rules") {
        node.define(Thing::FieldRule);
    }
    for node in top.list("fields") {
        node.only(&[
            "id",
            "name_zh",
            "name_en",
            "type",
            "validation",
            "provider",
            "produced_by",
            "group",
            "constraints",
            "used_by",
            "unit",
            "options",
        ]);
        for matter in node.list("used_by") {
            matter.refer(Thing::Matter);
        }
        if let Some(rule) = node.optional("constraints").and_then(|n| n.optional("rule")) {
            rule.refer(Thing::FieldRule);
        }
        parts.fields.push(Field {
            id: node.define(Thing::Field).into(),
            name: node.both("name"),
            kind: node.reference("type", Thing::FieldType),
            group: node.text("group"),
            provider: node.reference("provider", Thing::Organisation).into(),
            unit: node.optional("unit").map(|n| n.as_text()),
            produced_by: node.optional("produced_by").map(|n| n.refer(Thing::Matter).into()),
            validation: node.optional("validation").map(|n| n.as_text()),
        });
    }
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
        node.only(&["id", "name_zh", "name_en", "source", "source_code", "form", "produced_by", "used_by"]);
        for matter in node.list("used_by") {
            matter.refer(Thing::Matter);
        }
        parts.materials.push(Material {
            id: node.define(Thing::Material).into(),
            name: node.both("name"),
            source: node.get("source").and_then(|n| n.choose(&sources)).unwrap_or(Source::Applicant),
            produced_by: ids(node.references("produced_by", Thing::Matter)),
        });
    }
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
