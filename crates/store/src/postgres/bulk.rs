//! A PostgreSQL database in bulk, over one connection: read under a lock that keeps everybody from
//! writing, written with COPY.

mod values;

use std::{pin::pin, time::Duration};

use async_trait::async_trait;
use symbolon_core::Entropy;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, binary_copy::BinaryCopyInWriter, error::SqlState, types::ToSql};

use self::values::{has_nul, parameter, read_all, sql_type};
use super::{
    connector::Connector,
    failure::describe,
    open::{OpenError, connect},
    options::PostgresOptions,
    query::params,
    schema::{self, SchemaState},
};
use crate::bulk::{Bulk, BulkError, FOREIGN_ACCOUNTS, Meta, Row, Size, TABLES, Table, Value};

/// What our connections are called, so that they are not taken for a server's.
const NAME: &str = "symbolon-bulk";

/// How often it is looked whether others leave, and the pause in between.
const LOOKS: u32 = 20;
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A database that is read or written in bulk.
pub struct PostgresBulk {
    client: Client,
    pump: JoinHandle<()>,
}

impl std::fmt::Debug for PostgresBulk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PostgresBulk")
    }
}

impl PostgresBulk {
    /// Opens a database that is there, of this release's schema, on which no server works. Until it is
    /// closed nobody can write to it. Nothing in it is changed.
    ///
    /// # Errors
    /// If it cannot be reached, is in use, or is none that this release can work on.
    pub async fn open_source(options: PostgresOptions) -> Result<Self, BulkError> {
        let bulk = Self::connect(options).await?;
        let schema = schema::inspect(&bulk.client).await?;
        if schema.version == 0 {
            return Err(OpenError::NotSymbolon.into());
        }
        refuse_pending(&schema)?;
        bulk.refuse_company().await?;
        let tables: Vec<_> = TABLES.iter().map(|table| table.name).collect();
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL lock_timeout = 5000;
             LOCK TABLE symbolon_meta, {} IN SHARE MODE",
            tables.join(", ")
        );
        match bulk.client.batch_execute(&begin).await {
            Ok(()) => Ok(bulk),
            Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                Err(BulkError::InUse("somebody writes to it".to_owned()))
            }
            Err(error) => Err(failed(&error)),
        }
    }

    /// Opens a database that is written to, and makes its tables if there are none. One that has tables
    /// already is not changed.
    ///
    /// # Errors
    /// If it cannot be reached, another copy writes to it, or it is none of this release's schema.
    pub async fn open_target(
        options: PostgresOptions,
        entropy: &dyn Entropy,
    ) -> Result<Self, BulkError> {
        let bulk = Self::connect(options).await?;
        let schema = schema::inspect(&bulk.client).await?;
        if schema.version > 0 {
            refuse_pending(&schema)?;
        }
        schema::prepare(&bulk.client, entropy).await?;
        // Of two copies to one target only one may go on.
        let lock =
            "SET lock_timeout = 5000; SELECT pg_advisory_lock(5351485, 5); SET lock_timeout = 0";
        match bulk.client.batch_execute(lock).await {
            Ok(()) => Ok(bulk),
            Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                Err(BulkError::InUse("another copy writes to it".to_owned()))
            }
            Err(error) => Err(failed(&error)),
        }
    }

    async fn connect(mut options: PostgresOptions) -> Result<Self, BulkError> {
        // What is set on a connection has to stay there.
        options.transaction_pooler = false;
        let connector = Connector::new(&options).map_err(OpenError::from)?;
        let (client, pump) = connect(&connector).await?;
        let settings = format!(
            "SET application_name = '{NAME}'; SET statement_timeout = 0; SET lock_timeout = 0;
             SET idle_in_transaction_session_timeout = 0; SET client_min_messages = warning"
        );
        client
            .batch_execute(&settings)
            .await
            .map_err(|error| failed(&error))?;
        Ok(Self { client, pump })
    }

    /// A node has connections open, also when it has nothing to do.
    async fn refuse_company(&self) -> Result<(), BulkError> {
        for _ in 0..LOOKS {
            if self.company().await?.is_none() {
                return Ok(());
            }
            // What was closed a moment ago is listed until its process has ended.
            tokio::time::sleep(LOOK_EVERY).await;
        }
        match self.company().await? {
            Some(found) => Err(BulkError::InUse(found)),
            None => Ok(()),
        }
    }

    /// Who else is there.
    async fn company(&self) -> Result<Option<String>, BulkError> {
        let others = self
            .client
            .query_typed(
                "SELECT count(*), min(application_name), min(coalesce(host(client_addr), 'a socket'))
                 FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()
                   AND backend_type = 'client backend' AND application_name <> $1
                   AND (usename = current_user OR application_name = 'symbolon')
                 HAVING count(*) > 0",
                params![NAME],
            )
            .await
            .map_err(|error| failed(&error))?;
        let Some(found) = others.first() else {
            return Ok(None);
        };
        let text = |at| found.try_get::<_, String>(at).unwrap_or_default();
        let count: i64 = found.try_get(0).map_err(|error| failed(&error))?;
        let (name, from) = (text(1), text(2));
        Ok(Some(format!(
            "{count} connections of its user are open, one of them from {from} ({name:?})"
        )))
    }

    async fn one<T: for<'a> tokio_postgres::types::FromSql<'a>>(
        &self,
        sql: &str,
    ) -> Result<T, BulkError> {
        let row = self.client.query_typed_one(sql, &[]).await;
        row.and_then(|row| row.try_get(0))
            .map_err(|error| failed(&error))
    }

    async fn execute(&self, sql: &str) -> Result<(), BulkError> {
        let done = self.client.batch_execute(sql).await;
        done.map_err(|error| failed(&error))
    }

    /// Sends rows; they are in the table when the transaction commits.
    async fn copy_in(
        &self,
        table: &'static Table,
        rows: &[Row],
    ) -> Result<u64, tokio_postgres::Error> {
        let sql = format!(
            "COPY {} ({}) FROM STDIN BINARY",
            table.name,
            table.column_list()
        );
        let types: Vec<_> = table
            .columns
            .iter()
            .map(|column| sql_type(column.kind))
            .collect();
        let sink = self.client.copy_in(&sql).await?;
        let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
        for row in rows {
            let values: Vec<_> = row
                .0
                .iter()
                .zip(table.columns)
                .map(|(value, column)| parameter(value, column.kind))
                .collect();
            writer.as_mut().write_raw(values).await?;
        }
        writer.finish().await
    }
}

