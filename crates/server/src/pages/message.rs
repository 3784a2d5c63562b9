//! What an error says to the person in front of a page, and what they can do.

use crate::{
    error::ApiError,
    texts::{Language, Texts},
};

/// A message in the page's language; what has no words of its own there is said in English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// What is said.
    pub(crate) text: String,
    /// What the server says beside it, in English.
    pub(crate) english: Option<String>,
}

/// The message. Codes that people meet have words of their own; the others say what the JSON says.
pub(super) fn message(t: Texts, error: &ApiError) -> Message {
    if let Some(text) = by_code(t, error) {
        return Message {
            text,
            english: None,
        };
    }
    let detail = sentence(&error.detail);
    match t.language() {
        Language::English if !detail.is_empty() => Message {
            text: detail,
            english: None,
        },
        _ => Message {
            text: t.other_error().to_owned(),
            english: Some(detail).filter(|detail| !detail.is_empty()),
        },
    }
}

fn by_code(t: Texts, error: &ApiError) -> Option<String> {
    if error.code == "rate_limited" {
        return Some(t.rate_limited(wait(t, error.retry_after_secs.unwrap_or(1))));
    }
    let text = match error.code {
        "bad_credentials" => t.bad_credentials(),
        "current_password_wrong" => t.current_password_wrong(),
        "account_disabled" => t.account_disabled(),
        "identifier_taken" => t.identifier_taken(),
        "identifier_invalid" => t.identifier_invalid(),
        "password_too_short" => t.password_too_short(),
        "password_too_long" => t.password_too_long(),
        "passwords_differ" => t.passwords_differ(),
        "profile_invalid" => t.profile_invalid(),
        "locale_invalid" => t.locale_invalid(),
        "setup_code_wrong" => t.setup_code_wrong(),
        "setup_done" => t.setup_done(),
        "registration_closed" => t.registration_closed(),
        "cookie_duplicate" => t.cookie_duplicate(),
        "cross_site_request" => t.cross_site_request(),
        "host_mismatch" => t.host_mismatch(),
        "role_missing" => t.role_missing(),
        "last_admin" => t.last_admin(),
        "changed_meanwhile" => t.changed_meanwhile(),
        "not_found" => t.not_found(),
        "method_not_allowed" => t.method_not_allowed(),
        "form_invalid"
        | "form_malformed"
        | "content_type_unsupported"
        | "bad_request"
        | "query_invalid"
        | "body_too_large"
        | "body_incomplete"
        | "headers_too_large" => t.request_malformed(),
        "body_timeout" => t.body_timeout(),
        "busy" => t.busy(),
        "store_unavailable" => t.store_unavailable(),
        "internal" => t.internal(),
        _ => return None,
    };
    Some(text.to_owned())
}

/// How long to wait, in words.
pub(super) fn wait(t: Texts, secs: u32) -> String {
    match secs {
        0..120 => t.wait_seconds(secs.max(1)),
        _ => t.wait_minutes(secs.div_ceil(60)),
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

    const EN: Texts = Texts::new(Language::English);
    const DE: Texts = Texts::new(Language::German);

    fn error(code: &'static str, detail: &str) -> ApiError {
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    #[test]
    fn a_services_words_become_a_sentence() {
        let said = |code, detail: &str| message(EN, &error(code, detail)).text;
        assert_eq!(
            said("x", "a service begins in lower case"),
            "A service begins in lower case."
        );
        assert_eq!(
            said("x", "Ends with a full stop."),
            "Ends with a full stop."
        );
        assert_eq!(said("x", ""), "The request was refused.");
    }

    #[test]
    fn what_has_no_german_words_is_marked_as_english() {
        let said = message(DE, &error("x", "the cursor is odd"));
        assert_eq!(said.text, "Die Anfrage wurde abgelehnt.");
        assert_eq!(said.english.as_deref(), Some("The cursor is odd."));
        let known = message(DE, &error("busy", "busy"));
        assert!(known.english.is_none() && known.text.starts_with("Es ist gerade viel zu tun"));
    }

    #[test]
    fn who_is_limited_learns_how_long() {
        let said = |t, secs| {
            let mut error = error("rate_limited", "too many");
            error.retry_after_secs = Some(secs);
            message(t, &error).text
        };
        assert!(said(EN, 1).contains("Wait 1 second,"));
        assert!(said(EN, 90).contains("Wait 90 seconds,"));
        assert!(said(EN, 121).contains("Wait 3 minutes,"));
        assert!(said(DE, 121).contains("Warten Sie 3 Minuten,"));
    }
}
