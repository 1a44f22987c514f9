//! A field's value: what people type, brought to one form, or a sentence why it is none.

use super::{code, geometry};
use crate::catalogue::{CodeRule, Field, FieldKind, Shape};
use crate::date::Date;
use crate::text;
use crate::text::Text;

/// Longest value of any field, in characters.
pub const LONGEST_VALUE: usize = 4000;
/// 1 mu (亩) in m², by convention.
pub const MU: f64 = 666.67;
/// Digits before and after the point that a number of the form may have.
const DIGITS: (usize, usize) = (15, 6);

/// A value as the form keeps it: numbers in plain digits, dates as `YYYY-MM-DD`, codes without spaces in capitals,
/// booleans as `yes` and `no`. An empty text is no value and not asked for here.
///
/// # Errors
/// A sentence: what the value has to be.
pub fn check(field: &Field, typed: &str) -> Result<String, Text> {
    if field.constraints.unfit {
        return Err(text!("号码有误，请填写的人核对。", "The number is not right; whoever filled it in should compare it."));
    }
    let typed = narrow(typed);
    let typed = typed.trim();
    let n = typed.chars().count();
    if n > LONGEST_VALUE {
        return Err(text!("内容有 {n} 字，最多 {LONGEST_VALUE} 字。", "This is {n} characters; at most {LONGEST_VALUE} fit."));
    }
    let value = match field.kind {
        FieldKind::Number | FieldKind::Money => number(field, typed)?,
        FieldKind::Date => date(typed)?,
        FieldKind::Enum => choice(field, typed)?,
        FieldKind::Boolean => boolean(typed)?,
        FieldKind::Text | FieldKind::Address | FieldKind::Geometry => typed.to_string(),
        FieldKind::OrgCode | FieldKind::ProjectCode | FieldKind::PersonId => code_text(typed),
    };
    let constraints = &field.constraints;
    if let Some(least) = constraints.min_length.filter(|least| n < *least) {
        return Err(text!("至少 {least} 字，现有 {n} 字。", "At least {least} characters; there are {n}."));
    }
    if let Some(most) = constraints.max_length.filter(|most| n > *most) {
        return Err(text!("最多 {most} 字，现有 {n} 字。", "At most {most} characters; there are {n}."));
    }
    match (constraints.rule, field.kind) {
        // A passport or another document: letters and digits, no check digit.
        (Some(CodeRule::ResidentId), _) if is_other_document(&value) => {}
        (Some(rule), FieldKind::Text) => {
            let value = code_text(&value);
            code::check(rule, &value)?;
            return Ok(value);
        }
        (Some(rule), _) => code::check(rule, &value)?,
        (None, _) => {}
    }
    match constraints.shape {
        Some(Shape::Polygon) => geometry::polygon(&value).map(|_| ())?,
        Some(Shape::Point) => geometry::point(&value).map(|_| ())?,
        None => {}
    }
    Ok(value)
}

/// A value kept by the form as a number; dates are days, so that they compare.
pub fn as_number(field: &Field, value: &str) -> Option<f64> {
    match field.kind {
        FieldKind::Number | FieldKind::Money => value.parse().ok(),
        FieldKind::Date => value.parse::<Date>().ok().map(|day| day.number() as f64),
        _ => None,
    }
}

/// Full-width digits, letters and signs as their narrow forms: input methods write them so. Without control signs: nobody means
/// them, and PostgreSQL stores no text with a NUL.
fn narrow(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .map(|c| match c {
            '\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' | '\u{ff0e}' | '\u{ff0d}' => {
                char::from_u32(c as u32 - 0xfee0).unwrap_or(c)
            }
            '\u{3000}' => ' ',
            c => c,
        })
        .collect()
}

fn code_text(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect()
}

