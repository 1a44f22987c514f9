//! How certificates are made out.

use super::super::yaml::{Node, Thing};
use crate::catalogue::{CertificateRule, CertificateRules, Restart};
use crate::text;

pub(super) fn read(top: &Node) -> CertificateRules {
    top.only(&["version", "region", "certificates"]);
    let rules: Vec<CertificateRule> = top.list("certificates").iter().map(read_rule).collect();
    if rules.iter().filter(|rule| rule.matter.is_none()).count() != 1 {
        top.wrong(text!("恰有一条 matter: any", "exactly one rule with matter: any"));
    }
    CertificateRules { region: top.text("region"), rules }
}

fn read_rule(node: &Node) -> CertificateRule {
    node.only(&[
        "matter",
        "title_zh",
        "title_en",
        "number",
        "restart",
        "statement_zh",
        "statement_en",
        "fields",
        "number_field",
        "assumed",
    ]);
    let own = node.text("matter") != "any";
    let number = node.text("number");
    if !number.contains("{serial") {
        node.wrong(text!("号中有 {{serial}}", "the number to hold {{serial}}"));
    }
    CertificateRule {
        matter: own.then(|| node.reference("matter", Thing::Matter).into()),
        title: own.then(|| node.both("title")),
        number,
        restart: node.get("restart").and_then(|n| n.choose(&[("year", Restart::Year), ("day", Restart::Day)])).unwrap_or(Restart::Year),
        statement: node.both("statement"),
        fields: node.references("fields", Thing::Field).into_iter().map(Into::into).collect(),
        number_field: node.optional("number_field").map(|n| n.refer(Thing::Field).into()),
    }
}