fn refuse_pending(schema: &SchemaState) -> Result<(), BulkError> {
    if schema.is_pending() {
        return Err(BulkError::Outdated {
            version: schema.version,
            known: schema.known,
        });
    }
    Ok(())
}

fn failed(error: &tokio_postgres::Error) -> BulkError {
    BulkError::Database(describe(error))
}

#[async_trait]
impl Bulk for PostgresBulk {
    async fn meta(&mut self) -> Result<Meta, BulkError> {
        let sql = "SELECT epoch, log_origin, fence, latest, copying FROM symbolon_meta";
        let read = async {
            let row = self.client.query_typed_one(sql, &[]).await?;
            Ok(Meta {
                epoch: row.try_get(0)?,
                log_origin: row.try_get(1)?,
                fence: row.try_get(2)?,
                latest: row.try_get(3)?,
                copying: row.try_get(4)?,
            })
        };
        read.await
            .map_err(|error: tokio_postgres::Error| failed(&error))
    }

    async fn count(&mut self, table: &'static Table) -> Result<u64, BulkError> {
        let sql = format!("SELECT count(*) FROM {}", table.name);
        Ok(self.one::<i64>(&sql).await?.unsigned_abs())
    }

    async fn page(
        &mut self,
        table: &'static Table,
        after: Option<Vec<Value>>,
        limit: u32,
    ) -> Result<Vec<Row>, BulkError> {
        let key = table.key_list();
        let places: Vec<_> = (1..=table.key).map(|at| format!("${at}")).collect();
        let beyond = match after {
            None => String::new(),
            Some(_) => format!("WHERE ({key}) > ({})", places.join(", ")),
        };
        let sql = format!(
            "SELECT {} FROM {} {beyond} ORDER BY {key} LIMIT {limit}",
            table.column_list(),
            table.name
        );
        let after = after.unwrap_or_default();
        let values: Vec<_> = after
            .iter()
            .zip(table.key_columns())
            .map(|(value, column)| (parameter(value, column.kind), sql_type(column.kind)))
            .collect();
        let values: Vec<_> = values
            .iter()
            .map(|(value, of)| (&**value as &(dyn ToSql + Sync), of.clone()))
            .collect();
        let found = self.client.query_typed(&sql, &values).await;
        let found = found.map_err(|error| failed(&error))?;
        let rows = found.iter().map(|row| read_all(row, table.columns));
        rows.map(|values| values.map(Row)).collect()
    }

