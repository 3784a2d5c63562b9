//! A SQLite database in bulk: opened for one process alone, which SQLite itself sees to.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use rusqlite::{Connection, ErrorCode, ToSql, params, params_from_iter, types::Value as Sql};
use symbolon_core::{Entropy, model::Revocation};

use super::{OpenError, SqliteOptions, connection, damage, log, open, rows, schema};
use crate::bulk::{Bulk, BulkError, FOREIGN_ACCOUNTS, Kind, Meta, Row, Size, Table, Value};

/// How long to wait for whoever is about to leave.
const BUSY: Duration = Duration::from_secs(2);

/// A database that is ours alone, from when it is opened until it is closed.
pub struct SqliteBulk {
    conn: Arc<Mutex<Connection>>,
}

impl std::fmt::Debug for SqliteBulk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SqliteBulk")
    }
}

impl SqliteBulk {
    /// Opens a database that is there, of this release's schema. Nothing in it is changed, but what a
    /// killed server has left in its write-ahead log may be moved into the file.
    ///
    /// # Errors
    /// If it is damaged, in use, or none that this release can work on.
    pub fn open_source(path: &Path) -> Result<Self, BulkError> {
        damage::look_at(path)?;
        let conn = connection::open_for_writing(path, BUSY).map_err(OpenError::from)?;
        alone(&conn)?;
        let version = schema::check(&conn)?;
        if version != schema::newest() {
            return Err(BulkError::Outdated {
                version,
                known: schema::newest(),
            });
        }
        Ok(Self::on(conn))
    }

    /// Opens a database that is written to, and makes it if there is none.
    ///
    /// # Errors
    /// If it is damaged, in use, or none that this release can work on.
    pub fn open_target(path: &Path, entropy: &dyn Entropy) -> Result<Self, BulkError> {
        damage::look_at(path)?;
        let mut options = SqliteOptions::new(path);
        options.busy_timeout = BUSY;
        open::claim_file(&options, entropy)?;
        let conn = connection::open_for_writing(path, BUSY).map_err(OpenError::from)?;
        alone(&conn)?;
        schema::prepare(&conn, entropy)?;
        conn.execute_batch(
            // Indexes are written to all over: the more of them fits, the less is written twice.
            "PRAGMA cache_size = -262144;
             PRAGMA wal_autocheckpoint = 16384;",
        )
        .map_err(OpenError::from)?;
        Ok(Self::on(conn))
    }

    fn on(conn: Connection) -> Self {
        Self {
            conn: Arc::new(Mutex::new(conn)),
        }
    }

    async fn run<T, F>(&self, work: F) -> Result<T, BulkError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, BulkError> + Send + 'static,
    {
        let conn = Arc::clone(&self.conn);
        let work = tokio::task::spawn_blocking(move || {
            work(&mut conn.lock().unwrap_or_else(PoisonError::into_inner))
        });
        match work.await {
            Ok(done) => done,
            Err(panicked) => Err(BulkError::Database(panicked.to_string())),
        }
    }
}

