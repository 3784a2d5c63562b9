//! What forms have in common.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use symbolon_core::secret::Password;

use super::{message::message, render::fill};
use crate::error::ApiError;

/// Shows the form again with what was wrong, under the error's own status. What sending it again
/// cannot mend (a failing store, a broken request) stays an error with a page of its own.
pub(super) fn refuse<T: Template>(
    error: ApiError,
    page: impl FnOnce(String) -> T,
) -> Result<Response, ApiError> {
    if !can_be_mended(&error) {
        return Err(error);
    }
    let page = page(message(&error));
    Ok(fill(error, &page))
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
}
