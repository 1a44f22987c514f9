//! Who stands in for whom, as it is asked at each request.

use super::{Change, Projection, Row, Table, Write};
use domain::deputy::Substitution;
use domain::log::Stream;

static DEPUTY: Table =
    Table { name: "deputy", kind: Substitution::KIND, stream: "account", key: &["account"], others: &["deputy", "until"] };

/// One row for each account that has a deputy.
pub(super) struct Deputies;

impl Projection for Deputies {
    fn tables(&self) -> &'static [Table] {
        std::slice::from_ref(&DEPUTY)
    }

    fn changes(&self, change: &Change<'_>) -> Vec<Write> {
        let Change::Deputy { account, after } = change else { return Vec::new() };
        vec![match &after.deputy {
            Some((deputy, until)) => {
                Write::Put(Row { table: &DEPUTY, cells: vec![(*account).into(), deputy.into(), until.to_string().into()] })
            }
            None => Write::Remove(&DEPUTY, vec![(*account).into()]),
        }]
    }
}
