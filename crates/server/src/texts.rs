//! Everything that pages say, in every language that they speak.
//!
//! A text is a method of [`Texts`], which knows the language: `{{ t.log_in() }}` in a template,
//! `t.log_in()` in code. To add one, write it into the file of this folder that its page belongs to:
//!
//! ```text
//! texts! {
//!     ALL;
//!     log_in { en: "Log in", de: "Anmelden" }
//!     wait_seconds(secs) { en: "Wait {secs} seconds.", de: "Warte {secs} Sekunden." }
//! }
//! counted! {
//!     COUNTED;
//!     apps { en: "{count} app" | "{count} apps", de: "{count} App" | "{count} Apps" }
//! }
//! ```
//!
//! and, if the file is new, its `ALL` and `COUNTED` into the tests below. A text of one argument or
//! more gives a `String`, a counted one takes a number and says it in the singular or the plural, and
//! the others are `&'static str`. The one thing that must not be broken: the compiler refuses a text
//! that lacks a language, an argument that a language leaves out or does not know, and a text that
//! nothing says (so no page can be half translated). Texts hold no markup; what is put in is escaped
//! by the template.

mod accept;
mod account;
mod api_docs;
mod checks;
mod console;
mod data;
mod decoder;
mod errors;
mod forms;

pub(crate) use accept::accepted;

/// A language that the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Language {
    /// English, also for those who accept none of ours.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its BCP 47 tag.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// What it calls itself.
    pub(crate) const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The language that a BCP 47 tag or range asks for, by its first subtag (RFC 4647 §3.4).
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

/// The texts of one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Texts {
    language: Language,
}

impl Texts {
    /// In this language.
    pub(crate) const fn new(language: Language) -> Self {
        Self { language }
    }

    /// Which language it is.
    pub(crate) const fn language(self) -> Language {
        self.language
    }

    /// The language's tag, for `lang` and `Content-Language`.
    pub(crate) const fn tag(self) -> &'static str {
        self.language.tag()
    }
}

/// One text as it was written, for the tests.
#[cfg(test)]
pub(crate) struct Entry {
    pub(crate) key: &'static str,
    pub(crate) en: &'static [&'static str],
    pub(crate) de: &'static [&'static str],
}

/// Makes methods of [`Texts`] of texts, with arguments or without.
macro_rules! texts {
    ($all:ident; $($key:ident $(($($arg:ident),+))? { en: $en:literal, de: $de:literal $(,)? })+) => {
        impl Texts {
            $(texts!(@one $key ($($($arg),+)?) $en $de);)+
        }

        #[cfg(test)]
        pub(super) const $all: &[super::Entry] = &[
            $(super::Entry { key: stringify!($key), en: &[$en], de: &[$de] },)+
        ];
    };
    (@one $key:ident () $en:literal $de:literal) => {
        #[doc = $en]
        pub(crate) const fn $key(self) -> &'static str {
            match self.language {
                Language::English => $en,
                Language::German => $de,
            }
        }
    };
    (@one $key:ident ($($arg:ident),+) $en:literal $de:literal) => {
        #[doc = $en]
        pub(crate) fn $key(self, $($arg: impl Display),+) -> String {
            match self.language {
                Language::English => format!($en, $($arg = $arg),+),
                Language::German => format!($de, $($arg = $arg),+),
            }
        }
    };
}

/// Makes methods of [`Texts`] of texts that count something, in the singular and the plural. Both
/// name `{count}`.
macro_rules! counted {
    ($all:ident; $($key:ident {
        en: $en_one:literal | $en_many:literal, de: $de_one:literal | $de_many:literal $(,)?
    })+) => {
        impl Texts {
            $(
                #[doc = $en_many]
                pub(crate) fn $key(self, count: impl TryInto<u64>) -> String {
                    let count: u64 = count.try_into().unwrap_or(u64::MAX);
                    match (self.language, count) {
                        (Language::English, 1) => format!($en_one, count = count),
                        (Language::English, _) => format!($en_many, count = count),
                        (Language::German, 1) => format!($de_one, count = count),
                        (Language::German, _) => format!($de_many, count = count),
                    }
                }
            )+
        }

        #[cfg(test)]
        pub(super) const $all: &[super::Entry] = &[
            $(super::Entry {
                key: stringify!($key),
                en: &[$en_one, $en_many],
                de: &[$de_one, $de_many],
            },)+
        ];
    };
}

use {counted, texts};

#[cfg(test)]
mod tests;
