//! Queries over prepared statements, and reading their rows column by column.

use symbolon_core::{Timestamp, store::StoreError};
use tokio_postgres::{
    Row,
    error::SqlState,
    types::{FromSql, ToSql, Type},
};
use uuid::Uuid;

use super::{
    conn::{Conn, Params},
    failure::{Failure, Outcome, inconsistent},
};

/// What a parameter of a Rust type is in SQL.
pub(super) trait Bind: ToSql + Sync {
    /// Its type.
    const TYPE: Type;
}

macro_rules! bind {
    ($($rust:ty => $sql:ident / $array:ident,)+) => {$(
        impl Bind for $rust {
            const TYPE: Type = Type::$sql;
        }

        impl Bind for Option<$rust> {
            const TYPE: Type = Type::$sql;
        }

        impl Bind for Vec<$rust> {
            const TYPE: Type = Type::$array;
        }

        impl Bind for Vec<Option<$rust>> {
            const TYPE: Type = Type::$array;
        }
    )+};
}

bind! {
    i64 => INT8 / INT8_ARRAY,
    bool => BOOL / BOOL_ARRAY,
    String => TEXT / TEXT_ARRAY,
    &str => TEXT / TEXT_ARRAY,
    &[u8] => BYTEA / BYTEA_ARRAY,
    Uuid => UUID / UUID_ARRAY,
}

/// A parameter with its type.
pub(super) fn bound<T: Bind>(value: &T) -> (&(dyn ToSql + Sync), Type) {
    (value, T::TYPE)
}

/// A statement's parameters; each is a value whose type says what it is in SQL.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::postgres::query::bound(&$value)),*]
    };
}
pub(super) use params;

/// A value of any type: whether it is absent.
struct Anything(bool);

impl<'a> FromSql<'a> for Anything {
    fn from_sql(_: &Type, _: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(false))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(true))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A row that is read from left to right. A value that is not what the domain expects names its
/// table, column and row.
pub(super) struct Columns<'r> {
    row: &'r Row,
    table: &'static str,
    next: usize,
}

impl<'r> Columns<'r> {
    /// A row of a table, before its first column.
    pub(super) const fn of(row: &'r Row, table: &'static str) -> Self {
        Self {
            row,
            table,
            next: 0,
        }
    }

    /// The next column.
    pub(super) fn get<T: FromSql<'r>>(&mut self, column: &'static str) -> Result<T, StoreError> {
        let index = self.next;
        self.next = index.saturating_add(1);
        self.row.try_get(index).map_err(|_| self.wrong(column))
    }

    /// Whether the next column, whatever its type, holds nothing.
    pub(super) fn is_next_null(&self) -> bool {
        let anything = self.row.try_get::<_, Anything>(self.next);
        anything.is_ok_and(|anything| anything.0)
    }

    /// The next column as something that is made of what is there.
    pub(super) fn get_as<T: FromSql<'r>, U>(
        &mut self,
        column: &'static str,
        convert: impl FnOnce(T) -> Option<U>,
    ) -> Result<U, StoreError> {
        convert(self.get(column)?).ok_or_else(|| self.wrong(column))
    }

    /// The next column as a number that is not negative.
    pub(super) fn number<T: TryFrom<i64>>(
        &mut self,
        column: &'static str,
    ) -> Result<T, StoreError> {
        self.get_as(column, |number: i64| T::try_from(number).ok())
    }

    /// The next column as so many bytes.
    pub(super) fn bytes<const N: usize>(
        &mut self,
        column: &'static str,
    ) -> Result<[u8; N], StoreError> {
        self.get_as(column, |bytes: &[u8]| bytes.try_into().ok())
    }

    /// The next column as a UUID of some kind.
    pub(super) fn uuid<U>(
        &mut self,
        column: &'static str,
        wrap: fn(Uuid) -> U,
    ) -> Result<U, StoreError> {
        self.get(column).map(wrap)
    }

    /// The next column as a UUID that may be absent.
    pub(super) fn uuid_option<U>(
        &mut self,
        column: &'static str,
        wrap: fn(Uuid) -> U,
    ) -> Result<Option<U>, StoreError> {
        Ok(self.get::<Option<Uuid>>(column)?.map(wrap))
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

    /// This row contradicts the domain in `column`.
    pub(super) fn wrong(&self, column: &'static str) -> StoreError {
        inconsistent(self.table, column, self.name())
    }

    /// The row's id, which is its first column in every query.
    fn name(&self) -> String {
        let row = self.row;
        let uuid = row.try_get::<_, Uuid>(0).map(|id| id.to_string());
        let number = || row.try_get::<_, i64>(0).map(|id| id.to_string());
        let text = || row.try_get::<_, String>(0);
        uuid.or_else(|_| number())
            .or_else(|_| text())
            .unwrap_or_else(|_| "a row without id".to_owned())
    }
}

/// The first row, if there is one. The table's name only serves error messages.
pub(super) async fn one<T>(
    conn: &Conn,
    table: &'static str,
    sql: &str,
    params: Params<'_>,
    read: impl FnOnce(&mut Columns<'_>) -> Result<T, StoreError> + Send,
) -> Outcome<Option<T>> {
    let rows = conn.query(sql, params).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    Ok(Some(read(&mut Columns::of(row, table))?))
}

/// Every row.
pub(super) async fn all<T>(
    conn: &Conn,
    table: &'static str,
    sql: &str,
    params: Params<'_>,
    mut read: impl FnMut(&mut Columns<'_>) -> Result<T, StoreError> + Send,
) -> Outcome<Vec<T>> {
    let rows = conn.query(sql, params).await?;
    let read = rows.iter().map(|row| read(&mut Columns::of(row, table)));
    Ok(read.collect::<Result<_, _>>()?)
}

/// Whether there is any row.
pub(super) async fn exists(conn: &Conn, sql: &str, params: Params<'_>) -> Outcome<bool> {
    Ok(!conn.query(sql, params).await?.is_empty())
}

/// Inserts a row. A constraint that it breaks is reported as `column` of `row`: a value that must
/// be new is there already, or the row is not what the schema allows.
pub(super) async fn insert(
    conn: &Conn,
    (table, column, row): (&'static str, &'static str, &(dyn ToString + Sync)),
    sql: &str,
    params: Params<'_>,
) -> Outcome<()> {
    match conn.execute(sql, params).await {
        Ok(_) => Ok(()),
        Err(Failure::Postgres(error)) if is_constraint(error.code()) => {
            Err(inconsistent(table, column, row.to_string()).into())
        }
        Err(failure) => Err(failure),
    }
}

/// Class 23: integrity constraint violation.
fn is_constraint(code: Option<&SqlState>) -> bool {
    code.is_some_and(|code| code.code().starts_with("23"))
}

/// Whether a column can hold the text: none has one with a NUL, and asking for it is an error.
pub(super) fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}
