//! What a page says after a redirect. The query carries a code of this list and never a text, so
//! that no link can put words into our mouth.

use crate::texts::Texts;

macro_rules! notices {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $text:ident;)+) => {
        /// Something that was just done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Notice {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Notice {
            #[cfg(test)]
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            pub(crate) const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// What the page says.
            pub(crate) const fn text(self, t: Texts) -> &'static str {
                match self {
                    $(Self::$variant => t.$text(),)+
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
    LoggedOut = "logged-out", logged_out;
    /// An account was registered.
    Registered = "registered", registered;
    /// The first administrator was made.
    SetUp = "set-up", is_set_up;
    /// The profile was changed.
    ProfileSaved = "profile-saved", profile_saved;
    /// The password was changed.
    PasswordChanged = "password-changed", password_changed;
    /// One session was ended.
    SessionEnded = "session-ended", session_ended;
    /// All others were ended.
    OthersEnded = "others-ended", others_ended;
    /// The account was erased.
    Erased = "erased", is_erased;
    /// An administrator disabled an account.
    AccountDisabled = "account-disabled", did_disable;
    /// An administrator logged an account out everywhere.
    EndedEverywhere = "ended-everywhere", did_end_all;
    /// An administrator replaced the roles of an account.
    RolesSaved = "roles-saved", did_set_roles;
    /// An administrator revoked keys.
    KeysRevoked = "keys-revoked", did_revoke_keys;
    /// An administrator enabled an account.
    AccountEnabled = "account-enabled", did_enable;
    /// An administrator had the next keys published.
    KeysRotated = "keys-rotated", did_rotate;
    /// There was nothing to end.
    NoOthers = "no-others", no_other_sessions;
    /// The session that was to be ended is no more.
    SessionGone = "session-gone", session_gone;
}

impl Notice {
    /// The path of a page that is to say it.
    pub(crate) fn on(self, page: &str) -> String {
        format!("{page}?notice={}", self.code())
    }
}

/// What the notice of a query says.
pub(crate) fn text_of(t: Texts, code: Option<&str>) -> Option<&'static str> {
    code.and_then(Notice::from_code)
        .map(|notice| notice.text(t))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_of_the_list_say_something() {
        let t = Texts::default();
        for notice in Notice::ALL {
            assert_eq!(Notice::from_code(notice.code()), Some(*notice));
        }
        assert_eq!(text_of(t, Some("<b>You won</b>")), None);
        assert_eq!(text_of(t, Some("LOGGED-OUT")), None);
        assert_eq!(text_of(t, None), None);
    }
}
