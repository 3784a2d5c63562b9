//! The database of a server, read from outside.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rusqlite::{Connection, OpenFlags, types::Value};
use symbolon_testing::ServerProcess;

/// What a query finds, every value as a text, blobs in hex.
pub(crate) fn rows(server: &ServerProcess, query: &str) -> Vec<Vec<String>> {
    let path = server.data_dir().join("symbolon.db");
    let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut query = database.prepare(query).unwrap();
    let columns = query.column_count();
    let rows = query.query_map([], |row| {
        (0..columns)
            .map(|column| row.get(column).map(text))
            .collect()
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn text(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text,
        Value::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}
