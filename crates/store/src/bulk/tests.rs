//! The list of tables against both schemas.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::{Kind, TABLES};

/// What stays where it is: of the nodes of PostgreSQL and not of what they keep.
const NOT_COPIED: &[&str] = &["leases", "nodes"];

/// What a copy carries over of the one row that is no table of its own.
const META: &[&str] = &[
    "id",
    "schema_version",
    "oldest_compatible",
    "epoch",
    "log_origin",
    "fence",
    "latest",
    "traces",
    "copying",
];

const ADVICE: &str = "a table or column that was added belongs into `TABLES` (or, of the meta row, into `Meta`), or into the list of what stays";

type Columns = BTreeMap<String, BTreeSet<String>>;

fn listed() -> Columns {
    let columns = |table: &&super::Table| {
        let columns = table.columns.iter().map(|column| column.name.to_owned());
        (table.name.to_owned(), columns.collect())
    };
    TABLES.iter().map(columns).collect()
}

fn meta() -> BTreeSet<String> {
    META.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn every_column_of_the_sqlite_schema_is_copied() {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(include_str!("../sqlite/migrations/0001_initial.sql"))
        .unwrap();
    // 0: not generated.
    let sql = "SELECT s.name, c.name, c.pk FROM sqlite_schema s, pragma_table_xinfo(s.name) c
               WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite_%' AND c.hidden = 0";
    let mut statement = conn.prepare(sql).unwrap();
    let found = statement.query_map([], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?))
    });
    let (mut found_columns, mut keys) = (Columns::new(), BTreeMap::new());
    for column in found.unwrap() {
        let (table, column, key): (String, String, i64) = column.unwrap();
        let key = usize::try_from(key).unwrap();
        if key > 0 {
            keys.insert((table.clone(), key), column.clone());
        }
        found_columns.entry(table).or_default().insert(column);
    }
    assert_eq!(found_columns.remove("meta").unwrap(), meta(), "{ADVICE}");
    // Computed when it is written.
    let log = found_columns.get_mut("revocations").unwrap();
    assert!(log.remove("sum"));
    assert_eq!(found_columns, listed(), "{ADVICE}");
    for table in TABLES {
        for (at, column) in table.key_columns().iter().enumerate() {
            let found = &keys[&(table.name.to_owned(), at + 1)];
            assert_eq!(found, column.name, "{}", table.name);
        }
        assert!(!keys.contains_key(&(table.name.to_owned(), table.key + 1)));
    }
}

/// What a column of the PostgreSQL schema is, by its declaration.
fn kind(declared: &str) -> Option<Kind> {
    Some(match declared {
        "BIGINT" => Kind::Integer,
        "INTEGER" => Kind::Small,
        "BOOLEAN" => Kind::Flag,
        "TEXT" => Kind::Text,
        "BYTEA" => Kind::Bytes,
        "UUID" => Kind::Id,
        "TEXT[]" => Kind::Texts,
        _ => return None,
    })
}

/// Reads the statements rather than a server's catalogue: that a copy fills what a server has made of
/// them shows the test that copies.
#[test]
fn every_column_of_the_postgresql_schema_is_copied() {
    let sql = include_str!("../postgres/migrations/0001_initial.sql");
    let mut found = Columns::new();
    let mut kinds = BTreeMap::new();
    let mut table = None;
    for line in sql.lines() {
        if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
            let name = rest.split_whitespace().next().unwrap().to_owned();
            found.entry(name.clone()).or_default();
            table = Some(name);
        } else if line.starts_with(')') {
            table = None;
        } else if let Some(table) = &table {
            let mut words = line.split_whitespace();
            let (Some(column), Some(declared)) = (words.next(), words.next()) else {
                continue;
            };
            let Some(kind) = kind(declared.trim_end_matches(',')) else {
                continue;
            };
            if column != "dead_from" {
                kinds.insert((table.clone(), column.to_owned()), kind);
                found.get_mut(table).unwrap().insert(column.to_owned());
            }
        }
    }
    assert_eq!(found.remove("symbolon_meta").unwrap(), meta(), "{ADVICE}");
    for name in NOT_COPIED {
        assert!(found.remove(*name).is_some(), "{name}");
    }
    assert_eq!(found, listed(), "{ADVICE}");
    for table in TABLES {
        for column in table.columns {
            let declared = kinds[&(table.name.to_owned(), column.name.to_owned())];
            assert_eq!(declared, column.kind, "{}.{}", table.name, column.name);
        }
        let counts = format!("CREATE TABLE {} (\n    seq", table.name);
        let by_number = sql
            .find(&counts)
            .is_some_and(|at| sql[at..at + counts.len() + 80].contains("AS IDENTITY"));
        assert_eq!(by_number, table.is_numbered, "{}", table.name);
    }
}
