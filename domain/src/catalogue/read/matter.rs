//! `catalogue.yaml`: matters and the legal texts they rest on.

use super::*;

fn kind_of(node: &Node, key: &str) -> Kind {
    let words: Vec<(&str, Kind)> = Kind::ALL.iter().map(|(kind, _, zh, _)| (*zh, *kind)).collect();
    node.get(key).and_then(|n| n.choose(&words)).unwrap_or(Kind::InternalCoordination)
}

fn date(node: &Node, key: &str) -> Option<Date> {
    node.optional(key).and_then(|n| n.as_date())
}

pub(super) fn read_matters(top: &Node, parts: &mut Parts) {
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
        initials: String::new(),
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
