//! Text that several people write at once: the difference between what a box showed and what it holds now, and
//! where that difference belongs once others have written too. Places count UTF-16 units, as browsers do.

/// One replacement in a text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Edit {
    /// Where it begins.
    pub at: usize,
    /// How many UTF-16 units are taken away from there.
    pub removed: usize,
    /// What is put in their place.
    pub inserted: String,
}

impl Edit {
    /// Whether it changes nothing.
    pub fn is_nothing(&self) -> bool {
        self.removed == 0 && self.inserted.is_empty()
    }

    fn grows(&self) -> usize {
        self.inserted.encode_utf16().count()
    }

    /// Where a place of the text before is afterwards; a place within what was replaced moves behind it.
    pub fn carries(&self, place: usize) -> usize {
        if place < self.at || (place == self.at && self.removed == 0 && self.grows() == 0) {
            place
        } else if place <= self.at + self.removed {
            if place == self.at && self.removed > 0 { place } else { self.at + self.grows() }
        } else {
            place + self.grows() - self.removed
        }
    }

    /// The same edit after another one of the same text was made first. What the other removed is not removed again.
    #[must_use]
    pub fn after(&self, other: &Edit) -> Edit {
        let (start, end) = (self.at, self.at + self.removed);
        let (other_start, other_end) = (other.at, other.at + other.removed);
        // The part of our range that is still there, on both sides of theirs.
        let before = end.min(other_start).saturating_sub(start);
        let behind = end.saturating_sub(start.max(other_end));
        if self.removed > 0 && start < other_start && end > other_end {
            // Theirs lies within ours: what they wrote stays; ours is removed up to it, and our text goes before it.
            // (The rest of ours behind theirs stays too: nothing typed is lost.)
            return Edit { at: start, removed: before, inserted: self.inserted.clone() };
        }
        let at = if start < other_start || (start == other_start && other.removed > 0 && self.removed == 0) {
            start
        } else if start >= other_end {
            start + other.grows() - other.removed
        } else {
            other_start + other.grows()
        };
        Edit { at, removed: if start < other_start { before } else { behind }, inserted: self.inserted.clone() }
    }
}

/// What turns `before` into `now`: the shortest single replacement.
pub fn difference(before: &str, now: &str) -> Edit {
    let (a, b): (Vec<u16>, Vec<u16>) = (before.encode_utf16().collect(), now.encode_utf16().collect());
    let low = |unit: u16| (0xdc00..0xe000).contains(&unit);
    let mut head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    // Never between the two halves of one character.
    while head > 0 && (a.get(head).is_some_and(|u| low(*u)) || b.get(head).is_some_and(|u| low(*u))) {
        head -= 1;
    }
    let most = a.len().min(b.len()) - head;
    let mut tail = a.iter().rev().zip(b.iter().rev()).take(most).take_while(|(x, y)| x == y).count();
    while tail > 0 && (a.get(a.len() - tail).is_some_and(|u| low(*u)) || b.get(b.len() - tail).is_some_and(|u| low(*u))) {
        tail -= 1;
    }
    Edit { at: head, removed: a.len() - head - tail, inserted: String::from_utf16_lossy(&b[head..b.len() - tail]) }
}

/// The text after an edit.
pub fn apply(text: &str, edit: &Edit) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let at = edit.at.min(units.len());
    let end = (at + edit.removed).min(units.len());
    let mut after = units[..at].to_vec();
    after.extend(edit.inserted.encode_utf16());
    after.extend(&units[end..]);
    String::from_utf16_lossy(&after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_found() {
        assert_eq!(difference("建设内容", "建设主要内容"), Edit { at: 2, removed: 0, inserted: "主要".into() });
        assert_eq!(difference("aaa", "aa"), Edit { at: 2, removed: 1, inserted: String::new() });
        assert!(difference("同", "同").is_nothing());
        assert_eq!(difference("🏭", "🏗"), Edit { at: 0, removed: 2, inserted: "🏗".into() });
    }

    #[test]
    fn two_people_in_one_text_keep_what_both_typed() {
        let base = "生产体外诊断试剂";
        let mine = difference(base, "生产销售体外诊断试剂");
        let theirs = difference(base, "生产体外诊断试剂及仪器");
        let merged = apply(&apply(base, &theirs), &mine.after(&theirs));
        assert_eq!(merged, "生产销售体外诊断试剂及仪器");
        assert_eq!(theirs.carries(8), 11);
        assert_eq!(mine.carries(1), 1);
        assert_eq!(mine.carries(8), 10);
    }
}

#[cfg(test)]
mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_difference_applied_gives_the_new_text(a in ".{0,12}", b in ".{0,12}") {
            prop_assert_eq!(apply(&a, &difference(&a, &b)), b);
        }

        /// Whatever two people do to one text, what each inserted is in the result.
        #[test]
        fn nothing_typed_is_lost(base in "[a-d]{0,10}", mine in "[a-d]{0,4}", theirs in "[e-h]{0,4}", at in 0usize..10, other in 0usize..10, cut in 0usize..4, other_cut in 0usize..4) {
            let edit = |at: usize, cut: usize, text: &str| {
                let at = at.min(base.len());
                Edit { at, removed: cut.min(base.len() - at), inserted: text.to_uppercase() }
            };
            let (mine, theirs) = (edit(at, cut, &mine), edit(other, other_cut, &theirs));
            let merged = apply(&apply(&base, &theirs), &mine.after(&theirs));
            prop_assert!(merged.contains(&mine.inserted), "{merged} has lost {}", mine.inserted);
            prop_assert!(merged.contains(&theirs.inserted), "{merged} has lost {}", theirs.inserted);
        }
    }
}
