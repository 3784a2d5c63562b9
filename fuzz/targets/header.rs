//! Protected headers under a right signature: accepted exactly when the rules say so.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use symbolon_fuzz::{
    keys::{SHARED, TYP, mac_token},
    oracle,
};
use symbolon_jose::{Algorithm, JwsRules, KeySet, verify_jws};

const ALG: Algorithm = Algorithm::HS256;

static RULES: LazyLock<JwsRules> = LazyLock::new(|| JwsRules::new([ALG], TYP).expect("rules"));
/// The same key alone: it also serves headers that name none.
static SINGLE: LazyLock<KeySet> =
    LazyLock::new(|| KeySet::single(SHARED.keys.get(ALG.as_str()).expect("its key").clone()));

fuzz_target!(|header: &[u8]| {
    let token = mac_token(ALG, header, b"payload");
    let members = oracle::strict_object(header);
    let acceptable = |kid_may_be_absent: bool| {
        let mut members = members.clone()?;
        if kid_may_be_absent && !members.contains_key("kid") {
            members.insert("kid".into(), ALG.as_str().into());
        }
        let fits = oracle::header_is_acceptable(&members, ALG.as_str(), ALG.as_str(), TYP);
        (fits && token.len() <= 16 * 1024).then_some(())
    };
    for (keys, expected) in [
        (&SHARED.keys, acceptable(false)),
        (&*SINGLE, acceptable(true)),
    ] {
        let verdict = verify_jws(&token, keys, &RULES);
        assert_eq!(verdict.is_ok(), expected.is_some(), "{verdict:?}");
        match verdict {
            Ok(jws) => {
                assert_eq!(jws.payload(), b"payload");
                assert_eq!((jws.algorithm(), jws.kid()), (ALG, Some(ALG.as_str())));
            }
            Err(error) => {
                let again = verify_jws(&token, keys, &RULES).expect_err("refused before");
                assert_eq!(again, error);
            }
        }
    }
    let fresh = verify_jws(&token, &SHARED.fresh_keys(), &RULES);
    assert_eq!(fresh.is_ok(), acceptable(false).is_some());
});
