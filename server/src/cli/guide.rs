//! `quanlian guide`: the guide map from answers.

use super::{Arguments, Failed, complain, date, print, say};
use clap::Args;
use domain::catalogue::Catalogue;
use domain::guide::{Answers, GuideMap};
use serde_json::{Map, Value};
use service::Fault;
use service::clock::Clock;
use std::path::{Path, PathBuf};

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
        let answers = read_answers(&catalogue, &self.answers)?;
        let map = GuideMap::new(&catalogue, &answers, as_of);
        if self.json {
            print(map.to_json());
            return Ok(());
        }
        for entry in &map.entries {
            let m = entry.matter;
            print(format_args!("{}\t{}\t{}\t{}", m.stage, m.line.code(), m.id, say(&m.name)));
        }
        Ok(())
    }
}

/// Answers as a file has them: a JSON object from attribute to value.
pub(super) fn read_answers(catalogue: &Catalogue, file: &Path) -> Result<Answers, Failed> {
    let name = file.display();
    let source = read(file)?;
    let given: Map<String, Value> =
        serde_json::from_str(&source).map_err(|e| Fault::from(format!("{name}: expected a JSON object of answers: {e}")))?;
    if given.len() > catalogue.attributes.len() {
        let (count, known) = (given.len(), catalogue.attributes.len());
        complain(say(&domain::text!(
            "{name}：有 {count} 个回答，问题只有 {known} 个",
            "{name}: {count} answers, but there are only {known} questions"
        )));
        return Err(Failed);
    }
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
    if let Err(misanswers) = answers.check(catalogue) {
        misanswers.iter().for_each(|m| complain(format_args!("{name}: {}: {}", m.attribute, say(&m.sentence))));
        wrong = true;
    }
    if wrong { Err(Failed) } else { Ok(answers) }
}

/// A file no larger than anyone writes by hand.
pub(super) fn read(file: &Path) -> Result<String, Failed> {
    const LARGEST: u64 = 4 << 20;
    let name = file.display();
    let size = std::fs::metadata(file).map_err(|e| Fault::from(format!("cannot read {name}: {e}")))?.len();
    if size > LARGEST {
        complain(say(&domain::text!("{name}：{size} 字节，超过 {LARGEST} 字节的上限", "{name}: {size} bytes; the most is {LARGEST}")));
        return Err(Failed);
    }
    Ok(std::fs::read_to_string(file).map_err(|e| Fault::from(format!("cannot read {name}: {e}")))?)
}
