//! Reads what strace saw of a server, and finds answers that were sent before their changes were on
//! the disk.
//!
//! A call is judged by the line where it begins if beginning it is the harm (an answer, a write),
//! and by the line where it has ended if having ended is the merit (a sync). strace stops a thread
//! at both moments, so the order of lines is an order in which things happened.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One line of a trace, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Moment {
    Begin(Call),
    /// With what the call has filled in, and the value that it returned.
    End(String, i64),
    /// Both in one line.
    Whole(Call, i64),
}

/// A system call on something that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Call {
    name: String,
    /// What strace's `-yy` says of the descriptor.
    target: String,
    /// Everything after it.
    arguments: String,
}

/// The thread and what happened; `None` for lines about other things.
fn parse(line: &str) -> Option<(u32, Moment)> {
    let (thread, rest) = line.trim_start().split_once(' ')?;
    let (_time, rest) = rest.trim_start().split_once(' ')?;
    let thread = thread.parse().ok()?;
    let rest = rest.trim();
    if rest.starts_with("<... ") {
        let (_, filled_in) = rest.split_once(" resumed>")?;
        let moment = Moment::End(filled_in.to_owned(), returned(rest)?);
        return Some((thread, moment));
    }
    let (name, rest) = rest.split_once('(')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let (_number, rest) = rest.split_once('<')?;
    // An address has an arrow in it, a path has its angles escaped.
    let end = if rest.starts_with("TCP") {
        rest.find("]>")? + 1
    } else {
        rest.find('>')?
    };
    let (target, arguments) = rest.split_at_checked(end)?;
    let call = Call {
        name: name.to_owned(),
        target: target.to_owned(),
        arguments: arguments.strip_prefix('>')?.to_owned(),
    };
    let moment = if rest.ends_with("<unfinished ...>") {
        Moment::Begin(call)
    } else {
        Moment::Whole(call, returned(rest)?)
    };
    Some((thread, moment))
}

/// `… = 24`, `… = -1 EIO (Input/output error)`; `= ?` when the process ended meanwhile.
fn returned(text: &str) -> Option<i64> {
    let (_, value) = text.rsplit_once(") = ")?;
    value.split(' ').next()?.parse().ok()
}

/// What was found in a trace.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// Changing requests that were answered with success, by method and path.
    pub(crate) answered: Vec<String>,
    /// Syncs of the write-ahead log that succeeded.
    pub(crate) log_syncs: usize,
    /// What must not be.
    pub(crate) violations: Vec<String>,
}

/// A request that has no answer yet.
#[derive(Debug)]
struct Open {
    request: String,
    /// The number of the line.
    at: usize,
}

/// Goes through a trace line by line.
#[derive(Debug, Default)]
struct Audit {
    findings: Findings,
    /// Calls that have begun, by thread.
    begun: HashMap<u32, (Call, usize)>,
    /// Lines of writes that no sync has covered, by file; `true` once the write has ended.
    dirty: BTreeMap<String, BTreeMap<usize, bool>>,
    /// For syncs that have begun: the writes that had ended by then.
    covering: HashMap<u32, BTreeSet<usize>>,
    /// The latest write to the write-ahead log that a sync has covered.
    durable: usize,
    requests: HashMap<String, Open>,
}

/// Judges a trace.
pub(crate) fn audit(trace: &str) -> Findings {
    let mut audit = Audit::default();
    for (number, line) in trace.lines().enumerate() {
        let at = number + 1;
        match parse(line) {
            Some((thread, Moment::Begin(call))) => audit.begin(thread, call, at),
            Some((thread, Moment::End(filled_in, value))) => {
                audit.end(thread, &filled_in, value, at);
            }
            Some((thread, Moment::Whole(call, value))) => {
                audit.begin(thread, call, at);
                audit.end(thread, "", value, at);
            }
            None => {}
        }
    }
    audit.findings
}

fn is_write(name: &str) -> bool {
    matches!(name, "pwrite64" | "pwritev" | "write" | "writev")
}

fn is_send(name: &str) -> bool {
    matches!(name, "write" | "writev" | "sendto" | "sendmsg")
}

