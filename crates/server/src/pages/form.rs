//! What forms have in common.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use symbolon_core::secret::Password;

use super::{
    frame::Frame,
    message::{Message, message},
    render::fill,
};
use crate::error::ApiError;

/// What was wrong with a form that is shown again, if anything was: the summary above it, and which
/// fields it is about. [`Default`] is a form that is shown for the first time.
#[derive(Debug, Default)]
pub(super) struct FormError {
    message: Option<Message>,
    fields: &'static [&'static str],
}

impl FormError {
    fn new(t: Frame, error: &ApiError) -> Self {
        Self {
            message: Some(message(*t, error)),
            fields: fields_of(error.code),
        }
    }

    /// Whether anything was wrong.
    pub(super) const fn is_some(&self) -> bool {
        self.message.is_some()
    }

    /// What was wrong.
    pub(super) const fn message(&self) -> Option<&Message> {
        self.message.as_ref()
    }

    /// The id of the field to go to, if it is about one.
    pub(super) fn field(&self) -> Option<&'static str> {
        self.fields.first().copied()
    }

    /// Whether it is about the field with this id.
    pub(super) fn is_on(&self, id: &str) -> bool {
        self.fields.contains(&id)
    }
}

/// The ids of the fields that an error is about, the one to go to first. A new password has the id
/// `password` in every form.
fn fields_of(code: &str) -> &'static [&'static str] {
    match code {
        "bad_credentials" => &["identifier", "password"],
        "account_disabled" | "identifier_taken" | "identifier_invalid" => &["identifier"],
        "password_too_short" | "password_too_long" => &["password"],
        "passwords_differ" => &["password", "repeat"],
        "current_password_wrong" => &["current"],
        "setup_code_wrong" => &["code"],
        "profile_invalid" => &["name"],
        "locale_invalid" => &["locale"],
        _ => &[],
    }
}

/// Shows the form again with what was wrong, under the error's own status. What sending it again
/// cannot mend (a failing store, a broken request) stays an error with a page of its own.
pub(super) fn refuse<T: Template>(
    t: Frame,
    error: ApiError,
    page: impl FnOnce(FormError) -> T,
) -> Result<Response, ApiError> {
    if !can_be_mended(&error) {
        return Err(error);
    }
    let page = page(FormError::new(t, &error));
    Ok(fill(t, error, &page))
}

fn can_be_mended(error: &ApiError) -> bool {
    matches!(
        error.status,
        StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::CONFLICT
            | StatusCode::UNPROCESSABLE_ENTITY
            | StatusCode::TOO_MANY_REQUESTS
    ) || error.code == "busy"
}

/// A new password is typed twice, since nobody can see what they type. A program that fills in the
/// form need not repeat it.
pub(super) fn check_repeat(password: &Password, repeat: Option<&Password>) -> Result<(), ApiError> {
    if repeat.is_none_or(|repeat| repeat.expose() == password.expose()) {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "passwords_differ",
        "The two passwords differ. Type the new one twice.",
    ))
}

#[cfg(test)]
mod tests {
    use symbolon_core::{Error, store::StoreError};
    use symbolon_protocol::RejectReason;

    use super::*;

    #[test]
    fn a_failing_store_never_shows_a_form() {
        let store = ApiError::from(Error::Store(StoreError::Unavailable("down".into())));
        assert!(!can_be_mended(&store));
        assert!(!can_be_mended(&ApiError::internal("broken")));
        assert!(!can_be_mended(&RejectReason::CookieDuplicate.into()));
        let busy = ApiError::from(Error::Busy {
            retry_after_secs: 1,
        });
        assert!(can_be_mended(&busy));
        assert!(can_be_mended(&RejectReason::BadCredentials.into()));
    }

    #[test]
    fn the_repeated_password_must_be_the_same() {
        let one = Password::new("one".into());
        let two = Password::new("two".into());
        assert!(check_repeat(&one, None).is_ok());
        assert!(check_repeat(&one, Some(&one.clone())).is_ok());
        assert_eq!(
            check_repeat(&one, Some(&two)).unwrap_err().code,
            "passwords_differ"
        );
    }

    #[test]
    fn the_summary_leads_to_the_field() {
        let error = RejectReason::BadCredentials.into();
        let summary = FormError::new(Frame::default(), &error);
        assert_eq!(summary.field(), Some("identifier"));
        assert!(summary.is_on("password") && !summary.is_on("repeat"));
        assert!(!FormError::default().is_some());
    }
}
