//! Hashes of one password as other systems really wrote them: Django 5.2, passlib 1.7, bcrypt and
//! argon2-cffi, made by those libraries.

use super::*;
use crate::{
    password::{Verdict, hasher::Hasher},
    secret::Password,
    settings::PasswordSettings,
};

const GENUINE: &[&str] = &[
    // Django.
    "pbkdf2_sha256$1000$Vlds1bMmvR7woHGySzSrXz$VSrQL4hfU2Ka5j6dNrAXAem3aURVa9xAiDqRM6D+LbA=",
    "pbkdf2_sha1$1000$Cyko3tmNmEZyJSC1uoOKtQ$0krLfOLg5cJakRwCcbJ81eSU+MU=",
    "argon2$argon2id$v=19$m=64,t=1,p=2$dTBlVXkxV0M4cVN2Uk10ZDRoNVZnaw$5sCzMpQMn7EaePhudZ6SHyrlMjwUVrJZSrqHOmK+r1I",
    "bcrypt_sha256$$2b$04$AHpuKbLJSwYpRTSnnFzRfOksAOem/3HeU9N2pbFhRgRzieMv9krd.",
    "bcrypt$$2b$04$LZHmx7r9CNbOPBp4A13Yo.z./s/jknDAs7zh.LxnAn0.MtSQHcDbi",
    "scrypt$256$yg9ujgvyfAVrmhSNe850Rw$8$5$k9nh0Qcfon5ggBla0qSd4ZHxb94t9qEKu219JYnLfR0Ll6avIA83tXeQtYDaWgDsv/X0p93YJ5VD1da3PR6+pw==",
    // passlib.
    "$pbkdf2-sha256$1000$e681hnCO0ZoTotQag7DWWg$NXiyhjK9xhiqZvD8if9j//Vh11p/7/oqGcZZFFRTkSc",
    "$pbkdf2-sha512$1000$5ry3Nua8lxJijBGCECLk/A$8.KC9/Xojbo/6HfR6DCd7FKT9NgnbrexzQ3hWIYZWbW3VhigjJx0lR3B.3jNB/RudYNkeccntCHiGlE.LrU5UA",
    "$pbkdf2$1000$YqwVgtC6tzamFCLkXOv9nw$EZ3o44hVnBYByK9Jdce0E9OEPLg",
    "$scrypt$ln=8,r=8,p=1$s7ZWytn7/1/Lec/ZW2tNqQ$wCg49GiRuSLrzlk6r2Qovz0TSY02rHEO/+l3NICPyhI",
    // bcrypt, as Auth0 and Devise keep it, and as Laravel marks it.
    "$2a$04$uvLuTcd4ltZCHLYu6ANJFuOySHGF8g8sMRY4phNaWwBOx2Uxtl6Y6",
    "$2b$04$6Oc1F/XGrUKXiIhtVTdkg.bFrZHksaYO8P2sBck55MCakgLeOnp0G",
    "$2y$04$6Oc1F/XGrUKXiIhtVTdkg.bFrZHksaYO8P2sBck55MCakgLeOnp0G",
    // argon2.
    "$argon2i$v=19$m=64,t=1,p=1$TOhCHzFSB6bp2kihI2O+PA$h8vBwD2Z5t8vOVdjVtB+NvgwSgkmVvtuFxOwhlKbrHk",
    "$argon2d$v=19$m=64,t=1,p=1$zGc6jSHlsyEne97U6kFa6Q$wJoYk/QJhfob8LLzGQCnhYKxfx5tTZvanrk4vOblvb4",
    "$argon2id$v=19$m=64,t=1,p=1$ROrnC3YbWa2XsVnXxS5Bqw$GIDNt+LUbMgiMw51Fqgj76+crjl2+zyvHBRtPekfgrk",
    "$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$5GDyu4sDLwOv4xekMRd7HcOGUxaU/K5bH3Erth4spuY",
];

fn hasher() -> Hasher {
    Hasher::new(&PasswordSettings {
        memory_kib: 128,
        iterations: 1,
        parallelism: 1,
        workers: 1,
        queue: 1,
        min_length: 8,
        min_score: 3,
    })
    .unwrap()
}

