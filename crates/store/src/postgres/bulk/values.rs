//! Values of a copy as PostgreSQL has them.

use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::failed;
use crate::bulk::{BulkError, Column, Kind, Value};

/// Whether there is a NUL in it, which PostgreSQL does not keep.
pub(super) fn has_nul(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.contains('\0'),
        Value::Texts(texts) => texts.iter().any(|text| text.contains('\0')),
        Value::Null | Value::Integer(_) | Value::Bytes(_) => false,
    }
}

/// The type of a column.
pub(super) fn sql_type(kind: Kind) -> Type {
    match kind {
        Kind::Integer => Type::INT8,
        Kind::Small => Type::INT4,
        Kind::Flag => Type::BOOL,
        Kind::Text => Type::TEXT,
        Kind::Bytes => Type::BYTEA,
        Kind::Id => Type::UUID,
        Kind::Texts => Type::TEXT_ARRAY,
    }
}

/// A value as its column takes it. One of another type is refused by the server, as a row that the
/// schema does not allow.
pub(super) fn parameter<'v>(value: &'v Value, kind: Kind) -> Box<dyn ToSql + Sync + Send + 'v> {
    match (value, kind) {
        (Value::Integer(number), Kind::Small) => Box::new(i32::try_from(*number).ok()),
        (Value::Integer(number), Kind::Flag) => Box::new(*number != 0),
        (Value::Integer(number), _) => Box::new(*number),
        (Value::Text(text), _) => Box::new(text.as_str()),
        (Value::Bytes(bytes), Kind::Id) => Box::new(Uuid::from_slice(bytes).ok()),
        (Value::Bytes(bytes), _) => Box::new(bytes.as_slice()),
        (Value::Texts(texts), _) => Box::new(texts.as_slice()),
        (Value::Null, kind) => null(kind),
    }
}

fn null(kind: Kind) -> Box<dyn ToSql + Sync + Send> {
    match kind {
        Kind::Integer => Box::new(None::<i64>),
        Kind::Small => Box::new(None::<i32>),
        Kind::Flag => Box::new(None::<bool>),
        Kind::Text => Box::new(None::<String>),
        Kind::Bytes => Box::new(None::<Vec<u8>>),
        Kind::Id => Box::new(None::<Uuid>),
        Kind::Texts => Box::new(None::<Vec<String>>),
    }
}

/// The values of a row that was read.
pub(super) fn read_all(
    row: &tokio_postgres::Row,
    columns: &[Column],
) -> Result<Vec<Value>, BulkError> {
    let values = columns.iter().enumerate();
    let values = values.map(|(at, column)| read(row, at, column.kind));
    values
        .collect::<Result<_, _>>()
        .map_err(|error| failed(&error))
}

fn read(row: &tokio_postgres::Row, at: usize, kind: Kind) -> Result<Value, tokio_postgres::Error> {
    let value = match kind {
        Kind::Integer => row.try_get::<_, Option<i64>>(at)?.map(Value::Integer),
        Kind::Small => row
            .try_get::<_, Option<i32>>(at)?
            .map(|number| Value::Integer(number.into())),
        Kind::Flag => row
            .try_get::<_, Option<bool>>(at)?
            .map(|flag| Value::Integer(flag.into())),
        Kind::Text => row.try_get::<_, Option<String>>(at)?.map(Value::Text),
        Kind::Bytes => row.try_get::<_, Option<Vec<u8>>>(at)?.map(Value::Bytes),
        Kind::Id => row
            .try_get::<_, Option<Uuid>>(at)?
            .map(|id| Value::Bytes(id.into_bytes().to_vec())),
        Kind::Texts => row.try_get::<_, Option<Vec<String>>>(at)?.map(Value::Texts),
    };
    Ok(value.unwrap_or(Value::Null))
}
