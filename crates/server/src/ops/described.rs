//! What each metric of `/metrics` means. `ops/` holds a dashboard and alert rules over them.

/// What kind of metric it is.
enum Kind {
    Counter,
    Gauge,
    Histogram,
}
use Kind::{Counter, Gauge, Histogram};

/// Every metric of the server.
const METRICS: [(Kind, &str, &str); 22] = [
    (
        Counter,
        "symbolon_authentications_total",
        "Authentications, by what was tried (kind) and what became of it (reason: ok or the code).",
    ),
    (
        Counter,
        "symbolon_ended_total",
        "Sessions and grants that were ended (what), by reason, whichever verb ended them.",
    ),
    (
        Counter,
        "symbolon_introspections_total",
        "Introspected tokens, by whether they were active.",
    ),
    (
        Gauge,
        "symbolon_password_queue",
        "Password checks that wait for a thread.",
    ),
    (
        Gauge,
        "symbolon_revocation_entries",
        "Revoked ids that are refused at this moment.",
    ),
    (
        Gauge,
        "symbolon_revocation_head",
        "The number of the revocation log's last entry.",
    ),
    (
        Gauge,
        "symbolon_revocation_readers",
        "Verifiers that polled the revocation log within five minutes.",
    ),
    (
        Gauge,
        "symbolon_revocation_readers_silent",
        "Of these, those that have not polled for five seconds.",
    ),
    (
        Gauge,
        "symbolon_revocation_readers_behind",
        "Of these, those that poll and have not acknowledged the log's end.",
    ),
    (
        Counter,
        "symbolon_log_foreign_cursors_total",
        "Cursors of authenticated verifiers that this log never gave: the database is an older copy.",
    ),
    (
        Gauge,
        "symbolon_feed_waiting",
        "Long polls of the revocation log that wait for news.",
    ),
    (
        Counter,
        "symbolon_feed_signatures_total",
        "Answers of the revocation log that were signed.",
    ),
    (
        Histogram,
        "symbolon_receipt_duration_seconds",
        "From the commit until a receipt was written, by outcome.",
    ),
    (
        Counter,
        "symbolon_store_failed_commits_total",
        "Transactions that could not be committed; nobody was told that they were.",
    ),
    (
        Gauge,
        "symbolon_store_log_age_seconds",
        "How old this node's copy of the revocation log may be; 0 where no other node writes it.",
    ),
    (
        Gauge,
        "symbolon_store_log_notified",
        "Whether other nodes' revocations are told to this one (1) or looked for (0).",
    ),
    (
        Gauge,
        "symbolon_store_clock_skew_seconds",
        "How far this node's clock is ahead of the database's; beyond two seconds it is not ready.",
    ),
    (
        Gauge,
        "symbolon_jobs_held",
        "Whether the scheduled jobs are this node's (1) or another's (0).",
    ),
    (
        Histogram,
        "symbolon_store_batch_commands",
        "Commands that shared a transaction.",
    ),
    (
        Histogram,
        "symbolon_http_request_duration_seconds",
        "Time to answer, by method and route. Long polls wait on purpose.",
    ),
    (
        Counter,
        "symbolon_http_requests_total",
        "Answers, by method, route and status.",
    ),
    (
        Counter,
        "symbolon_http_errors_total",
        "Answers that were errors, by their stable code.",
    ),
];

/// Tells the metrics recorder. To be called once it is installed.
pub fn describe_metrics() {
    for (kind, name, help) in METRICS {
        match kind {
            Counter => metrics::describe_counter!(name, help),
            Gauge => metrics::describe_gauge!(name, help),
            Histogram => metrics::describe_histogram!(name, help),
        }
    }
}
