//! A section of the sheet as a Yjs document. Each field is a root of the document by its id: a `Y.Text` where
//! people write together, else a `Y.Array` of which the last entry counts. (An array and not a map: of two values
//! set at once both stay, so that the one that lost is a click away.)

use super::scan::{self, Contents, NotLetIn, Place, Scanned};
use super::{LONGEST_VALUE, Values, writing};
use crate::catalogue::{Field, Form};
use yrs::block::ClientID;
use yrs::branch::BranchID;
use yrs::updates::decoder::Decode;
use yrs::{
    Any, Array, Assoc, Doc, GetString, ID, OffsetKind, Options, Out, ReadTxn, StateVector, StickyIndex, Text, Transact, TransactionMut,
    Update,
};

/// Values of a field that is not written together which are kept: the one that counts, and what it took the place of.
const KEPT: u32 = 3;

/// Entries a field that is not written together may have at a moment: who sets one takes the old ones away, several at
/// once may not have seen each other's.
const MOST_ENTRIES: u32 = 64;
/// Largest that a document may become, in bytes, with everything that was deleted from it.
pub const LARGEST_DOCUMENT: usize = 4 * 1024 * 1024;

/// What an update did.
#[derive(Clone, PartialEq, Debug)]
pub struct Applied {
    /// Something that comes before it is not there yet.
    pub incomplete: bool,
    /// It brought nothing new.
    pub nothing: bool,
    /// The fields it changed; `None` for what is no field of the section.
    pub changed: Vec<Option<Field>>,
}

/// Bytes that are no update of a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotAnUpdate;

/// A section with its fields, empty or as others have written it.
#[derive(Clone)]
pub struct Document {
    /// The document itself, for connections and stores that speak Yjs.
    pub doc: Doc,
    fields: Vec<Field>,
}

impl Document {
    /// An empty one for the fields of a section. `client` has to differ from that of everybody else who writes.
    pub fn new(form: &Form, section: &str, client: u64) -> Document {
        let options = Options { offset_kind: OffsetKind::Utf16, ..Options::with_guid_and_client_id(section.into(), ClientID::new(client)) };
        let doc = Doc::with_options(options);
        let fields: Vec<Field> = form.fields.iter().filter(|f| f.group == section).cloned().collect();
        for field in &fields {
            if field.kind.is_written() {
                doc.get_or_insert_text(field.id.as_str());
            } else {
                doc.get_or_insert_array(field.id.as_str());
            }
        }
        Document { doc, fields }
    }

