//! A plan's settings in an address, beside the answers: short, and readable by people.
//!
//! `start=2026-03-02&finish.production=2028-06-30&limits=legal&way=step-by-step&with=parallel,tolerance&d.trial-run=45`
//!
//! `with` names the levers pulled, all others are not; it may be repeated, as a form's boxes are. Without it, all are.

use super::{LONGEST, Levers, Limits, Mistake, Settings, mistake};
use crate::date::Date;
use crate::text;

/// More edited lengths than a plan has tasks are nobody's.
const MOST_EDITS: usize = 400;

/// Whether a parameter of an address is of the plan, not an answer.
pub fn is_setting(name: &str) -> bool {
    matches!(name, "start" | "limits" | "way" | "with") || name.starts_with("finish.") || name.starts_with("d.")
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}

impl Settings {
    /// From an address; parameters that are not of a plan are passed over. An empty value means "not said".
    ///
    /// # Errors
    /// Every parameter that makes no sense, by its name.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Settings, Vec<Mistake>> {
        let mut settings = Settings::default();
        let mut wrong = Vec::new();
        let mut listed = false;
        for (name, value) in pairs.into_iter().filter(|(name, value)| is_setting(name) && (!value.is_empty() || *name == "with")) {
            let shown = shorten(value);
            let mut no = |sentence| wrong.push(mistake(shorten(name), sentence));
            let date = || {
                value.parse::<Date>().map_err(|_| {
                    text!("“{shown}”不是真实存在的日期，应写作 2026-03-02。", "`{shown}` is not a day that exists; write it as 2026-03-02.")
                })
            };
            match name {
                "start" => match (date(), settings.start) {
                    (Ok(day), None) => settings.start = Some(day),
                    (Ok(day), Some(other)) if day == other => {}
                    (Ok(day), Some(other)) => no(text!("开始日期给了两个：{other} 与 {day}。", "Two dates to start: {other} and {day}.")),
                    (Err(sentence), _) => no(sentence),
                },
                "limits" => match value {
                    "promised" => settings.limits = Limits::Promised,
                    "legal" => settings.limits = Limits::Legal,
                    _ => no(text!("期限口径应为 promised 或 legal，不能是“{shown}”。", "Limits are `promised` or `legal`, not `{shown}`.")),
                },
                "way" => match value {
                    "full-chain" => settings.levers = Levers::FULL_CHAIN,
                    "step-by-step" => settings.levers = Levers::STEP_BY_STEP,
                    _ => no(text!(
                        "推进方式应为 full-chain 或 step-by-step，不能是“{shown}”。",
                        "The way is `full-chain` or `step-by-step`, not `{shown}`."
                    )),
                },
                "with" => {
                    if !std::mem::replace(&mut listed, true) {
                        settings.levers = Levers::STEP_BY_STEP;
                    }
                    for lever in value.split(',').filter(|l| !l.is_empty()) {
                        match lever {
                            "pre-review" => settings.levers.pre_review = true,
                            "tolerance" => settings.levers.tolerance = true,
                            "parallel" => settings.levers.parallel = true,
                            other => {
                                let other = shorten(other);
                                no(text!("没有“{other}”这一措施。", "There is no lever `{other}`."));
                            }
                        }
                    }
                }
                _ => match (name.strip_prefix("finish."), name.strip_prefix("d.")) {
                    (Some(milestone), _) => match date() {
                        Ok(day) => {
                            if !settings.targets.contains(&(milestone.to_string(), day)) {
                                settings.targets.push((milestone.to_string(), day));
                            }
                        }
                        Err(sentence) => no(sentence),
                    },
                    (None, Some(task)) => match value.parse::<i64>() {
                        Ok(days) if (0..=LONGEST).contains(&days) && settings.lengths.len() < MOST_EDITS => {
                            settings.lengths.insert(task.to_string(), days);
                        }
                        Ok(_) if settings.lengths.len() >= MOST_EDITS => {
                            no(text!("修改的天数太多，最多 {MOST_EDITS} 处。", "Too many edited lengths; at most {MOST_EDITS}."));
                        }
                        _ => no(text!(
                            "天数应为 0 至 {LONGEST} 的整数，不能是“{shown}”。",
                            "Days are a whole number from 0 to {LONGEST}, not `{shown}`."
                        )),
                    },
                    (None, None) => {}
                },
            }
        }
        if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
    }

    /// What differs from the default, for an address. Facts and edited order are not in it.
    pub fn to_pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut push = |name: &str, value: String| pairs.push((name.to_string(), value));
        if let Some(start) = self.start {
            push("start", start.to_string());
        }
        for (milestone, day) in &self.targets {
            push(&format!("finish.{milestone}"), day.to_string());
        }
        if self.limits == Limits::Legal {
            push("limits", "legal".into());
        }
        if self.levers == Levers::STEP_BY_STEP {
            push("way", "step-by-step".into());
        } else {
            let Levers { pre_review, tolerance, parallel } = self.levers;
            let with = [("pre-review", pre_review), ("tolerance", tolerance), ("parallel", parallel)];
            let with: Vec<&str> = with.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect();
            if with.len() < 3 {
                push("with", with.join(","));
            }
        }
        for (task, days) in &self.lengths {
            push(&format!("d.{task}"), days.to_string());
        }
        pairs
    }

    /// The part of an address after `?`: only what differs from the default.
    pub fn to_query(&self) -> String {
        self.to_pairs().into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(query: &str) -> Result<Settings, Vec<Mistake>> {
        Settings::from_pairs(query.split('&').filter_map(|p| p.split_once('=')))
    }

    #[test]
    fn an_address_is_read_and_written_the_same() {
        let query = "start=2026-03-02&finish.production=2028-06-30&limits=legal&with=tolerance&d.trial-run=45";
        let settings = read(query).unwrap();
        assert_eq!(settings.to_query(), query);
        assert!(!settings.levers.pre_review && settings.levers.tolerance);
        assert_eq!(read("way=step-by-step").unwrap().levers, Levers::STEP_BY_STEP);
        assert_eq!(read("with=").unwrap().levers, Levers::STEP_BY_STEP);
        let boxes = read("with=&with=parallel&with=tolerance").unwrap().levers;
        assert_eq!(boxes, Levers { pre_review: false, ..Levers::FULL_CHAIN });
        assert_eq!(read("industry=biomedical&start=").unwrap(), Settings::default());
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (query, field) in [
            ("start=2023-02-29", "start"),
            ("start=2026-03-02&start=2026-03-03", "start"),
            ("finish.production=soon", "finish.production"),
            ("limits=none", "limits"),
            ("way=round", "way"),
            ("with=sleep", "with"),
            ("d.trial-run=-1", "d.trial-run"),
            ("d.trial-run=1e9", "d.trial-run"),
        ] {
            assert_eq!(read(query).unwrap_err()[0].field, field, "{query}");
        }
    }

    proptest! {
        #[test]
        fn nothing_breaks_it(name in "(start|finish\\.|d\\.|way|with|limits|x)[a-z./]{0,8}", value in "\\PC{0,20}") {
            let _ = Settings::from_pairs([(name.as_str(), value.as_str())]);
        }
    }
}
