//! `attributes.yaml`: the questions and what they ask.

use super::*;

fn read_value(node: &Node, kind: AttributeType) -> Value {
    match kind {
        AttributeType::Boolean => Value::Flag(node.as_flag()),
        AttributeType::Number => Value::Number(node.as_number()),
        AttributeType::Enum => Value::Word(node.as_text()),
        AttributeType::Set => Value::Set(node.items().iter().map(Node::as_text).collect()),
    }
}

pub(super) fn read_attributes(top: &Node, parts: &mut Parts) {
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