    /// The fields of the section, in the order of the form.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The field of this id, if it stands in the section.
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.id.as_str() == id)
    }

    /// Applies what is stored.
    ///
    /// # Errors
    /// The bytes are no update, or cannot be decoded safely.
    pub fn apply(&self, update: &[u8]) -> Result<(), NotAnUpdate> {
        self.apply_all(std::iter::once(update))
    }

    /// Looks over what a stranger sent, before anything decodes it.
    ///
    /// # Errors
    /// It is no update, or holds what a sheet does not take.
    pub fn look_over(&self, update: &[u8]) -> Result<Scanned, NotLetIn> {
        let scanned = scan::of_stranger(update)?;
        let txn = self.doc.transact();
        let vector = txn.state_vector();
        for (client, clocks, root) in &scanned.named {
            if self.field(root).is_none() {
                return Err(NotLetIn::Unwanted("the form has no such field"));
            }
            // Of a block whose beginning is known the library takes the rest, and puts it beside that beginning with
            // the root it names: it would stand in two fields at once.
            let known = u64::from(vector.get(&ClientID::new(*client)));
            if clocks.contains(&known) && clocks.start < known && root_of(&txn, (*client, known - 1)).as_ref() != Some(root) {
                return Err(NotLetIn::Unwanted("it says of what is known that it is elsewhere"));
            }
        }
        Ok(scanned)
    }

    /// How far each client has got.
    pub fn state(&self) -> StateVector {
        self.doc.transact().state_vector()
    }

    /// What somebody who has got so far is missing.
    ///
    /// # Errors
    /// The vector is none that a client of this document has.
    pub fn missing(&self, vector: &StateVector) -> Result<Vec<u8>, NotAnUpdate> {
        let reading = std::panic::AssertUnwindSafe(|| self.doc.transact().encode_diff_v1(vector));
        std::panic::catch_unwind(reading).map_err(|_| NotAnUpdate)
    }

    /// Applies what a stranger sent and was looked over, and says what it did. The library may panic on bytes that
    /// nobody's client writes; that is caught here.
    ///
    /// # Errors
    /// The bytes are no update. The document may then be broken and has to be made anew.
    pub fn try_apply(&self, update: &[u8]) -> Result<Applied, NotAnUpdate> {
        scan::of_stranger(update).map_err(|_| NotAnUpdate)?;
        let doc = &self.doc;
        let applying = std::panic::AssertUnwindSafe(|| {
            let update = Update::decode_v1(update).map_err(|_| NotAnUpdate)?;
            let mut txn = doc.transact_mut();
            txn.apply_update(update).map_err(|_| NotAnUpdate)?;
            // What was changed is gathered by the commit.
            txn.commit();
            let mut roots: Vec<BranchID> = txn.changed_parent_types().iter().map(|branch| branch.id()).collect();
            // A root that nobody has named yet is not among the changed ones.
            roots.extend(
                txn.root_refs().map(|(name, _)| name).filter(|name| self.field(name).is_none()).map(|name| BranchID::Root(name.into())),
            );
            Ok((txn.has_missing_updates(), !txn.has_changes(), roots))
        });
        let (incomplete, nothing, roots) = std::panic::catch_unwind(applying).map_err(|_| NotAnUpdate)??;
        let field = |id: BranchID| match id {
            BranchID::Root(name) => self.field(&name).cloned(),
            BranchID::Nested(_) => None,
        };
        Ok(Applied { incomplete, nothing, changed: roots.into_iter().map(field).collect() })
    }

    /// Whether an update would bring nothing new. Bytes that are none are not held.
    pub fn holds(&self, update: &[u8]) -> bool {
        if scan::of_stored(update).is_err() {
            return false;
        }
        let reading = std::panic::AssertUnwindSafe(|| {
            let Ok(update) = Update::decode_v1(update) else { return false };
            let have = self.doc.transact().snapshot();
            let brings = update.insertions(true);
            let known = brings.iter().all(|(client, ranges)| ranges.iter().all(|range| range.end <= have.state_map.get(client)));
            known && update.delete_set().diff(&have.delete_set).is_empty()
        });
        std::panic::catch_unwind(reading).unwrap_or(false)
    }

    /// Several updates in one transaction.
    ///
    /// # Errors
    /// One of them is none.
    pub fn apply_all<'u>(&self, updates: impl Iterator<Item = &'u [u8]>) -> Result<(), NotAnUpdate> {
        let mut txn = self.doc.transact_mut();
        for update in updates {
            scan::of_stored(update).map_err(|_| NotAnUpdate)?;
            let update = Update::decode_v1(update).map_err(|_| NotAnUpdate)?;
            txn.apply_update(update).map_err(|_| NotAnUpdate)?;
        }
        Ok(())
    }

    /// Everything in it, as one update.
    pub fn whole(&self) -> Vec<u8> {
        self.doc.transact().encode_state_as_update_v1(&StateVector::default())
    }

    /// What a field holds; an empty text where it holds nothing.
    pub fn value(&self, field: &Field) -> String {
        value(&self.doc.transact(), field)
    }

    /// Whether the fields that an update changed hold what fields of their kind hold, and no more than fits.
    ///
    /// # Errors
    /// Why not, for the program that wrote it.
    pub fn fits(&self, fields: &[&Field], update: &Scanned) -> Result<(), &'static str> {
        let txn = self.doc.transact();
        let brings = |what: Contents| update.contents.iter().any(|(_, contents)| *contents == what);
        let written = |field: &&&Field| field.kind.is_written();
        // A text holds no values and a list no text. Who writes both at once is looked at block by block: not where a
        // block says it belongs, but where it came to stand.
        if (brings(Contents::Values) && fields.iter().any(|f| written(&f)))
            || (brings(Contents::Text) && !fields.iter().all(|f| written(&f)))
        {
            for (place, contents) in &update.contents {
                let field = root_of(&txn, *place).and_then(|root| self.field(&root));
                if field.is_none_or(|field| field.kind.is_written() != (*contents == Contents::Text)) {
                    return Err("this field holds something of another kind");
                }
            }
        }
        for field in fields {
            let id = field.id.as_str();
            if field.kind.is_written() {
                let Some(text) = txn.get_text(id) else { continue };
                // A text's length is known without reading it, in units of which a sign has one or two.
                let units = text.len(&txn) as usize;
                if units > LONGEST_VALUE && text.get_string(&txn).chars().count() > LONGEST_VALUE {
                    return Err("a value is too long");
                }
            } else if let Some(array) = txn.get_array(id) {
                if array.len(&txn) > MOST_ENTRIES {
                    return Err("this field holds one value");
                }
                for entry in array.iter(&txn) {
                    match entry {
                        Out::Any(Any::String(text)) if text.chars().count() > LONGEST_VALUE => return Err("a value is too long"),
                        Out::Any(Any::String(_) | Any::Number(_)) => {}
                        _ => return Err("this field holds a text or a number"),
                    }
                }
            }
        }
        Ok(())
    }

    /// What a value took the place of, or lost to it.
    pub fn before(&self, field: &Field) -> Option<String> {
        let txn = self.doc.transact();
        let array = txn.get_array(field.id.as_str())?;
        let n = array.len(&txn);
        let text = |out: Option<Out>| out.map(|out| out.to_string(&txn));
        text(n.checked_sub(2).and_then(|i| array.get(&txn, i))).filter(|before| *before != value(&txn, field))
    }

    /// What all fields hold; those that hold nothing are left out.
    pub fn values(&self) -> Values {
        let txn = self.doc.transact();
        let values = self.fields.iter().map(|field| (field.id.clone(), value(&txn, field)));
        values.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// Sets a field within a transaction: the difference in a text, a new last entry elsewhere. `false`: it is so
    /// already.
    pub fn set(&self, txn: &mut TransactionMut<'_>, field: &Field, to: &str) -> bool {
        let is = value(txn, field);
        if is == to {
            return false;
        }
        if field.kind.is_written() {
            self.edit(txn, field, &writing::difference(&is, to));
        } else if let Some(array) = txn.get_array(field.id.as_str()) {
            array.push_back(txn, Any::from(to));
            let n = array.len(txn);
            if n > KEPT {
                array.remove_range(txn, 0, n - KEPT);
            }
        }
        true
    }

    /// Makes an edit in a text.
    pub fn edit(&self, txn: &mut TransactionMut<'_>, field: &Field, edit: &writing::Edit) {
        let Some(text) = txn.get_text(field.id.as_str()) else { return };
        let length = text.len(txn);
        let at = u32::try_from(edit.at).unwrap_or(u32::MAX).min(length);
        let removed = u32::try_from(edit.removed).unwrap_or(u32::MAX).min(length - at);
        if removed > 0 {
            text.remove_range(txn, at, removed);
        }
        if !edit.inserted.is_empty() {
            text.insert(txn, at, &edit.inserted);
        }
    }
}

