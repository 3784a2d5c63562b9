//! A value of a row, the same whichever backend keeps it.

use std::fmt;

/// A value.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// None.
    Null,
    /// A number, a time, or 0 and 1 for no and yes.
    Integer(i64),
    /// A text.
    Text(String),
    /// Bytes, those of a UUID too.
    Bytes(Vec<u8>),
    /// A list of texts.
    Texts(Vec<String>),
}

/// A row, its columns in the order of its table's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub Vec<Value>);

impl Row {
    /// Its key, which is its first columns.
    pub(crate) fn key(&self, columns: usize) -> Vec<Value> {
        self.0.iter().take(columns).cloned().collect()
    }
}

/// Hashes and sealed keys are among them.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value([redacted])")
    }
}

/// A key in words: ids as UUIDs, hashes by their first bytes.
pub(crate) fn in_words(key: &[Value]) -> String {
    let word = |value: &Value| match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.escape_debug().to_string(),
        Value::Bytes(bytes) => match uuid::Uuid::from_slice(bytes) {
            Ok(id) => id.to_string(),
            Err(_) => {
                let first = bytes.iter().take(4);
                let hex = first.map(|byte| format!("{byte:02x}")).collect::<String>();
                format!("{hex}…")
            }
        },
        Value::Texts(texts) => texts.join(","),
    };
    key.iter().map(word).collect::<Vec<_>>().join("/")
}
