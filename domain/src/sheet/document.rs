//! A section of the sheet as a Yjs document. Each field is a root of the document by its id: a `Y.Text` where
//! people write together, else a `Y.Array` of which the last entry counts. (An array and not a map: of two values
//! set at once both stay, so that the one that lost is a click away.)

use super::{LONGEST_VALUE, Values, writing};
use crate::catalogue::{Field, Form};
use crate::id::Id;
use yrs::updates::decoder::Decode;
use yrs::block::ClientID;
use yrs::{Any, Array, Doc, GetString, OffsetKind, Options, Out, ReadTxn, StateVector, Text, Transact, TransactionMut, Update};

/// Values of a field that is not written together which are kept: the one that counts, and what it took the place of.
const KEPT: u32 = 3;
/// Larger than any section that people fill in.
pub const LARGEST: usize = 4 * 1024 * 1024;

/// Bytes that are no update of a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotAnUpdate;

#[derive(Clone)]
pub struct Document {
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

    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.id.as_str() == id)
    }

    /// # Errors
    /// The bytes are no update.
    pub fn apply(&self, update: &[u8]) -> Result<(), NotAnUpdate> {
        let update = Update::decode_v1(update).map_err(|_| NotAnUpdate)?;
        self.doc.transact_mut().apply_update(update).map_err(|_| NotAnUpdate)
    }

    /// Several updates in one transaction.
    ///
    /// # Errors
    /// One of them is none.
    pub fn apply_all<'u>(&self, updates: impl Iterator<Item = &'u [u8]>) -> Result<(), NotAnUpdate> {
        let mut txn = self.doc.transact_mut();
        for update in updates {
            let update = Update::decode_v1(update).map_err(|_| NotAnUpdate)?;
            txn.apply_update(update).map_err(|_| NotAnUpdate)?;
        }
        Ok(())
    }

    /// Everything in it, as one update.
    pub fn whole(&self) -> Vec<u8> {
        self.doc.transact().encode_state_as_update_v1(&StateVector::default())
    }

    pub fn value(&self, field: &Field) -> String {
        value(&self.doc.transact(), field)
    }

    /// What a value took the place of, or lost to it.
    pub fn before(&self, field: &Field) -> Option<String> {
        let txn = self.doc.transact();
        let array = txn.get_array(field.id.as_str())?;
        let n = array.len(&txn);
        let text = |out: Option<Out>| out.map(|out| out.to_string(&txn));
        text(n.checked_sub(2).and_then(|i| array.get(&txn, i))).filter(|before| *before != value(&txn, field))
    }

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

    /// A field that is longer than any value may be.
    pub fn overlong(&self, values: &Values) -> Option<Id<Field>> {
        values.iter().find(|(_, value)| value.chars().count() > LONGEST_VALUE).map(|(id, _)| id.clone())
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
