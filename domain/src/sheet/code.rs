//! Numbers that standards define: whether a text is one, and what is wrong with it.

use crate::catalogue::CodeRule;
use crate::date::Date;
use crate::text;
use crate::text::Text;

/// # Errors
/// A sentence: what the number has to be, and where it is not.
pub fn check(rule: CodeRule, text: &str) -> Result<(), Text> {
    match rule {
        CodeRule::Uscc => uscc(text),
        CodeRule::ResidentId => resident_id(text),
        CodeRule::ProjectCode => project_code(text),
        CodeRule::RealEstateUnit => real_estate_unit(text),
        CodeRule::Industry => industry(text),
    }
}

fn length(text: &str, expected: usize) -> Result<(), Text> {
    let n = text.chars().count();
    if n == expected {
        Ok(())
    } else {
        Err(text!("应为 {expected} 位，现有 {n} 位。", "This has {n} characters; it should have {expected}."))
    }
}

/// 统一社会信用代码, GB 32100-2015: 31 signs without I, O, S, V, Z; the last is a check sign modulo 31.
fn uscc(text: &str) -> Result<(), Text> {
    const SIGNS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    length(text, 18)?;
    let mut sum = 0;
    let mut weight = 1;
    let mut last = 0;
    for (i, sign) in text.chars().enumerate() {
        let Some(value) = SIGNS.find(sign) else {
            return Err(text!(
                "第 {} 位“{sign}”不是代码用的字符（不用 I、O、S、V、Z 和小写）。",
                "Character {} (`{sign}`) is none the code uses (no I, O, S, V, Z, no small letters).",
                i + 1
            ));
        };
        if (2..8).contains(&i) && !sign.is_ascii_digit() {
            return Err(text!("第 3 至 8 位应为行政区划数字。", "Characters 3 to 8 are the digits of the district."));
        }
        if i < 17 {
            sum += value * weight;
            weight = weight * 3 % 31;
        }
        last = value;
    }
    let check = (31 - sum % 31) % 31;
    if check == last {
        Ok(())
    } else {
        Err(text!("校验位不对，请核对各位。", "The check character does not fit; please compare each character."))
    }
}

/// 居民身份证号, GB 11643-1999: a real birth date and a check digit modulo 11.
fn resident_id(text: &str) -> Result<(), Text> {
    length(text, 18)?;
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    let signs: Vec<char> = text.chars().map(|c| c.to_ascii_uppercase()).collect();
    let Some(digits) = signs[..17].iter().map(|c| c.to_digit(10)).collect::<Option<Vec<u32>>>() else {
        return Err(text!("前 17 位应为数字。", "The first 17 characters are digits."));
    };
    let number = |range: std::ops::Range<usize>| digits[range].iter().fold(0u32, |n, d| n * 10 + d);
    let (year, month, day) = (number(6..10), number(10..12), number(12..14));
    let born = Date::new(i32::try_from(year).unwrap_or(0), u8::try_from(month).unwrap_or(0), u8::try_from(day).unwrap_or(0));
    if !(1900..2100).contains(&year) || born.is_none() {
        return Err(text!("第 7 至 14 位不是真实存在的出生日期。", "Characters 7 to 14 are no day of birth that exists."));
    }
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(d, w)| d * w).sum();
    if CHECKS[(sum % 11) as usize] == signs[17] {
        Ok(())
    } else {
        Err(text!("校验位不对，请核对各位。", "The check digit does not fit; please compare each digit."))
    }
}

/// 投资项目代码, GB/T 40058-2021: `YYMM-district-guidance-type-serial`. The check digit's algorithm is not in open
/// text: form and month only.
fn project_code(text: &str) -> Result<(), Text> {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|p| p.len()).collect();
    if lengths != [4, 6, 2, 2, 6] || !parts.iter().all(|p| p.bytes().all(|b| b.is_ascii_digit())) {
        return Err(text!(
            "应写作 2204-320505-89-01-123456（4-6-2-2-6 位数字）。",
            "Written as 2204-320505-89-01-123456 (digits in groups of 4-6-2-2-6)."
        ));
    }
    match parts[0][2..].parse::<u8>() {
        Ok(1..=12) => Ok(()),
        _ => Err(text!("第 3、4 位应为 01 至 12 的月份。", "Digits 3 and 4 are a month from 01 to 12.")),
    }
}

/// 不动产单元号, GB/T 37346-2019: 28 signs, structure only; spaces between the groups are common and dropped before.
fn real_estate_unit(text: &str) -> Result<(), Text> {
    length(text, 28)?;
    let signs: Vec<char> = text.chars().collect();
    let digits = |range: std::ops::Range<usize>| signs[range].iter().all(char::is_ascii_digit);
    if !digits(0..12) {
        return Err(text!(
            "前 12 位应为行政区划、地籍区、地籍子区的数字。",
            "The first 12 characters are digits: district and cadastral areas."
        ));
    }
    if !"GJZ".contains(signs[12]) || !"ABCDEFGHSXWY".contains(signs[13]) {
        return Err(text!(
            "第 13、14 位应为宗地特征，如 GB（国有建设用地使用权）。",
            "Characters 13 and 14 are the feature of the parcel, such as GB (state land for construction)."
        ));
    }
    if !digits(14..19) {
        return Err(text!("第 15 至 19 位应为宗地顺序号数字。", "Characters 15 to 19 are the digits of the parcel."));
    }
    if !"FLQW".contains(signs[19]) || !digits(20..28) {
        return Err(text!(
            "第 20 位应为 F、L、Q 或 W，其后 8 位数字；没有定着物写 W00000000。",
            "Character 20 is F, L, Q or W, then 8 digits; W00000000 where there is no building."
        ));
    }
    Ok(())
}

/// 国民经济行业代码, GB/T 4754-2017: four digits; whether there is such a class is not checked.
fn industry(text: &str) -> Result<(), Text> {
    if text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()) {
        Ok(())
    } else {
        Err(text!("应为 4 位数字，如 2770。", "Four digits, such as 2770."))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;

    #[test]
    fn the_examples_of_the_standards_are_told_right_from_wrong() {
        for (rule, right, wrong) in [
            (CodeRule::Uscc, "91350100M000100Y43", "91350100M000100Y4A"),
            (CodeRule::ResidentId, "11010519491231002X", "110105194912310021"),
            (CodeRule::ProjectCode, "2204-320505-89-01-123456", "2213-320505-89-01-123456"),
            (CodeRule::RealEstateUnit, "320505001001GB00001W00000000", "320505001001GB00001A00000000"),
            (CodeRule::Industry, "2770", "277"),
        ] {
            assert_eq!(check(rule, right), Ok(()));
            assert!(!check(rule, wrong).unwrap_err().is_empty(), "{wrong}");
        }
        assert!(check(CodeRule::ResidentId, "11010519490231002X").unwrap_err().zh.contains("出生日期"));
        assert!(check(CodeRule::Uscc, "9135").unwrap_err().zh.contains("18 位"));
    }
}