    async fn last_key(&mut self, table: &'static Table) -> Result<Option<Vec<Value>>, BulkError> {
        let key = table.key_list();
        let backwards = key.replace(',', " DESC,");
        let sql = format!(
            "SELECT {key} FROM {} ORDER BY {backwards} DESC LIMIT 1",
            table.name
        );
        let found = self.client.query_typed_opt(&sql, &[]).await;
        let found = found.map_err(|error| failed(&error))?;
        let key = found.map(|row| read_all(&row, table.key_columns()));
        key.transpose()
    }

    async fn write(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), BulkError> {
        for row in &rows {
            if row.0.iter().any(has_nul) {
                return Err(BulkError::Row {
                    table: table.name,
                    row: crate::bulk::in_words(&row.key(table.key)),
                    problem: "a text with a NUL, which PostgreSQL does not keep".to_owned(),
                });
            }
        }
        // A COPY by itself is a transaction.
        let copied = self.copy_in(table, &rows).await;
        copied.map(drop).map_err(|error| failed(&error))
    }

    async fn mark(&mut self, source: &str) -> Result<(), BulkError> {
        let sql = "UPDATE symbolon_meta SET copying = $1";
        let marked = self.client.execute_typed(sql, params![source]).await;
        marked.map(drop).map_err(|error| failed(&error))
    }

    async fn finish(&mut self, meta: &Meta) -> Result<(), BulkError> {
        for table in TABLES.iter().filter(|table| table.is_numbered) {
            let (name, key) = (table.name, table.key_list());
            self.execute(&format!(
                "SELECT setval(pg_get_serial_sequence('{name}', '{key}'), max({key}))
                 FROM {name} HAVING max({key}) IS NOT NULL"
            ))
            .await?;
        }
        // Plans that are made before the statistics would be those for empty tables.
        self.execute("ANALYZE").await?;
        let finished = self
            .client
            .execute_typed(
                "UPDATE symbolon_meta SET epoch = $1, log_origin = $2, fence = $3, latest = $4,
                                          copying = NULL",
                params![
                    meta.epoch.as_str(),
                    &meta.log_origin[..],
                    meta.fence,
                    meta.latest
                ],
            )
            .await;
        finished.map(drop).map_err(|error| failed(&error))
    }

    async fn has_foreign_accounts(&mut self) -> Result<bool, BulkError> {
        self.one(FOREIGN_ACCOUNTS).await
    }

    async fn sizes(&mut self) -> Result<Vec<Size>, BulkError> {
        let sql = "SELECT c.relname::text, coalesce(t.relname, c.relname)::text, c.relkind = 'r',
                          CASE c.relkind WHEN 'r' THEN pg_table_size(c.oid)
                                         ELSE pg_relation_size(c.oid) END
                   FROM pg_class c
                   LEFT JOIN pg_index i ON i.indexrelid = c.oid
                   LEFT JOIN pg_class t ON t.oid = i.indrelid
                   WHERE c.relnamespace = to_regnamespace(current_schema()::text)
                     AND c.relkind IN ('r', 'i')
                   ORDER BY 2, 3 DESC, 1";
        let read = async {
            let rows = self.client.query_typed(sql, &[]).await?;
            rows.iter()
                .map(|row| {
                    Ok(Size {
                        name: row.try_get(0)?,
                        table: row.try_get(1)?,
                        is_table: row.try_get(2)?,
                        bytes: row.try_get::<_, i64>(3)?.unsigned_abs(),
                    })
                })
                .collect::<Result<_, _>>()
        };
        read.await
            .map_err(|error: tokio_postgres::Error| failed(&error))
    }

    async fn close(self: Box<Self>) -> Result<(), BulkError> {
        let Self { client, pump } = *self;
        drop(client);
        // It ends once the server was told that we leave.
        pump.await
            .map_err(|panicked| BulkError::Database(panicked.to_string()))
    }
}
