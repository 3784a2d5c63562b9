//! Metrics, through the `metrics` facade. Handles are taken when the verifier is built: install
//! the recorder first.

#[cfg(feature = "metrics")]
mod real {
    use crate::Rejection;
    #[cfg(feature = "client")]
    use crate::introspect::Answer;

    const TOKENS: &str = "token_verifications_total";

    /// Counts what became of tokens.
    pub(crate) struct Outcomes {
        cached: metrics::Counter,
        verified: metrics::Counter,
    }

    impl Outcomes {
        pub(crate) fn new() -> Self {
            metrics::describe_counter!(
                TOKENS,
                "Tokens by outcome: accepted, or the refusal's code"
            );
            Self {
                cached: metrics::counter!(TOKENS, "outcome" => "accepted", "cached" => "true"),
                verified: metrics::counter!(TOKENS, "outcome" => "accepted", "cached" => "false"),
            }
        }

        #[inline]
        pub(crate) fn accepted(&self, cached: bool) {
            let counter = if cached { &self.cached } else { &self.verified };
            counter.increment(1);
        }

        pub(crate) fn refused(&self, rejection: &Rejection) {
            metrics::counter!(TOKENS, "outcome" => rejection.reason().code()).increment(1);
        }
    }

    /// Counts what became of questions to the issuer.
    #[cfg(feature = "client")]
    pub(crate) struct Introspections {
        active: metrics::Counter,
        inactive: metrics::Counter,
        failed: metrics::Counter,
    }

    #[cfg(feature = "client")]
    impl Introspections {
        pub(crate) fn new() -> Self {
            const ASKED: &str = "token_introspections_total";
            metrics::describe_counter!(
                ASKED,
                "Questions to the issuer while the local copy of the log was too old, by outcome"
            );
            Self {
                active: metrics::counter!(ASKED, "outcome" => "active"),
                inactive: metrics::counter!(ASKED, "outcome" => "inactive"),
                failed: metrics::counter!(ASKED, "outcome" => "failed"),
            }
        }

        pub(crate) fn count(&self, answer: Answer) {
            let counter = match answer {
                Answer::Active => &self.active,
                Answer::Inactive => &self.inactive,
                Answer::None => &self.failed,
            };
            counter.increment(1);
        }
    }

    /// Exports the state of the local copy of the log.
    #[cfg(feature = "client")]
    pub(crate) struct Gauges {
        lag: metrics::Gauge,
        entries: metrics::Gauge,
        stale: metrics::Gauge,
    }

    #[cfg(feature = "client")]
    impl Gauges {
        pub(crate) fn new() -> Self {
            const LAG: &str = "revocation_lag_seconds";
            const ENTRIES: &str = "revocation_entries";
            const STALE: &str = "revocation_stale";
            metrics::describe_gauge!(LAG, "Age of the local copy of the revocation log");
            metrics::describe_gauge!(ENTRIES, "Revoked ids in the local copy");
            metrics::describe_gauge!(STALE, "1 while the local copy is too old to decide");
            Self {
                lag: metrics::gauge!(LAG),
                entries: metrics::gauge!(ENTRIES),
                stale: metrics::gauge!(STALE),
            }
        }

        pub(crate) fn set(&self, log: &crate::log::Log, uptime: i64) {
            let age = log
                .age(uptime)
                .map_or(f64::INFINITY, |age| age.as_secs_f64());
            self.lag.set(age);
            self.entries.set(log.len() as f64);
            self.stale.set(f64::from(u8::from(log.is_stale(uptime))));
        }
    }
}

#[cfg(not(feature = "metrics"))]
mod none {
    use crate::Rejection;

    pub(crate) struct Outcomes;

    impl Outcomes {
        pub(crate) fn new() -> Self {
            Self
        }

        #[inline]
        pub(crate) fn accepted(&self, _cached: bool) {}

        pub(crate) fn refused(&self, _rejection: &Rejection) {}
    }

    #[cfg(feature = "client")]
    pub(crate) struct Introspections;

    #[cfg(feature = "client")]
    impl Introspections {
        pub(crate) fn new() -> Self {
            Self
        }

        pub(crate) fn count(&self, _answer: crate::introspect::Answer) {}
    }
}

#[cfg(feature = "metrics")]
pub(crate) use real::Outcomes;
#[cfg(all(feature = "metrics", feature = "client"))]
pub(crate) use real::{Gauges, Introspections};

#[cfg(all(not(feature = "metrics"), feature = "client"))]
pub(crate) use none::Introspections;
#[cfg(not(feature = "metrics"))]
pub(crate) use none::Outcomes;
