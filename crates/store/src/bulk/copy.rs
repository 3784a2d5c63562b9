//! Moving all of a store to another one.
//!
//! Rows go over in the order of their keys, a page a transaction, so the target's highest key says how
//! far an interrupted copy has come. Afterwards both sides are read again and compared row by row.

use futures_util::future::join;

use super::{
    Bulk, BulkError, Meta, Row, TABLES, Table,
    value::{Value, in_words},
};

/// Rows that are in memory at once, of either side.
const PAGE: u32 = 2_000;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Rows are copied.
    Copying,
    /// Rows are compared.
    Comparing,
}

/// How far it is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// What is being done.
    pub step: Step,
    /// With which table.
    pub table: &'static str,
    /// Rows of all tables that are done, in this step.
    pub done: u64,
    /// Rows of all tables.
    pub of: u64,
}

/// A table that is in the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableCopied {
    /// Its name.
    pub table: &'static str,
    /// Its rows, on both sides.
    pub rows: u64,
    /// Those that an earlier run had copied.
    pub found: u64,
}

/// What was copied.
#[derive(Debug, Clone)]
pub struct Copied {
    /// Every table.
    pub tables: Vec<TableCopied>,
    /// Whether an earlier run had begun it.
    pub was_resumed: bool,
    /// The log's epoch, which moves along.
    pub epoch: String,
}

/// Copies everything and compares it. The source is not changed; the target has to be empty, or what an
/// interrupted copy of the same source has left.
///
/// # Errors
/// Whatever is in the way. The target is then marked as unfinished, and another run goes on with it.
pub async fn copy(
    from: &mut dyn Bulk,
    to: &mut dyn Bulk,
    progress: &dyn Fn(Progress),
) -> Result<Copied, BulkError> {
    let meta = from.meta().await?;
    if meta.copying.is_some() {
        return Err(BulkError::Unfinished);
    }
    let was_resumed = begin(&meta, to).await?;
    let mut counts = Vec::new();
    for &table in TABLES {
        let (rows, found) = join(from.count(table), to.count(table)).await;
        counts.push(TableCopied {
            table: table.name,
            rows: rows?,
            found: found?,
        });
    }
    let of = counts.iter().map(|count| count.rows).sum();
    let mut done = 0;
    for (&table, count) in TABLES.iter().zip(&counts) {
        let step = Step::Copying;
        let tell = |rows: u64| {
            progress(Progress {
                step,
                table: table.name,
                done: done + rows,
                of,
            });
        };
        rows_of(table, count.found, from, to, &tell).await?;
        done += count.rows;
    }
    done = 0;
    for (&table, count) in TABLES.iter().zip(&counts) {
        let step = Step::Comparing;
        let tell = |rows: u64| {
            progress(Progress {
                step,
                table: table.name,
                done: done + rows,
                of,
            });
        };
        compare(table, count.rows, from, to, &tell).await?;
        done += count.rows;
    }
    to.finish(&meta).await?;
    Ok(Copied {
        tables: counts,
        was_resumed,
        epoch: meta.epoch,
    })
}

/// Marks the target; whether it was marked so already.
async fn begin(source: &Meta, to: &mut dyn Bulk) -> Result<bool, BulkError> {
    let hex: String = source
        .log_origin
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let identity = format!("{} {hex}", source.epoch);
    // A server that works on the source moves these at its start and every minute.
    let mark = format!("{identity} {} {}", source.fence, source.latest);
    match to.meta().await?.copying {
        Some(found) if found == mark => return Ok(true),
        Some(found) if found.starts_with(&identity) => return Err(BulkError::SourceChanged),
        Some(_) => return Err(BulkError::OtherCopy),
        None => {}
    }
    for &table in TABLES {
        if to.last_key(table).await?.is_some() {
            return Err(BulkError::NotEmpty(table.name));
        }
    }
    to.mark(&mark).await?;
    Ok(false)
}

/// Copies what the target does not have yet of a table.
async fn rows_of(
    table: &'static Table,
    found: u64,
    from: &mut dyn Bulk,
    to: &mut dyn Bulk,
    tell: &dyn Fn(u64),
) -> Result<(), BulkError> {
    let mut done = found;
    tell(done);
    let after = to.last_key(table).await?;
    let mut page = from.page(table, after, PAGE).await?;
    while let Some(last) = page.last() {
        let (after, rows) = (Some(last.key(table.key)), page.len() as u64);
        // The next page is read while this one is written.
        let (next, written) = join(from.page(table, after, PAGE), to.write(table, page)).await;
        written?;
        page = next?;
        done += rows;
        tell(done);
    }
    Ok(())
}

/// Reads a table on both sides, every value of every row.
async fn compare(
    table: &'static Table,
    expected: u64,
    from: &mut dyn Bulk,
    to: &mut dyn Bulk,
    tell: &dyn Fn(u64),
) -> Result<(), BulkError> {
    let mut compared = 0;
    let mut after: Option<Vec<Value>> = None;
    loop {
        tell(compared);
        let (here, there) = join(
            from.page(table, after.clone(), PAGE),
            to.page(table, after, PAGE),
        )
        .await;
        let (here, there) = (here?, there?);
        if let Some(row) = first_difference(&here, &there) {
            return Err(BulkError::Differs {
                table: table.name,
                row: in_words(&row.key(table.key)),
            });
        }
        compared += here.len() as u64;
        let Some(last) = here.last() else { break };
        after = Some(last.key(table.key));
    }
    if compared == expected {
        return Ok(());
    }
    Err(BulkError::Differs {
        table: table.name,
        row: format!("{compared} of {expected}"),
    })
}

fn first_difference<'r>(here: &'r [Row], there: &'r [Row]) -> Option<&'r Row> {
    let differs = here.iter().zip(there).find(|(one, other)| one != other);
    let beyond = || here.get(there.len()).or_else(|| there.get(here.len()));
    differs.map(|(one, _)| one).or_else(beyond)
}