fn is_other_document(value: &str) -> bool {
    (5..=17).contains(&value.len())
        && value.starts_with(|c: char| c.is_ascii_alphabetic())
        && value.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Plain digits with at most one point. Separators of thousands are dropped; `63.2 亩` is taken where land is measured.
fn number(field: &Field, typed: &str) -> Result<String, Text> {
    let not_one = || Err(text!("应为数字，如 1234.5。", "A number, such as 1234.5."));
    let lower = typed.to_lowercase();
    let in_mu = ["亩", "mu"].iter().find_map(|unit| lower.strip_suffix(unit)).filter(|_| field.counts_in_mu());
    let plain: String = in_mu.unwrap_or(&lower).chars().filter(|c| !matches!(c, ',' | '，' | ' ' | '_')).collect();
    if plain.starts_with('-') && plain[1..].parse::<f64>().is_ok() {
        return Err(text!("不能是负数。", "It cannot be negative."));
    }
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return not_one();
    }
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    if whole.len() > DIGITS.0 || fraction.len() > DIGITS.1 {
        return Err(text!(
            "数字太长：整数最多 {} 位，小数最多 {} 位。",
            "Too long a number: at most {} digits before the point and {} after it.",
            DIGITS.0,
            DIGITS.1
        ));
    }
    let whole = if whole.is_empty() { "0" } else { whole };
    let plain = if fraction.is_empty() { whole.to_string() } else { format!("{whole}.{fraction}") };
    let Ok(mut number) = plain.parse::<f64>() else { return not_one() };
    let mut text = plain;
    if in_mu.is_some() {
        number = (number * MU * 100.0).round() / 100.0;
        text = number.to_string();
    }
    let unit = |bound: f64| bound.to_string();
    let constraints = &field.constraints;
    if constraints.integer && number.fract() != 0.0 {
        return Err(text!("应为整数。", "A whole number."));
    }
    if let Some(bound) = constraints.exclusive_min.filter(|bound| number <= *bound).map(unit) {
        return Err(text!("应大于 {bound}。", "More than {bound}."));
    }
    if let Some(bound) = constraints.min.filter(|bound| number < *bound).map(unit) {
        return Err(text!("不小于 {bound}。", "At least {bound}."));
    }
    if let Some(bound) = constraints.max.filter(|bound| number > *bound).map(unit) {
        return Err(text!("不大于 {bound}。", "At most {bound}."));
    }
    Ok(text)
}

/// `2022-9-13`, `2022/9/13`, `2022.9.13` and `2022年9月13日` are the same day.
fn date(typed: &str) -> Result<String, Text> {
    let parts: Vec<&str> = typed.split(['-', '/', '.', '年', '月', '日']).map(str::trim).filter(|p| !p.is_empty()).collect();
    let day = match parts[..] {
        [year, month, day] => match (year.parse(), month.parse(), day.parse()) {
            (Ok(year), Ok(month), Ok(day)) if (1900..=2200).contains(&year) => Date::new(year, month, day),
            _ => None,
        },
        _ => None,
    };
    day.map(|day| day.to_string()).ok_or_else(|| text!("应为真实存在的日期，如 2026-09-13。", "A day that exists, such as 2026-09-13."))
}

fn choice(field: &Field, typed: &str) -> Result<String, Text> {
    let found = field.options.iter().find(|o| o.value == typed || o.name.zh == typed || o.name.en.eq_ignore_ascii_case(typed));
    found.map(|o| o.value.clone()).ok_or_else(|| {
        let zh: Vec<&str> = field.options.iter().map(|o| o.name.zh.as_str()).collect();
        let en: Vec<&str> = field.options.iter().map(|o| o.name.en.as_str()).collect();
        Text::new(format!("请从中选择：{}。", zh.join("、")), format!("One of: {}.", en.join(", ")))
    })
}

fn boolean(typed: &str) -> Result<String, Text> {
    match typed.to_lowercase().as_str() {
        "yes" | "true" | "是" => Ok("yes".into()),
        "no" | "false" | "否" => Ok("no".into()),
        _ => Err(text!("请选择是或否。", "Yes or no.")),
    }
}

/// A kept value as a reader reads it, without its unit.
pub fn shown(field: &Field, value: &str) -> Text {
    match field.kind {
        FieldKind::Enum => field.options.iter().find(|o| o.value == value).map_or_else(|| Text::same(value), |o| o.name.clone()),
        FieldKind::Boolean if value == "yes" => Text::new("是", "yes"),
        FieldKind::Boolean if value == "no" => Text::new("否", "no"),
        _ => Text::same(value),
    }
}

/// An area in mu to two places, where people also count in it.
pub fn in_mu(field: &Field, value: &str) -> Option<String> {
    let area: f64 = value.parse().ok().filter(|_| field.counts_in_mu())?;
    Some(((area / MU * 100.0).round() / 100.0).to_string())
}
