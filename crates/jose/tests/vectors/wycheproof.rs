//! C2SP Wycheproof, `json_web_signature_test.json`.

use super::{read, verify_vector};

/// Contradictory or wrong in the file: two valid tokens named invalid, and keys whose `alg` is
/// not the token's, or no algorithm at all.
const EXCLUDED: [u64; 6] = [346, 347, 350, 351, 367, 370];
/// Named valid, but a part holds a character that is not base64url: RFC 7515 §2 refuses them.
const INVERTED: [u64; 2] = [372, 373];

#[test]
fn every_vector_is_judged_as_the_rfc_says() {
    let Some(file) = read("json_web_signature_test.json") else {
        return;
    };
    let mut checked = 0;
    let mut wrong = Vec::new();
    for group in file["testGroups"].as_array().unwrap() {
        let key = group.get("public").or(group.get("private")).unwrap();
        for test in group["tests"].as_array().unwrap() {
            let id = test["tcId"].as_u64().unwrap();
            if EXCLUDED.contains(&id) {
                continue;
            }
            checked += 1;
            let expected = (test["result"] == "valid") != INVERTED.contains(&id);
            let found = verify_vector(key, test["jws"].as_str().unwrap());
            if found.is_ok() != expected {
                wrong.push((id, test["comment"].to_string(), found.err()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(checked, 395);
    println!("counted: {checked} Wycheproof vectors");
}

#[test]
fn the_four_wrongly_keyed_vectors_are_refused() {
    let Some(file) = read("json_web_signature_test.json") else {
        return;
    };
    let mut refused = 0;
    for group in file["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            if [346, 347, 350, 351].contains(&test["tcId"].as_u64().unwrap()) {
                assert!(verify_vector(&group["public"], test["jws"].as_str().unwrap()).is_err());
                refused += 1;
            }
        }
    }
    assert_eq!(refused, 4);
}
