//! Which passwords are refused: what is short, what everybody tries first, what says no more than the login
//! (NIST SP 800-63B: length and a list instead of rules about signs).

use crate::text;
use crate::text::Text;

/// The fewest characters of a password.
pub const SHORTEST: usize = 12;
/// The most: a longer one costs work and protects no better.
pub const LONGEST: usize = 200;
/// The most characters of a login.
pub const LONGEST_LOGIN: usize = 40;

const COMMON: &str = include_str!("common-passwords.txt");
/// What lies in a row, on the keyboard or in the alphabet.
const ROWS: [&str; 4] =
    ["abcdefghijklmnopqrstuvwxyz", "012345678901234567890123456789", "qwertyuiopasdfghjklzxcvbnm", "1234567890qwertyuiop"];
/// What has to be left of a password without the words that stand on the sign-in page.
const LEAST_OWN: usize = 6;

/// Whether a text has more characters than this; does not count further than that.
pub fn is_longer(text: &str, most: usize) -> bool {
    text.chars().nth(most).is_some()
}

/// Judges a password somebody wants to have.
///
/// # Errors
/// Why it is not a good one.
pub fn judge(password: &str, login: &str, name: &str) -> Result<(), Text> {
    if password.chars().count() < SHORTEST {
        return Err(text!("密码至少 {SHORTEST} 位。", "A password has at least {SHORTEST} characters."));
    }
    if is_longer(password, LONGEST) {
        return Err(text!("密码最多 {LONGEST} 位。", "A password has at most {LONGEST} characters."));
    }
    let plain = plain(password);
    if repeats(&plain) || ROWS.iter().any(|row| runs_along(&plain, row)) {
        return Err(Text::new(
            "密码不能是重复的字符或连续的按键。",
            "A password cannot be the same over and over, or keys that lie in a row.",
        ));
    }
    let own = [login, name, "quanlian", "全链"].into_iter().map(self::plain).filter(|w| !w.is_empty());
    let left = own.fold(plain.clone(), |left, word| left.replace(&word, ""));
    if left.chars().count() < LEAST_OWN {
        return Err(Text::new(
            "密码不能只是登录名、姓名或系统名加几个字符。",
            "A password cannot be the login, the name or the portal's name with a few characters more.",
        ));
    }
    if COMMON.lines().filter(|line| !line.starts_with('#')).any(|common| common == plain) {
        return Err(Text::new("这个密码太常见，请换一个。", "This password is one of those everybody tries first; please choose another."));
    }
    Ok(())
}

/// Small letters and digits alone: signs in between do not make a common password a rare one.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether it is one piece, over and over; so is what has hardly a letter or digit.
fn repeats(plain: &str) -> bool {
    let chars: Vec<char> = plain.chars().collect();
    (1..=chars.len() / 2).any(|piece| chars.iter().skip(piece).zip(&chars).all(|(a, b)| a == b)) || chars.len() < LEAST_OWN
}

fn runs_along(plain: &str, row: &str) -> bool {
    let back: String = row.chars().rev().collect();
    row.contains(plain) || back.contains(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_common_and_meagre_passwords_are_refused() {
        let refused = [
            ("elf zeichen", "至少 12 位"),
            ("aaaaaaaaaaaa", "重复"),
            ("abcabcabcabc", "重复"),
            ("!!!!!!!!!!!!", "重复"),
            ("abcdefghijkl", "连续"),
            ("0987654321098", "连续"),
            ("Qwertyuiop-asdf", "连续"),
            ("1qaz2wsx3edc", "太常见"),
            ("1QAZ-2wsx-3edc", "太常见"),
            ("wangmin-wangmin", "重复"),
            ("wangmin2024wangmin", "登录名"),
            ("王敏王敏1234王敏王敏", "登录名"),
            ("quanlian-demo", "登录名"),
        ];
        for (password, why) in refused {
            let sentence = judge(password, "wangmin", "王敏").unwrap_err().zh;
            assert!(sentence.contains(why), "{password}: {sentence}");
        }
        assert!(judge(&"长".repeat(201), "wangmin", "王敏").unwrap_err().zh.contains("最多 200 位"));
        for good in ["correct horse", "狮山下的老槐树开了三年花", "wangmin rides a blue bicycle", "Tr0ub4dor&3xyz"] {
            assert_eq!(judge(good, "wangmin", "王敏"), Ok(()), "{good}");
        }
    }

    #[test]
    fn the_list_is_of_passwords_the_length_would_let_through() {
        let list: Vec<&str> = COMMON.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(list.len() > 100 && COMMON.len() < 8 * 1024);
        for common in list {
            assert!(plain(common) == common && common.len() >= SHORTEST, "{common}");
        }
    }
}