/// Shuts everybody else out for as long as the connection is open.
fn alone(conn: &Connection) -> Result<(), BulkError> {
    let taken = conn
        .query_row("PRAGMA locking_mode = EXCLUSIVE", [], |_| Ok(()))
        .and_then(|()| conn.execute_batch("BEGIN EXCLUSIVE; COMMIT"));
    match taken {
        Err(error) if is_busy(&error) => Err(BulkError::InUse(
            "another process has the database open".to_owned(),
        )),
        Err(error) => Err(OpenError::from(error).into()),
        Ok(()) => Ok(()),
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

fn failed(error: rusqlite::Error) -> BulkError {
    match OpenError::from(error) {
        OpenError::Sqlite(error) => BulkError::Database(error.to_string()),
        other => other.into(),
    }
}

#[async_trait]
impl Bulk for SqliteBulk {
    async fn meta(&mut self) -> Result<Meta, BulkError> {
        self.run(|conn| {
            let sql = "SELECT epoch, log_origin, fence, latest, copying FROM meta";
            conn.query_row(sql, [], |row| {
                Ok(Meta {
                    epoch: row.get(0)?,
                    log_origin: row.get(1)?,
                    fence: row.get(2)?,
                    latest: row.get(3)?,
                    copying: row.get(4)?,
                })
            })
            .map_err(failed)
        })
        .await
    }

    async fn count(&mut self, table: &'static Table) -> Result<u64, BulkError> {
        self.run(|conn| {
            let sql = format!("SELECT count(*) FROM {}", table.name);
            let count: i64 = conn.query_row(&sql, [], |row| row.get(0)).map_err(failed)?;
            Ok(count.unsigned_abs())
        })
        .await
    }

    async fn page(
        &mut self,
        table: &'static Table,
        after: Option<Vec<Value>>,
        limit: u32,
    ) -> Result<Vec<Row>, BulkError> {
        self.run(move |conn| {
            if table.name == "revocations" {
                check_sums(conn, after.as_deref(), limit)?;
            }
            page(conn, table, after.as_deref(), limit)
        })
        .await
    }

    async fn last_key(&mut self, table: &'static Table) -> Result<Option<Vec<Value>>, BulkError> {
        self.run(|conn| {
            let key = table.key_list();
            let backwards = key.replace(',', " DESC,");
            let sql = format!(
                "SELECT {key} FROM {} ORDER BY {backwards} DESC LIMIT 1",
                table.name
            );
            let mut statement = conn.prepare_cached(&sql).map_err(failed)?;
            let mut found = statement.query([]).map_err(failed)?;
            let Some(row) = found.next().map_err(failed)? else {
                return Ok(None);
            };
            let columns = table.key_columns().iter().enumerate();
            let key = columns.map(|(at, column)| read(row, at, column.kind));
            key.collect::<Result<_, _>>().map(Some)
        })
        .await
    }

    async fn write(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), BulkError> {
        self.run(move |conn| {
            let tx = conn.transaction().map_err(failed)?;
            insert(&tx, table, &rows)?;
            tx.commit().map_err(failed)
        })
        .await
    }

    async fn mark(&mut self, source: &str) -> Result<(), BulkError> {
        let source = source.to_owned();
        self.run(move |conn| {
            conn.execute("UPDATE meta SET copying = ?1", [source])
                .map_err(failed)?;
            Ok(())
        })
        .await
    }

    async fn finish(&mut self, meta: &Meta) -> Result<(), BulkError> {
        let meta = meta.clone();
        self.run(move |conn| {
            conn.execute(
                "UPDATE meta SET epoch = ?1, log_origin = ?2, fence = ?3, latest = ?4,
                                 copying = NULL",
                params![meta.epoch, meta.log_origin, meta.fence, meta.latest],
            )
            .map_err(failed)?;
            Ok(())
        })
        .await
    }

    async fn has_foreign_accounts(&mut self) -> Result<bool, BulkError> {
        self.run(|conn| {
            conn.query_row(FOREIGN_ACCOUNTS, [], |row| row.get(0))
                .map_err(failed)
        })
        .await
    }

    async fn sizes(&mut self) -> Result<Vec<Size>, BulkError> {
        self.run(|conn| {
            // What is in the write-ahead log is not in the pages of the file.
            conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
                .map_err(failed)?;
            let sql = "SELECT d.name, s.tbl_name, s.type = 'table', d.pgsize
                       FROM dbstat d JOIN sqlite_schema s ON s.name = d.name
                       WHERE d.aggregate = TRUE ORDER BY s.tbl_name, s.type DESC, d.name";
            let mut statement = conn.prepare(sql).map_err(failed)?;
            let sizes = statement.query_map([], |row| {
                Ok(Size {
                    name: row.get(0)?,
                    table: row.get(1)?,
                    is_table: row.get(2)?,
                    bytes: row.get::<_, i64>(3)?.unsigned_abs(),
                })
            });
            sizes
                .and_then(Iterator::collect::<Result<_, _>>)
                .map_err(failed)
        })
        .await
    }

    async fn close(self: Box<Self>) -> Result<(), BulkError> {
        let conn = Arc::into_inner(self.conn);
        let Some(conn) = conn.map(|conn| conn.into_inner().unwrap_or_else(PoisonError::into_inner))
        else {
            return Ok(());
        };
        let closed = tokio::task::spawn_blocking(|| conn.close().map_err(|(_, error)| error));
        match closed.await {
            Ok(closed) => closed.map_err(failed),
            Err(panicked) => Err(BulkError::Database(panicked.to_string())),
        }
    }
}

/// Reads the same entries as the log's readers do, who find bits that the disk has turned.
fn check_sums(conn: &Connection, after: Option<&[Value]>, limit: u32) -> Result<(), BulkError> {
    let after = match after {
        Some([Value::Integer(seq), ..]) => seq.unsigned_abs(),
        _ => 0,
    };
    let entries = log::entries_after(conn, after, limit);
    entries
        .map(drop)
        .map_err(|failure| BulkError::Database(failure.into_store_error().to_string()))
}

fn page(
    conn: &Connection,
    table: &'static Table,
    after: Option<&[Value]>,
    limit: u32,
) -> Result<Vec<Row>, BulkError> {
    let key = table.key_list();
    let beyond = match after {
        None => String::new(),
        Some(_) => format!("WHERE ({key}) > ({})", places(table.key)),
    };
    let sql = format!(
        "SELECT {} FROM {} {beyond} ORDER BY {key} LIMIT {limit}",
        table.column_list(),
        table.name
    );
    let after = after.unwrap_or_default().iter();
    let after: Vec<Sql> = after.map(|value| sql_value(value.clone())).collect();
    let mut statement = conn.prepare_cached(&sql).map_err(failed)?;
    let mut found = statement.query(params_from_iter(after)).map_err(failed)?;
    let mut rows = Vec::new();
    while let Some(row) = found.next().map_err(failed)? {
        let columns = table.columns.iter().enumerate();
        let values = columns.map(|(at, column)| read(row, at, column.kind));
        rows.push(Row(values.collect::<Result<_, _>>()?));
    }
    Ok(rows)
}

fn places(count: usize) -> String {
    let places: Vec<_> = (1..=count).map(|at| format!("?{at}")).collect();
    places.join(", ")
}

fn read(row: &rusqlite::Row<'_>, at: usize, kind: Kind) -> Result<Value, BulkError> {
    let value = match (row.get(at).map_err(failed)?, kind) {
        (Sql::Null, _) => Value::Null,
        (Sql::Integer(number), Kind::Integer | Kind::Small | Kind::Flag) => Value::Integer(number),
        (Sql::Text(text), Kind::Text) => Value::Text(text),
        (Sql::Blob(bytes), Kind::Bytes | Kind::Id) => Value::Bytes(bytes),
        (Sql::Text(text), Kind::Texts) => serde_json::from_str(&text)
            .map(Value::Texts)
            .map_err(|_| BulkError::Database("a list of texts is none".to_owned()))?,
        _ => return Err(BulkError::Database("a value of another type".to_owned())),
    };
    Ok(value)
}

fn sql_value(value: Value) -> Sql {
    match value {
        Value::Null => Sql::Null,
        Value::Integer(number) => Sql::Integer(number),
        Value::Text(text) => Sql::Text(text),
        Value::Bytes(bytes) => Sql::Blob(bytes),
        Value::Texts(texts) => Sql::Text(serde_json::Value::from(texts).to_string()),
    }
}

fn insert(conn: &Connection, table: &'static Table, rows: &[Row]) -> Result<(), BulkError> {
    let is_log = table.name == "revocations";
    let (more, count) = match is_log {
        true => (", sum", table.columns.len() + 1),
        false => ("", table.columns.len()),
    };
    let sql = format!(
        "INSERT INTO {} ({}{more}) VALUES ({})",
        table.name,
        table.column_list(),
        places(count)
    );
    let mut statement = conn.prepare_cached(&sql).map_err(failed)?;
    for row in rows {
        let mut values: Vec<Sql> = row.0.iter().cloned().map(sql_value).collect();
        if is_log {
            values.push(Sql::Integer(sum(row)?));
        }
        let values = values.iter().map(|value| value as &dyn ToSql);
        let inserted = statement.execute(params_from_iter(values));
        inserted.map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => row_error(table, row, error.to_string()),
            _ => failed(error),
        })?;
    }
    Ok(())
}

/// What guards an entry of the log, which only this backend keeps.
fn sum(row: &Row) -> Result<i64, BulkError> {
    let table = crate::bulk::REVOCATIONS;
    let revocation: Option<Revocation> = rows::log::from_values(row);
    let revocation =
        revocation.ok_or_else(|| row_error(table, row, "no entry of the log".to_owned()))?;
    Ok(rows::log::sum(&revocation))
}

fn row_error(table: &'static Table, row: &Row, problem: String) -> BulkError {
    BulkError::Row {
        table: table.name,
        row: crate::bulk::in_words(&row.key(table.key)),
        problem,
    }
}