/// The root a block stands in.
fn root_of<T: ReadTxn>(txn: &T, (client, clock): Place) -> Option<String> {
    let id = ID::new(ClientID::new(client), u32::try_from(clock).ok()?);
    match StickyIndex::from_id(id, Assoc::After).get_offset(txn)?.branch.id() {
        BranchID::Root(name) => Some(name.to_string()),
        BranchID::Nested(_) => None,
    }
}

fn value<T: ReadTxn>(txn: &T, field: &Field) -> String {
    let id = field.id.as_str();
    if field.kind.is_written() {
        return txn.get_text(id).map(|text| text.get_string(txn)).unwrap_or_default();
    }
    let Some(array) = txn.get_array(id) else { return String::new() };
    let last = array.len(txn).checked_sub(1).and_then(|i| array.get(txn, i));
    match last {
        Some(Out::Any(Any::String(text))) => text.to_string(),
        Some(Out::Any(Any::Number(number))) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;
    use crate::catalogue::{Constraints, FieldKind};
    use crate::text::Text as Both;

    fn form() -> Form {
        let field = |id: &str, kind| Field {
            id: id.into(),
            name: Both::same(id),
            kind,
            group: "land".into(),
            provider: "enterprise".into(),
            unit: None,
            produced_by: None,
            validation: None,
            constraints: Constraints::default(),
            options: Vec::new(),
            answer: None,
            readers: None,
        };
        Form { fields: vec![field("words", FieldKind::Text), field("sum", FieldKind::Money)], ..Form::default() }
    }

    fn writes(document: &Document, field: &str, to: &str) -> Vec<u8> {
        let before = document.doc.transact().state_vector();
        let field = document.field(field).unwrap().clone();
        document.set(&mut document.doc.transact_mut(), &field, to);
        document.doc.transact().encode_diff_v1(&before)
    }

    #[test]
    fn an_update_says_which_fields_it_changes() {
        let (a, b) = (Document::new(&form(), "land", 1), Document::new(&form(), "land", 2));
        let changed = |applied: Applied| applied.changed.into_iter().flatten().map(|f| f.id.to_string()).collect::<Vec<_>>();
        let words = writes(&a, "words", "厂房");
        assert_eq!(changed(b.try_apply(&words).unwrap()), ["words"]);
        assert!(b.try_apply(&words).unwrap().nothing, "a second time it says nothing");
        let sum = writes(&a, "sum", "80000");
        assert!(!b.holds(&sum));
        assert_eq!(changed(b.try_apply(&sum).unwrap()), ["sum"]);
        assert!(b.holds(&sum));
        // Deleting is changing too.
        let cleared = writes(&a, "words", "");
        assert!(!b.holds(&cleared));
        assert_eq!(changed(b.try_apply(&cleared).unwrap()), ["words"]);
        // What comes before is missing.
        let _lost = writes(&a, "words", "一");
        let late = writes(&a, "words", "一二");
        assert!(b.try_apply(&late).unwrap().incomplete);
        // A root that is no field.
        let stranger = Document::new(&Form::default(), "land", 9);
        let other = stranger.doc.get_or_insert_text("other");
        other.insert(&mut stranger.doc.transact_mut(), 0, "x");
        assert!(Document::new(&form(), "land", 3).try_apply(&stranger.whole()).unwrap().changed.contains(&None));
    }

    #[test]
    fn of_two_values_set_at_once_both_are_there() {
        let (a, b) = (Document::new(&form(), "land", 1), Document::new(&form(), "land", 2));
        let (from_a, from_b) = (writes(&a, "sum", "1"), writes(&b, "sum", "2"));
        a.apply(&from_b).unwrap();
        b.apply(&from_a).unwrap();
        let sum = a.field("sum").unwrap();
        assert_eq!(a.value(sum), b.value(sum));
        let both = [a.value(sum), a.before(sum).unwrap()];
        assert!(both.contains(&"1".to_string()) && both.contains(&"2".to_string()));
    }

    /// Thousands of edits leave a small document (the bench has 100,000).
    #[test]
    fn many_edits_leave_a_small_document() {
        let a = Document::new(&form(), "land", 1);
        for i in 0..4_000u32 {
            writes(&a, if i % 4 == 0 { "sum" } else { "words" }, &format!("第 {i} 稿"));
        }
        assert!(a.whole().len() < 20_000, "{} bytes", a.whole().len());
    }
}