#[test]
fn the_right_password_passes_and_asks_for_a_hash_of_ours() {
    let mut hasher = hasher();
    for genuine in GENUINE {
        let hash = import(genuine).unwrap_or_else(|problem| panic!("{genuine}: {problem}"));
        let right = Password::new("correct horse battery".to_owned());
        let wrong = Password::new("correct horse batterz".to_owned());
        let verdict = hasher.verify(&right, &hash);
        assert_eq!(verdict, Ok(Verdict::RightButWeak), "{genuine}");
        assert_eq!(
            hasher.verify(&wrong, &hash),
            Ok(Verdict::Wrong),
            "{genuine}"
        );
        // What is kept is read as what it is.
        assert_eq!(import(hash.expose()).unwrap().expose(), hash.expose());
    }
}

#[test]
fn what_cannot_be_checked_is_refused_with_its_code() {
    let bcrypt =
        |cost: u32| format!("$2b${cost:02}$6Oc1F/XGrUKXiIhtVTdkg.bFrZHksaYO8P2sBck55MCakgLeOnp0G");
    let argon2 = |memory: u32, passes: u32| {
        format!(
            "$argon2id$v=19$m={memory},t={passes},p=1$ROrnC3YbWa2XsVnXxS5Bqw$GIDNt+LUbMgiMw51Fqgj76+crjl2+zyvHBRtPekfgrk"
        )
    };
    let scrypt = |log_n: u32, p: u32| {
        format!(
            "$scrypt$ln={log_n},r=8,p={p}$s7ZWytn7/1/Lec/ZW2tNqQ$wCg49GiRuSLrzlk6r2Qovz0TSY02rHEO/+l3NICPyhI"
        )
    };
    let pbkdf2 = |iterations: u32, output: &str| {
        format!("$pbkdf2-sha256$i={iterations}$e681hnCO0ZoTotQag7DWWg${output}")
    };
    let output = "NXiyhjK9xhiqZvD8if9j//Vh11p/7/oqGcZZFFRTkSc";
    let code = |text: &str| import(text).map_or_else(HashProblem::code, |_| "fine");
    for (text, wanted) in [
        (bcrypt(14), "fine"),
        (bcrypt(15), "hash_too_costly"),
        (bcrypt(32), "hash_malformed"),
        (bcrypt(12).replace("$2b", "$2x"), "hash_malformed"),
        (bcrypt(12)[..59].to_owned(), "hash_malformed"),
        (argon2(256 * 1024, 4), "fine"),
        (argon2(256 * 1024, 5), "hash_too_costly"),
        (argon2(256 * 1024 + 1, 1), "hash_too_costly"),
        (scrypt(17, 1), "fine"),
        (scrypt(18, 1), "fine"),
        (scrypt(19, 1), "hash_too_costly"),
        (scrypt(17, 3), "hash_too_costly"),
        (scrypt(60, 1), "hash_malformed"),
        (pbkdf2(3_000_000, output), "fine"),
        (pbkdf2(3_000_001, output), "hash_too_costly"),
        (pbkdf2(0, output), "hash_malformed"),
        (pbkdf2(1, "NXiyhjK9xhiqZvD8if9j"), "hash_too_short"),
        (pbkdf2(1, ""), "hash_malformed"),
        ("pbkdf2_sha256$x$saltsalt$AAAA".to_owned(), "hash_malformed"),
        ("scrypt$255$saltsalt$8$1$AAAA".to_owned(), "hash_malformed"),
        (
            "5f4dcc3b5aa765d61d8327deb882cf99".to_owned(),
            "hash_unknown",
        ),
        (
            "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/".to_owned(),
            "hash_unknown",
        ),
        ("$6$saltsalt$abc".to_owned(), "hash_unknown"),
        ("md5$salt$abc".to_owned(), "hash_unknown"),
        (String::new(), "hash_unknown"),
    ] {
        assert_eq!(code(&text), wanted, "{text}");
    }
}
