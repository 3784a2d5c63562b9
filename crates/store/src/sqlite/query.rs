//! Queries over cached statements, and reading their rows column by column.

use rusqlite::{
    Connection, ErrorCode, Params, Row, Statement,
    types::{FromSql, ValueRef},
};
use symbolon_core::{Timestamp, store::StoreError};
use uuid::Uuid;

use super::failure::{Failure, Outcome, inconsistent};

/// A row that is read from left to right. A value that is not what the domain expects names its
/// table, column and row.
pub(super) struct Columns<'r> {
    row: &'r Row<'r>,
    table: &'static str,
    next: usize,
}

impl Columns<'_> {
    /// The next column.
    pub(super) fn get<T: FromSql>(&mut self, column: &'static str) -> Result<T, StoreError> {
        let index = self.next;
        self.next = index.saturating_add(1);
        self.row.get(index).map_err(|_| self.wrong(column))
    }

    /// The next column as something that is made of what is there.
    pub(super) fn get_as<T: FromSql, U>(
        &mut self,
        column: &'static str,
        convert: impl FnOnce(T) -> Option<U>,
    ) -> Result<U, StoreError> {
        convert(self.get(column)?).ok_or_else(|| self.wrong(column))
    }

    /// The next column as a UUID of some kind.
    pub(super) fn uuid<U>(
        &mut self,
        column: &'static str,
        wrap: fn(Uuid) -> U,
    ) -> Result<U, StoreError> {
        Ok(wrap(Uuid::from_bytes(self.get(column)?)))
    }

    /// The next column as a UUID that may be absent.
    pub(super) fn uuid_option<U>(
        &mut self,
        column: &'static str,
        wrap: fn(Uuid) -> U,
    ) -> Result<Option<U>, StoreError> {
        let bytes: Option<[u8; 16]> = self.get(column)?;
        Ok(bytes.map(|bytes| wrap(Uuid::from_bytes(bytes))))
    }

    /// The next column as a point in time.
    pub(super) fn time(&mut self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.get(column).map(Timestamp::from_millis)
    }

    /// The next column as a point in time that may be absent.
    pub(super) fn time_option(
        &mut self,
        column: &'static str,
    ) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.get::<Option<i64>>(column)?.map(Timestamp::from_millis))
    }

    /// The next column as a JSON array of texts.
    pub(super) fn texts(&mut self, column: &'static str) -> Result<Vec<String>, StoreError> {
        self.get_as(column, |text: String| serde_json::from_str(&text).ok())
    }

    /// This row contradicts the domain in `column`.
    pub(super) fn wrong(&self, column: &'static str) -> StoreError {
        inconsistent(self.table, column, self.name())
    }

    /// The row's id, which is its first column in every query.
    fn name(&self) -> String {
        match self.row.get_ref(0) {
            Ok(ValueRef::Blob(bytes)) => match Uuid::from_slice(bytes) {
                Ok(uuid) => uuid.to_string(),
                Err(_) => "a blob that is no id".to_owned(),
            },
            Ok(ValueRef::Integer(number)) => number.to_string(),
            Ok(ValueRef::Text(text)) => String::from_utf8_lossy(text).into_owned(),
            _ => "a row without id".to_owned(),
        }
    }
}

/// The first row, if there is one. The table's name only serves error messages.
pub(super) fn one<T>(
    conn: &Connection,
    table: &'static str,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&mut Columns<'_>) -> Result<T, StoreError>,
) -> Outcome<Option<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    one_of(&mut statement, table, params, read)
}

/// The same of a statement that is used again and again.
pub(super) fn one_of<T>(
    statement: &mut Statement<'_>,
    table: &'static str,
    params: impl Params,
    read: impl FnOnce(&mut Columns<'_>) -> Result<T, StoreError>,
) -> Outcome<Option<T>> {
    let mut rows = statement.query(params)?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let mut columns = Columns {
        row,
        table,
        next: 0,
    };
    Ok(Some(read(&mut columns)?))
}

/// Every row.
pub(super) fn all<T>(
    conn: &Connection,
    table: &'static str,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&mut Columns<'_>) -> Result<T, StoreError>,
) -> Outcome<Vec<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut values = Vec::new();
    while let Some(row) = rows.next()? {
        let mut columns = Columns {
            row,
            table,
            next: 0,
        };
        values.push(read(&mut columns)?);
    }
    Ok(values)
}

/// Whether there is any row.
pub(super) fn exists(conn: &Connection, sql: &str, params: impl Params) -> Outcome<bool> {
    Ok(conn.prepare_cached(sql)?.exists(params)?)
}

/// Runs a statement and answers how many rows it changed.
pub(super) fn execute(conn: &Connection, sql: &str, params: impl Params) -> Outcome<u32> {
    let changed = conn.prepare_cached(sql)?.execute(params)?;
    Ok(u32::try_from(changed).unwrap_or(u32::MAX))
}

/// Inserts a row. A constraint that it breaks is reported as `column` of `row`: a value that must
/// be new is there already, or the row is not what the schema allows.
pub(super) fn insert(
    conn: &Connection,
    (table, column, row): (&'static str, &'static str, &dyn ToString),
    sql: &str,
    params: impl Params,
) -> Outcome<()> {
    match execute(conn, sql, params) {
        Ok(_) => Ok(()),
        Err(Failure::Sqlite(error))
            if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) =>
        {
            Err(inconsistent(table, column, row.to_string()).into())
        }
        Err(failure) => Err(failure),
    }
}
