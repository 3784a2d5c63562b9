//! What the decoder's script says, in the page's language.

use serde_json::{Map, Value};

use crate::texts::Texts;

type Words = Map<String, Value>;

/// Texts by their own names.
macro_rules! texts {
    ($t:ident; $($key:ident $(($arg:literal))?),+ $(,)?) => {
        Words::from_iter([$((stringify!($key).to_owned(), Value::from($t.$key($($arg)?))),)+])
    };
}

/// All of them, as a JSON object. What stands in braces is put in by the script.
pub(super) fn of(t: Texts) -> Value {
    let all = [page(t), checks(t), codes(t)].into_iter().flatten();
    Value::Object(all.collect())
}

fn page(t: Texts) -> Words {
    texts! {
        t;
        decoder_broken,
        outcome,
        header_part,
        claims_part,
        signature_part,
        signature_bytes("{bytes}"),
        checks_part,
        findings_part,
        findings_none,
        name,
        member_value,
        part_absent,
        part_unreadable,
        part_text,
        part_empty,
        date_not_a_number,
        date_milliseconds,
        date_no_moment,
        verdict_accepted,
        verdict_accepted_why,
        verdict_refused,
        verdict_open,
        verdict_open_why("{missing}"),
        verdict_broken,
        missing_key,
        missing_issuer,
        missing_audience,
        oddity,
        key_pem,
        key_unusable("{reason}"),
        key_usable("{number}"),
        key_skipped("{number}"),
        key_private,
        outcome_passed,
        outcome_failed,
        outcome_would_pass,
        outcome_would_fail,
        outcome_not_made,
        found,
        expected,
        now,
        nothing,
        fix,
        severity_error,
        severity_warning,
        severity_notice,
        because_missing("{what}"),
        because_unreadable,
    }
}

fn checks(t: Texts) -> Words {
    texts! {
        t;
        check_shape,
        check_header,
        check_algorithm,
        check_b64,
        check_crit,
        check_zip,
        check_typ,
        check_key,
        check_key_algorithm,
        check_signature,
        check_claims,
        check_exp,
        check_nbf,
        check_iat,
        check_iss,
        check_aud,
    }
}

fn codes(t: Texts) -> Words {
    texts! {
        t;
        code_token_too_large,
        code_token_malformed,
        code_jwe_not_supported,
        code_json_serialization_not_supported,
        code_header_malformed,
        code_header_duplicate_member,
        code_claims_not_object,
        code_claims_duplicate_member,
        code_claims_malformed,
        code_alg_none,
        code_alg_not_allowed,
        code_b64_not_supported,
        code_crit_not_supported,
        code_zip_not_supported,
        code_typ_mismatch,
        code_key_id_missing,
        code_key_unknown,
        code_key_forbids_use,
        code_signature_invalid,
        code_exp_missing,
        code_token_expired,
        code_token_not_yet_valid,
        code_iat_missing,
        code_issued_in_future,
        code_lifetime_too_long,
        code_issuer_missing,
        code_issuer_mismatch,
        code_audience_missing,
        code_audience_mismatch,
    }
}

#[cfg(test)]
mod tests {
    use symbolon_jose::Check;
    use symbolon_protocol::RejectReason;

    use super::*;

    /// What the decoder does not tell of.
    const UNTOLD: [Check; 2] = [Check::Lifetime, Check::ClaimsType];

    #[test]
    fn every_check_and_no_other_is_put_into_words() {
        let words = checks(Texts::default());
        let told = Check::ALL.iter().filter(|check| !UNTOLD.contains(check));
        let told: Vec<_> = told
            .map(|check| format!("check_{}", check.name()))
            .collect();
        for name in &told {
            assert!(words.contains_key(name), "{name}");
        }
        assert_eq!(words.len(), told.len());
    }

    #[test]
    fn codes_are_those_of_refusals() {
        for name in codes(Texts::default()).keys() {
            let code = name.trim_start_matches("code_");
            assert!(RejectReason::from_code(code).is_some(), "{code}");
        }
    }
}