fn is_sync(name: &str) -> bool {
    matches!(name, "fsync" | "fdatasync")
}

fn is_log(target: &str) -> bool {
    target.ends_with("-wal")
}

fn is_database(target: &str) -> bool {
    target.ends_with(".db")
}

/// The quoted bytes that a call carries, as far as they are shown.
fn text(arguments: &str) -> &str {
    arguments.split('"').nth(1).unwrap_or_default()
}

impl Audit {
    fn begin(&mut self, thread: u32, call: Call, at: usize) {
        let target = &call.target;
        if target.starts_with("TCP") && is_send(&call.name) {
            self.answer(&call, at);
        }
        if (is_log(target) || is_database(target)) && is_write(&call.name) {
            let at_start = [", 0) = ", ", 0 <unfinished"];
            let at_start = at_start.iter().any(|end| call.arguments.contains(end));
            let begins_anew = is_log(target) && at_start;
            self.write(target.clone(), begins_anew, at);
        }
        if is_sync(&call.name) {
            let ended = self.dirty.get(target).into_iter().flatten();
            let ended = ended.filter(|(_, ended)| **ended).map(|(line, _)| *line);
            self.covering.insert(thread, ended.collect());
        }
        self.begun.insert(thread, (call, at));
    }

    fn end(&mut self, thread: u32, filled_in: &str, value: i64, at: usize) {
        let Some((mut call, begun)) = self.begun.remove(&thread) else {
            return;
        };
        call.arguments.push_str(filled_in);
        if is_sync(&call.name) {
            let covered = self.covering.remove(&thread).unwrap_or_default();
            self.synced(&call.target, &covered, value);
        } else if let Some(ended) = self
            .dirty
            .get_mut(&call.target)
            .and_then(|writes| writes.get_mut(&begun))
        {
            *ended = true;
        } else if call.target.starts_with("TCP") && !is_send(&call.name) && value > 0 {
            self.received(&call, at);
        }
    }

    fn write(&mut self, file: String, begins_anew: bool, at: usize) {
        let database_is_dirty = self
            .dirty
            .iter()
            .any(|(file, writes)| is_database(file) && !writes.is_empty());
        if begins_anew && database_is_dirty {
            self.findings.violations.push(format!(
                "line {at}: the write-ahead log begins anew before the database was synced"
            ));
        }
        self.dirty.entry(file).or_default().insert(at, false);
    }

    fn synced(&mut self, file: &str, covered: &BTreeSet<usize>, value: i64) {
        if value != 0 {
            return;
        }
        if let Some(writes) = self.dirty.get_mut(file) {
            writes.retain(|line, _| !covered.contains(line));
        }
        if is_log(file) {
            self.findings.log_syncs += 1;
            self.durable = covered.last().copied().unwrap_or(0).max(self.durable);
        }
    }

    /// A request that changes something; what follows its first bytes is not looked at.
    fn received(&mut self, call: &Call, at: usize) {
        let mut words = text(&call.arguments).split(' ');
        let (Some(method), Some(path)) = (words.next(), words.next()) else {
            return;
        };
        if matches!(method, "POST" | "PUT" | "DELETE") {
            let request = format!("{method} {path}");
            self.requests
                .insert(call.target.clone(), Open { request, at });
        }
    }

    fn answer(&mut self, call: &Call, at: usize) {
        if !text(&call.arguments).starts_with("HTTP/1.1 ") {
            return;
        }
        let Some(Open { request, at: since }) = self.requests.remove(&call.target) else {
            return;
        };
        if !text(&call.arguments).starts_with("HTTP/1.1 2") {
            return;
        }
        let unsynced: Vec<_> = self
            .dirty
            .iter()
            .filter(|(file, _)| is_log(file))
            .flat_map(|(_, writes)| writes.keys())
            .collect();
        if !unsynced.is_empty() {
            self.findings.violations.push(format!(
                "line {at}: {request} was answered before the writes of lines {unsynced:?} were synced"
            ));
        } else if self.durable < since {
            self.findings.violations.push(format!(
                "line {at}: {request} was answered without anything written and synced since line {since}"
            ));
        }
        self.findings.answered.push(request);
    }
}
