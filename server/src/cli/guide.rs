//! `quanlian guide`: the guide map from answers.

use super::{Arguments, Failed, complain, date, print, say};
use clap::Args;
use domain::guide::{Answers, GuideMap};
use serde_json::{Map, Value, json};
use service::Fault;
use service::clock::Clock;
use std::path::PathBuf;

#[derive(Args)]
pub struct Guide {
    /// A JSON object from attribute to value; a set is an array; what is missing takes its default
    #[arg(long, value_name = "FILE")]
    answers: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// The day whose law applies; today if not given
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
}

impl Guide {
    pub fn run(&self, arguments: &Arguments) -> Result<(), Failed> {
        let catalogue = arguments.catalogue()?;
        let as_of = match &self.as_of {
            Some(day) => date(day)?,
            None => Clock::System.now().date(),
        };
        let name = self.answers.display();
        let source = std::fs::read_to_string(&self.answers).map_err(|e| Fault::from(format!("cannot read {name}: {e}")))?;
        let given: Map<String, Value> =
            serde_json::from_str(&source).map_err(|e| Fault::from(format!("{name}: expected a JSON object of answers: {e}")))?;
        let mut answers = Answers::default();
        let mut wrong = false;
        for (attribute, value) in given {
            match serde_json::from_value(value) {
                Ok(value) => {
                    answers.0.insert(attribute, value);
                }
                Err(_) => {
                    complain(format_args!("{name}: `{attribute}`: expected true or false, a number, a text or an array of texts"));
                    wrong = true;
                }
            }
        }
        if let Err(misanswers) = answers.check(&catalogue) {
            misanswers.iter().for_each(|m| complain(format_args!("{name}: {}: {}", m.attribute, say(&m.sentence))));
            wrong = true;
        }
        if wrong {
            return Err(Failed);
        }
        let map = GuideMap::new(&catalogue, &answers, as_of);
        if self.json {
            print(to_json(&map));
            return Ok(());
        }
        for entry in &map.entries {
            let m = entry.matter;
            print(format_args!("{}\t{}\t{}\t{}", m.stage, m.line.code(), m.id, say(&m.name)));
        }
        Ok(())
    }
}

fn to_json(map: &GuideMap) -> Value {
    let matters: Vec<Value> = map
        .entries
        .iter()
        .map(|e| {
            let m = e.matter;
            json!({
                "id": m.id,
                "code": m.code,
                "name": m.name,
                "stage": m.stage,
                "line": m.line.code(),
                "kind": e.kind.code(),
                "department": m.department,
                "result": e.result,
                "legal_limit": e.legal.limit.period,
                "legal_limit_kind": e.legal.limit.kind,
                "legal_limit_workdays": e.legal.limit.workdays,
                "legal_limit_workdays_approx": e.legal.limit.approximate,
                "promised_limit_workdays": e.promised_workdays,
                "promised_assumed": e.promised_assumed,
                "preparation_workdays": m.preparation_workdays,
                "six_permits": m.six_permits,
                "confidence": m.confidence,
                "depends_on": m.depends_on.iter().map(|d| &d.on).collect::<Vec<_>>(),
                "materials": e.requirements.iter().map(|r| &r.material).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "as_of": map.as_of,
        "answers": map.profile.values(),
        "ignored": map.profile.ignored,
        "matters": matters,
    })
}
