//! What a page says after a redirect. The query carries a code of this list and never a text, so
//! that no link can put words into our mouth.

macro_rules! notices {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $text:literal;)+) => {
        /// Something that was just done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Notice {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Notice {
            #[cfg(test)]
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// What the page says.
            pub(crate) const fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// The notice with this code; other codes say nothing.
            pub(crate) fn from_code(code: &str) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

notices! {
    /// The session was ended by its owner.
    LoggedOut = "logged-out", "You are logged out.";
    /// An account was registered.
    Registered = "registered", "Your account is there. Log in with it.";
    /// The first administrator was made.
    SetUp = "set-up", "Set-up is done. Log in as the administrator.";
    /// The password was changed.
    PasswordChanged = "password-changed",
        "Your password is changed. All other sessions were ended.";
    /// One session was ended.
    SessionEnded = "session-ended", "The session was ended.";
    /// All others were ended.
    OthersEnded = "others-ended", "All other sessions were ended.";
    /// The session that was to be ended is no more.
    SessionGone = "session-gone", "That session had ended already.";
}

impl Notice {
    /// The path of a page that is to say it.
    pub(crate) fn on(self, page: &str) -> String {
        format!("{page}?notice={}", self.code())
    }
}

/// What the notice of a query says.
pub(crate) fn text_of(code: Option<&str>) -> Option<&'static str> {
    code.and_then(Notice::from_code).map(Notice::text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_of_the_list_say_something() {
        for notice in Notice::ALL {
            assert_eq!(Notice::from_code(notice.code()), Some(*notice));
        }
        assert_eq!(text_of(Some("<b>You won</b>")), None);
        assert_eq!(text_of(Some("LOGGED-OUT")), None);
        assert_eq!(text_of(None), None);
    }
}
