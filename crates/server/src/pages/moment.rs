//! A moment, for programs and for people. In UTC: the server does not know where somebody is, and the
//! pages' script says how long ago it was.

use jiff::Timestamp as Instant;
use symbolon_core::Timestamp;

use crate::{
    api::views::moment,
    texts::{Language, Texts},
};

/// A moment in both forms.
pub(super) struct Moment {
    /// RFC 3339.
    pub(super) exact: String,
    /// As it is written in the page's language.
    pub(super) text: String,
}

/// The day of the year and the time, where many moments stand below each other.
pub(super) fn short(t: Texts, time: Timestamp) -> String {
    let form = match t.language() {
        Language::English => "%d %b, %H:%M",
        Language::German => "%d.%m., %H:%M",
    };
    Instant::from_millisecond(time.as_millis())
        .map(|at| at.strftime(form).to_string())
        .unwrap_or_default()
}

impl Moment {
    pub(super) fn new(t: Texts, time: Timestamp) -> Self {
        let form = match t.language() {
            Language::English => "%Y-%m-%d %H:%M UTC",
            Language::German => "%d.%m.%Y, %H:%M UTC",
        };
        Self {
            exact: moment(time),
            text: Instant::from_millisecond(time.as_millis())
                .map(|at| at.strftime(form).to_string())
                .unwrap_or_default(),
        }
    }
}
