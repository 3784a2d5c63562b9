//! `symbolon jwt …` with the real binary.

#[path = "support/issuer.rs"]
mod issuer;
#[path = "support/program.rs"]
mod program;

use issuer::{AUDIENCE, Issuer, now};
use program::{Program, Run};
use serde_json::json;
use symbolon_jose::{JwkSet, Signer, TokenClaims, base64url};

fn raw(header: &str, claims: &str, signature: &[u8]) -> String {
    let [header, claims] = [header, claims].map(|part| base64url::encode(part.as_bytes()));
    format!("{header}.{claims}.{}", base64url::encode(signature))
}

fn decode(token: &str) -> Run {
    Program::new().run_with(&["jwt", "decode"], token)
}

#[test]
fn decoding_says_what_is_there_and_never_that_it_is_good() {
    let claims = format!(r#"{{"sub":"u-1","exp":{}}}"#, now() + 270);
    let run = decode(&format!(
        "Bearer {}\n",
        raw(r#"{"alg":"EdDSA","kid":"k"}"#, &claims, &[0; 64])
    ));
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""));
    for expected in [
        "decoded, NOT verified",
        "\"u-1\"",
        " UTC (in 4 min)",
        "64 bytes",
    ] {
        assert!(run.stdout.contains(expected), "{expected}: {run:?}");
    }
    for word in ["valid", "accepted", "ok:"] {
        assert!(!run.stdout.to_lowercase().contains(word), "{word}: {run:?}");
    }
}

