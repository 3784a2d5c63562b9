//! What an error says to the person in front of a page, and what they can do.

use crate::error::ApiError;

/// The message. Codes that people meet have words of their own; the others say what the JSON says.
pub(super) fn message(error: &ApiError) -> String {
    match error.code {
        "bad_credentials" => "The name or the password is wrong. Check both and try again.".into(),
        "account_disabled" => "This account is disabled. Ask an administrator.".into(),
        "identifier_taken" => "Somebody has this name already. Choose another.".into(),
        "setup_code_wrong" => {
            "The set-up code is wrong or has expired. It was shown where the server was started; \
             start the server again to get a new one."
                .into()
        }
        "cookie_duplicate" => {
            "Your browser sent two session cookies, and which one is ours cannot be known. Delete \
             the cookies of this site, then log in again."
                .into()
        }
        "cross_site_request" => {
            "The form came from another site, so nothing was done. Open the page here and fill it \
             in again."
                .into()
        }
        "method_not_allowed" => "There is nothing to look at here; it only takes forms.".into(),
        "rate_limited" => format!(
            "There were too many attempts. Wait {}, then try again.",
            wait(error.retry_after_secs.unwrap_or(1))
        ),
        "busy" => "There is much to do, so nothing was done. Try again in a moment.".into(),
        "store_unavailable" => {
            "We cannot reach our data, so nothing is known to have changed. Load the page again in \
             a moment."
                .into()
        }
        "internal" => {
            "Something is broken on our side. Tell the administrator the request id below.".into()
        }
        _ => sentence(&error.detail),
    }
}

fn wait(secs: u32) -> String {
    match secs {
        0 | 1 => "a second".to_owned(),
        2..120 => format!("{secs} seconds"),
        _ => format!("{} minutes", secs.div_ceil(60)),
    }
}

/// Services begin in lower case and leave out the full stop.
fn sentence(detail: &str) -> String {
    let mut chars = detail.chars();
    let Some(first) = chars.next() else {
        return String::new();
    };
    let end = if detail.ends_with('.') { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), chars.as_str())
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[test]
    fn a_services_words_become_a_sentence() {
        let said = |code, detail: &str| {
            message(&ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                code,
                detail,
            ))
        };
        assert_eq!(
            said("password_too_short", "a password has at least 8 characters"),
            "A password has at least 8 characters."
        );
        assert_eq!(
            said("x", "Ends with a full stop."),
            "Ends with a full stop."
        );
        assert_eq!(said("x", ""), "");
    }

    #[test]
    fn who_is_limited_learns_how_long() {
        let said = |secs| {
            let mut error =
                ApiError::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "too many");
            error.retry_after_secs = Some(secs);
            message(&error)
        };
        assert!(said(1).contains("Wait a second,"));
        assert!(said(90).contains("Wait 90 seconds,"));
        assert!(said(121).contains("Wait 3 minutes,"));
    }
}
