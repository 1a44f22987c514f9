//! Rows of read tables as values, so that they can be written, made again and compared.

use crate::error::Fault;
use domain::Id;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Display;

/// A value of a column.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Cell {
    Null,
    Text(String),
    Number(i64),
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}
impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_string())
    }
}
impl From<i64> for Cell {
    fn from(number: i64) -> Cell {
        Cell::Number(number)
    }
}
impl<K> From<&Id<K>> for Cell {
    fn from(id: &Id<K>) -> Cell {
        Cell::Text(id.to_string())
    }
}

impl Cell {
    /// The text of a value that may be missing.
    pub fn optional(value: Option<&impl Display>) -> Cell {
        value.map_or(Cell::Null, |value| Cell::Text(value.to_string()))
    }
}

/// A read table.
#[derive(Debug)]
pub(crate) struct Table {
    pub name: &'static str,
    /// The kind of stream that its rows are made from.
    pub kind: &'static str,
    /// The column that holds the stream's id.
    pub stream: &'static str,
    /// The columns of its primary key.
    pub key: &'static [&'static str],
    pub others: &'static [&'static str],
}

impl Table {
    fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.key.iter().chain(self.others).copied()
    }

    fn upsert(&self) -> String {
        let columns: Vec<_> = self.columns().collect();
        let places: Vec<_> = (1..=columns.len()).map(|n| format!("${n}")).collect();
        let then = match self.others {
            [] => "nothing".to_string(),
            others => format!("update set {}", others.iter().map(|c| format!("{c} = excluded.{c}")).collect::<Vec<_>>().join(", ")),
        };
        let (name, key) = (self.name, self.key.join(", "));
        format!("insert into {name} ({}) values ({}) on conflict ({key}) do {then}", columns.join(", "), places.join(", "))
    }

    fn delete(&self) -> String {
        let key: Vec<_> = self.key.iter().enumerate().map(|(i, column)| format!("{column} = ${}", i + 1)).collect();
        format!("delete from {} where {}", self.name, key.join(" and "))
    }

    /// The rows that are made from one stream, as they stand.
    pub async fn rows(&'static self, connection: &mut AnyConnection, id: &str) -> Result<BTreeSet<Row>, Fault> {
        let columns: Vec<_> = self.columns().collect();
        let sql = format!("select {} from {} where {} = $1", columns.join(", "), self.name, self.stream);
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_string()).fetch_all(connection).await?;
        rows.iter().map(|row| Ok(Row { table: self, cells: (0..columns.len()).map(|i| cell(row, i)).collect::<Result<_, _>>()? })).collect()
    }

    /// The ids of the streams that it has rows of.
    pub async fn ids(&self, connection: &mut AnyConnection) -> Result<BTreeSet<String>, Fault> {
        let sql = format!("select distinct {0} from {1}", self.stream, self.name);
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(connection).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Takes all rows out.
    pub async fn clear(&self, connection: &mut AnyConnection) -> Result<(), Fault> {
        sqlx::query(sqlx::AssertSqlSafe(format!("delete from {}", self.name))).execute(connection).await?;
        Ok(())
    }
}

fn cell(row: &AnyRow, i: usize) -> Result<Cell, sqlx::Error> {
    match row.try_get::<Option<String>, _>(i) {
        Ok(text) => Ok(text.map_or(Cell::Null, Cell::Text)),
        Err(_) => Ok(row.try_get::<Option<i64>, _>(i)?.map_or(Cell::Null, Cell::Number)),
    }
}

/// A row of a read table: the columns of the key, then the others.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub table: &'static Table,
    pub cells: Vec<Cell>,
}

impl PartialEq for Row {
    fn eq(&self, other: &Row) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Row {}
impl PartialOrd for Row {
    fn partial_cmp(&self, other: &Row) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Row {
    fn cmp(&self, other: &Row) -> Ordering {
        (self.table.name, &self.cells).cmp(&(other.table.name, &other.cells))
    }
}

/// Something that is written in the transaction of an append.
#[derive(Clone, Debug)]
pub(crate) enum Write {
    /// A row of a read table, new or in the place of the one with its key.
    Put(Row),
    /// The row of this key goes.
    Remove(&'static Table, Vec<Cell>),
    /// What has to be true together with the event and is no read table: an entry of the record of access.
    Run(&'static str, Vec<Cell>),
}

impl Write {
    pub async fn run(&self, connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
        let (sql, cells) = match self {
            Write::Put(row) => (row.table.upsert(), &row.cells),
            Write::Remove(table, key) => (table.delete(), key),
            Write::Run(sql, cells) => ((*sql).to_string(), cells),
        };
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        for cell in cells {
            query = match cell {
                Cell::Null => query.bind(None::<String>),
                Cell::Text(text) => query.bind(text.clone()),
                Cell::Number(number) => query.bind(*number),
            };
        }
        query.execute(connection).await?;
        Ok(())
    }
}
