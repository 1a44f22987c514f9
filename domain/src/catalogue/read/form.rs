//! The one form: groups, units, fields, and the relations between fields.

use super::super::yaml::{Node, Thing};
use super::super::*;
use crate::catalogue::{Relation, Weight};
use crate::text;

pub(super) fn read(top: &Node, parts: &mut Parts) -> Form {
    top.only(&["version", "rules", "types", "groups", "units", "fields", "relations"]);
    for node in top.list("types") {
        let name = node.as_text();
        node.define_as(Thing::FieldType, &name);
    }
    for node in top.list("rules") {
        node.define(Thing::FieldRule);
    }
    let form = Form {
        groups: top.list("groups").iter().map(read_name).collect(),
        units: top.list("units").iter().map(read_name).collect(),
        fields: top.list("fields").iter().map(read_field).collect(),
        relations: top.list("relations").iter().filter_map(read_relation).collect(),
    };
    for field in &form.fields {
        if form.group(&field.group).is_none() {
            top.wrong(text!("字段 {} 的 group 在 groups 之中", "the group of field {} to be one of `groups`", field.id));
        }
        if field.unit.as_ref().is_some_and(|unit| !form.units.iter().any(|u| u.id == *unit)) {
            top.wrong(text!("字段 {} 的 unit 在 units 之中", "the unit of field {} to be one of `units`", field.id));
        }
        if field.kind == FieldKind::PersonId && field.readers.is_none() {
            top.wrong(text!(
                "字段 {} 是证件号，应写明 readers：哪些部门需要看完整号码（没有则写 []）",
                "field {} is an identity number: `readers` to say which offices need it whole ([] for none)",
                field.id
            ));
        }
        if (field.kind == FieldKind::Enum) == field.options.is_empty() {
            top.wrong(text!("字段 {}：enum 有选项，其他类型没有", "field {}: options exactly for an enum", field.id));
        }
    }
    for relation in &form.relations {
        for id in relation.fields().iter().filter(|id| form.field(id.as_str()).is_none()) {
            top.wrong(text!(
                "关系“{}”只用到有的字段，没有“{id}”",
                "relation `{}` to use known fields; there is no `{id}`",
                relation.source
            ));
        }
    }
    parts.field_names = form.fields.iter().map(|f| (f.id.clone(), f.name.clone())).collect();
    parts.sections = form.groups.clone();
    form
}

fn read_name(node: &Node) -> Group {
    node.only(&["id", "zh", "en"]);
    Group { id: node.text("id"), name: node.pair() }
}

fn read_field(node: &Node) -> Field {
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
        "answer",
        "readers",
    ]);
    for matter in node.list("used_by") {
        matter.refer(Thing::Matter);
    }
    Field {
        id: node.define(Thing::Field).into(),
        name: node.both("name"),
        kind: node.get("type").and_then(|n| n.choose(&FieldKind::ALL)).unwrap_or(FieldKind::Text),
        group: node.text("group"),
        provider: node.reference("provider", Thing::Organisation).into(),
        unit: node.optional("unit").map(|n| n.as_text()),
        produced_by: node.optional("produced_by").map(|n| n.refer(Thing::Matter).into()),
        validation: node.optional("validation").map(|n| n.as_text()),
        constraints: node.optional("constraints").map(|n| read_constraints(&n)).unwrap_or_default(),
        options: node
            .optional_list("options")
            .iter()
            .map(|n| {
                n.only(&["value", "zh", "en"]);
                FieldOption { value: n.text("value"), name: n.pair() }
            })
            .collect(),
        answer: node.optional("answer").map(|n| n.refer(Thing::Attribute)),
        readers: super::read_readers(node),
    }
}

fn read_constraints(node: &Node) -> Constraints {
    node.only(&["min_length", "max_length", "min", "max", "exclusive_min", "integer", "rule", "shape"]);
    let length = |key: &str| node.optional(key).map(|n| usize::try_from(n.as_days()).unwrap_or_default());
    let number = |key: &str| node.optional(key).map(|n| n.as_number());
    if let Some(rule) = node.optional("rule") {
        rule.refer(Thing::FieldRule);
    }
    Constraints {
        min_length: length("min_length"),
        max_length: length("max_length"),
        min: number("min"),
        max: number("max"),
        exclusive_min: number("exclusive_min"),
        integer: node.optional("integer").is_some_and(|n| n.as_flag()),
        rule: node.optional("rule").and_then(|n| n.choose(&CodeRule::ALL)),
        shape: node.optional("shape").and_then(|n| n.choose(&[("point", Shape::Point), ("polygon", Shape::Polygon)])),
        unfit: false,
    }
}

fn read_relation(node: &Node) -> Option<Relation> {
    node.only(&["rule", "weight", "zh", "en"]);
    let weight = node.get("weight").and_then(|n| n.choose(&[("error", Weight::Error), ("look", Weight::Look)])).unwrap_or(Weight::Look);
    let source = node.text("rule");
    match Relation::parse(&source, weight, node.pair()) {
        Ok(relation) => Some(relation),
        Err(expected) => {
            node.wrong(text!("一条关系，在“{source}”中：{}", "a relation; in `{source}`: {}", expected));
            None
        }
    }
}