#[test]
fn decoding_in_json_is_one_document() {
    let token = raw(r#"{"alg":"none"}"#, r#"{"exp":1795486800,"a":[1]}"#, b"");
    let run = Program::new().run_with(&["--json", "jwt", "decode", "-"], &token);
    assert_eq!(run.exit, 0, "{run:?}");
    let document = run.json();
    assert_eq!(
        (&document["decoded"], &document["verified"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(document["claims"], json!({"exp": 1_795_486_800, "a": [1]}));
    assert!(
        document["dates"]["exp"]
            .as_str()
            .unwrap()
            .starts_with("2026-11-24 02:20:00 UTC (")
    );
    assert!(
        document["oddities"][0]
            .as_str()
            .unwrap()
            .contains("alg is none")
    );
}

#[test]
fn a_token_in_the_arguments_is_refused_and_not_repeated() {
    let token = raw(r#"{"alg":"EdDSA"}"#, "{}", b"canary");
    for command in [
        &["jwt", "decode", &token][..],
        &["jwt", "decode", "-", &token],
        &[
            "jwt",
            "verify",
            &token,
            "--issuer",
            "i",
            "--audience",
            "a",
            "--algorithm",
            "EdDSA",
            "--key",
            "k",
        ],
    ] {
        let run = Program::new().run(command);
        assert_eq!((run.exit, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(
            run.stderr
                .contains("which other users and the shell's history can see"),
            "{run:?}"
        );
        assert!(!run.stderr.contains(&token), "{run:?}");
    }
}

#[test]
fn nothing_that_deceives_reaches_the_terminal() {
    let bad = [
        "\u{1b}[2J",
        "\u{202e}",
        "\u{200b}",
        "\u{9b}31m",
        "\u{7f}",
        "\u{feff}",
        "\u{e0041}",
        "\r",
    ];
    let claims = json!({"sub": bad.concat(), bad.concat(): 1}).to_string();
    let token = raw(&json!({"alg": bad.concat()}).to_string(), &claims, b"x");
    let broken = raw(&bad.concat(), "{}", b"x");
    for (arguments, token) in [
        (&["jwt", "decode"][..], &token),
        (&["--json", "jwt", "decode"], &token),
        (&["jwt", "decode"], &broken),
        (&["jwt", "decode"], &bad.concat()),
        (&["--json", "jwt", "decode"], &broken),
    ] {
        let run = Program::new().run_with(arguments, token);
        let odd: Vec<char> = run
            .all()
            .chars()
            .filter(|c| *c != '\n' && symbolon_cli::text::is_deceptive(*c))
            .collect();
        assert!(odd.is_empty(), "{arguments:?}: {run:?}");
        assert!(run.stdout.contains("1b"), "{run:?}");
    }
}

#[test]
fn broken_tokens_are_shown_as_far_as_they_go() {
    let header = base64url::encode(br#"{"alg":"EdDSA","typ":"at+jwt"}"#);
    let claims = base64url::encode(br#"{"sub":"u-1","sub":"u-2"}"#);
    let nested = base64url::encode(br#"{"act":{"sub":"u-1","sub":"u-2"}}"#);
    for (token, code, shown) in [
        (
            format!("{header}.{claims}"),
            "token_malformed",
            "the signature is missing",
        ),
        (
            format!("{header}.{claims}.AA"),
            "claims_duplicate_member",
            "\"u-2\"",
        ),
        (
            format!("{header}==.{claims}.AA"),
            "token_malformed",
            "at+jwt",
        ),
        (
            format!("{header}.{}.AA", &claims[..8]),
            "claims_malformed",
            "{\"sub\"",
        ),
        (
            format!("{header}.a.b.c.d"),
            "jwe_not_supported",
            "encrypted",
        ),
        ("hello".to_owned(), "token_malformed", "there is no dot"),
        (format!("{header}.W10.AA"), "claims_not_object", "[]"),
        (
            format!("{header}.{nested}.AA"),
            "claims_duplicate_member",
            "\"act.sub\" stands twice",
        ),
    ] {
        let run = decode(&token);
        assert_eq!(run.exit, 1, "{token}: {run:?}");
        assert!(
            run.stdout
                .starts_with(&format!("broken, NOT verified: {code}: ")),
            "{run:?}"
        );
        assert!(run.stdout.contains(shown), "{shown}: {run:?}");
    }
    let run = decode("");
    assert_eq!((run.exit, run.stdout.as_str()), (2, ""));
}

#[test]
fn a_good_token_is_accepted() {
    let issuer = Issuer::new();
    let token = issuer.token(now() + 300);
    for more in [&[][..], &["--key", "key.json"], &["--leeway", "60s"]] {
        let run = issuer.verify(&token, more);
        assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{run:?}");
        assert!(run.stdout.starts_with("accepted: EdDSA"), "{run:?}");
        assert!(run.stdout.contains("\"u-1\""), "{run:?}");
    }
    let document = issuer.verify(&token, &["--json"]).json();
    assert_eq!(document["accepted"], json!(true));
    assert_eq!(document["claims"]["sub"], json!("u-1"));
}

#[test]
fn a_refusal_has_its_stable_code_and_a_sentence() {
    let issuer = Issuer::new();
    let good = issuer.token(now() + 300);
    let forged = {
        let (signed, _) = good.rsplit_once('.').unwrap();
        format!("{signed}.{}", base64url::encode(&[0; 64]))
    };
    let expired = issuer.token(now() - 100);
    for (token, more, code) in [
        (&expired, &[][..], "token_expired"),
        (&forged, &[], "signature_invalid"),
        (
            &good,
            &["--audience", "https://other.example"],
            "audience_mismatch",
        ),
        (
            &good,
            &["--issuer", "https://other.example"],
            "issuer_mismatch",
        ),
        (&good, &["--algorithm", "RS256"], "alg_not_allowed"),
        (&good, &["--typ", "JWT"], "typ_mismatch"),
        (&Issuer::new().token(now() + 300), &[], "key_unknown"),
        (&"hello".to_owned(), &[], "token_malformed"),
    ] {
        let run = issuer.verify(token, more);
        assert_eq!((run.exit, run.stderr.as_str()), (1, ""), "{code}: {run:?}");
        assert!(
            run.stdout.starts_with(&format!("refused: {code}\n")),
            "{code}: {run:?}"
        );
        assert!(run.stdout.lines().nth(1).unwrap().ends_with('.'), "{run:?}");
        let mut arguments = vec!["--json"];
        arguments.extend(more);
        let run = issuer.verify(token, &arguments);
        assert_eq!(
            (run.exit, &run.json()["code"]),
            (1, &json!(code)),
            "{run:?}"
        );
    }
}

#[test]
fn nothing_of_issuer_audience_algorithm_and_keys_can_be_left_out() {
    let run = Program::new().run_with(&["jwt", "verify"], "a.b.c");
    assert_eq!(run.exit, 2);
    for flag in ["--issuer", "--audience", "--algorithm", "--jwks"] {
        assert!(run.stderr.contains(flag), "{flag}: {run:?}");
    }
    let issuer = Issuer::new();
    assert_eq!(issuer.verify("a.b.c", &["--leeway", "61s"]).exit, 2);
    assert_eq!(issuer.verify("a.b.c", &["--algorithm", "none"]).exit, 2);
    assert_eq!(issuer.verify("a.b.c", &["--key", "missing.json"]).exit, 2);
}

#[test]
fn an_issuer_that_does_not_answer_is_unreachable() {
    let run = Program::new().run_with(
        &[
            "jwt",
            "verify",
            "--issuer-url",
            "http://127.0.0.1:1",
            "--audience",
            "a",
            "--algorithm",
            "EdDSA",
        ],
        "a.b.c",
    );
    assert_eq!((run.exit, run.stdout.as_str()), (3, ""), "{run:?}");
    assert!(
        run.stderr
            .contains("http://127.0.0.1:1/.well-known/oauth-authorization-server"),
        "{run:?}"
    );
}

#[test]
fn a_server_speaks_for_itself_alone() {
    use std::io::{BufRead as _, BufReader, Write as _};

    let issuer = Issuer::new();
    let keys = serde_json::to_string(&JwkSet::new([issuer.signing.public_jwk()]).unwrap()).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let metadata = json!({"issuer": url, "jwks_uri": format!("{url}/jwks")}).to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = String::new();
            BufReader::new(&stream).read_line(&mut request).unwrap();
            let body = if request.contains("/jwks") {
                &keys
            } else {
                &metadata
            };
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
            .unwrap();
        }
    });
    let claims = TokenClaims::new(&*url, AUDIENCE, now() + 300).issued_at(now());
    let token = Signer::new(&issuer.signing, "at+jwt")
        .sign(&claims)
        .unwrap();
    let verify = |url: &str| {
        let arguments = [
            "jwt",
            "verify",
            "--issuer-url",
            url,
            "--audience",
            AUDIENCE,
            "--algorithm",
            "EdDSA",
        ];
        Program::new().run_with(&arguments, &token)
    };
    let run = verify(&url);
    assert_eq!(run.exit, 0, "{run:?}");
    let run = verify(&url.replace("127.0.0.1", "localhost"));
    assert!(
        run.exit == 1 && run.stderr.contains("is the metadata of"),
        "{run:?}"
    );
}

#[test]
fn a_flag_that_does_nothing_is_refused() {
    let token = raw(r#"{"alg":"EdDSA"}"#, "{}", b"x");
    for flag in ["--config", "--data-dir"] {
        let run = Program::new().run_with(&["jwt", "decode", flag, "x"], &token);
        assert_eq!((run.exit, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains(flag), "{run:?}");
    }
}

#[test]
fn a_weak_key_is_told_with_its_size() {
    let issuer = Issuer::new();
    let token = issuer.token(now() + 300);
    let weak = |jwk: serde_json::Value, bits: &str| {
        issuer.program.file("weak.json", &jwk.to_string());
        let run = issuer.verify(&token, &["--key", "weak.json"]);
        assert_eq!(run.exit, 2, "{run:?}");
        assert!(run.stderr.contains(bits), "{run:?}");
    };
    weak(
        json!({"kty": "oct", "k": base64url::encode(&[7; 16])}),
        "128 bits",
    );
    let n = base64url::encode(&[0xff; 128]);
    weak(json!({"kty": "RSA", "n": n, "e": "AQAB"}), "1024 bits");
}

#[test]
fn colours_are_for_terminals_and_no_color_forbids_them() {
    let token = raw(r#"{"alg":"EdDSA"}"#, "{}", b"x");
    for (variable, coloured) in [
        ("PLAIN", false),
        ("CLICOLOR_FORCE", true),
        ("NO_COLOR", false),
    ] {
        let run = Program::new()
            .variable(variable, "1")
            .run_with(&["jwt", "decode"], &token);
        assert_eq!(
            run.stdout.contains('\u{1b}'),
            coloured,
            "{variable}: {run:?}"
        );
    }
}
