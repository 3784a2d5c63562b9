//! Writes a small seed corpus: `seeds DIRECTORY` makes `DIRECTORY/TARGET/NAME`.
//!
//! All of it is made here and is the same each time; libFuzzer does the rest.

use std::{fs, io, path::Path};

use serde_json::{Value, json};
use symbolon_fuzz::keys::{AUDIENCE, HMACS, ISSUER, NOW, TYP, header, mac_token, signing_keys};
use symbolon_jose::{Algorithm, Signer, base64url};
use symbolon_protocol::{Body, Cursor, EndReason, Entry, Kind, Mark, RevocationId};

fn main() -> io::Result<()> {
    let directory = std::env::args_os()
        .nth(1)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "usage: seeds DIRECTORY"))?;
    let directory = Path::new(&directory);
    write(&directory.join("token"), tokens())?;
    write(&directory.join("header"), headers())?;
    write(&directory.join("jwk"), jwks())?;
    write(&directory.join("revocations"), logs())
}

fn write(directory: &Path, seeds: Vec<Vec<u8>>) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(directory.join(format!("seed-{number:02}")), seed)?;
    }
    Ok(())
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": [AUDIENCE, "other"], "sub": "u\u{e9}\"", "iat": NOW, "nbf": NOW,
        "exp": NOW + 300, "jti": "0190b7a4-7c1e-7d55-8f6e-2f1f7f3f9f11", "client_id": "web",
        "scope": "a b", "gid": "0190b7a4-7c1e-7d55-8f6e-2f1f7f3f9f13", "ver": 1,
        "act": {"sub": null, "x": [true, -0.5, 1e3]},
    })
}

/// Payloads beside the usual one, some of which are refused.
fn payloads() -> Vec<String> {
    let usual = claims().to_string();
    let dates = usual.replace(&format!("\"exp\":{}", NOW + 300), "\"exp\":1.9e9");
    let twice = usual.replacen('{', "{\"\\u0061ct\":1,", 1);
    let one_audience = json!({"iss": ISSUER, "aud": AUDIENCE, "iat": NOW, "exp": NOW + 1});
    vec![
        usual,
        dates,
        twice,
        one_audience.to_string(),
        format!("{one_audience:#}"),
    ]
}

fn tokens() -> Vec<Vec<u8>> {
    let public = signing_keys().into_iter().map(|key| {
        Signer::new(&key, TYP)
            .sign(&claims())
            .expect("a token")
            .into_bytes()
    });
    let mut seeds: Vec<_> = public.collect();
    for (number, alg) in (0..).zip(HMACS) {
        let header = header(alg, alg.as_str()).to_string();
        let usual = claims().to_string();
        seeds.push(mac_token(alg, header.as_bytes(), usual.as_bytes()).into_bytes());
        let unsigned = |payload: String| format!("{}{header}\n{payload}", char::from(number));
        seeds.extend(
            payloads()
                .into_iter()
                .map(|payload| unsigned(payload).into_bytes()),
        );
    }
    for other in [
        "a.b.c.d.e",
        "{\"payload\":\"\"}",
        "e30.e30.",
        "eyJhbGciOiJub25lIn0.e30.",
    ] {
        seeds.push(other.into());
    }
    seeds
}

fn headers() -> Vec<Vec<u8>> {
    let usual = header(Algorithm::HS256, "HS256");
    let changes = [
        json!({}),
        json!({"typ": "application/AT+JWT"}),
        json!({"crit": ["b64"], "b64": false}),
        json!({"zip": "DEF", "alg": "none"}),
        json!({"jwk": {"kty": "oct", "k": "AA"}, "jku": "https://x.example", "x5c": ["AA"]}),
        json!({"kid": null}),
        json!({"kid": "\u{e9}\\", "x": [[{"a": 1e9}], true, false]}),
    ];
    let changed = changes.into_iter().map(|change| {
        let mut header = usual.clone();
        let members = change.as_object().into_iter().flatten();
        members.for_each(|(name, value)| header[name] = value.clone());
        header.to_string().into_bytes()
    });
    let mut seeds: Vec<_> = changed.collect();
    seeds.push(format!("{usual:#}").into_bytes());
    seeds.push(
        usual
            .to_string()
            .replacen('{', "{\"\\u0061lg\":1,", 1)
            .into_bytes(),
    );
    seeds.push(br#"{"typ":"at+jwt","alg":"HS256"}"#.into());
    seeds
}

fn jwks() -> Vec<Vec<u8>> {
    let public = signing_keys()
        .into_iter()
        .map(|key| serde_json::to_value(key.public_jwk()).expect("a public key"));
    let public: Vec<_> = public.collect();
    let open = |key: &Value| json!({"kty": key["kty"], "n": key["n"], "e": key["e"]});
    let octets = |byte| base64url::encode(&[byte; 32]);
    let mut seeds: Vec<_> = public.iter().take(4).cloned().collect();
    seeds.push(public.iter().map(open).next_back().unwrap_or_default());
    seeds.push(json!({"kty": "oct", "k": octets(7), "kid": "s", "key_ops": ["verify"]}));
    seeds.push(json!({"kty": "OKP", "crv": "Ed25519", "x": octets(1), "d": octets(2)}));
    // RFC 8037 has the one pair whose seed everybody knows.
    seeds.push(json!({
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "key_ops": ["sign", "verify"],
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    }));
    seeds.push(json!({"keys": public.iter().take(3).collect::<Vec<_>>(), "more": [null]}));
    seeds.push(json!({"keys": [{"kty": "AKP", "kid": "pq"}, {"kid": "none"}, 7]}));
    seeds
        .iter()
        .map(|seed| seed.to_string().into_bytes())
        .collect()
}

fn logs() -> Vec<Vec<u8>> {
    let entry = |seq: u64, below: Option<u32>, until| Entry {
        seq,
        kind: if below.is_none() {
            Kind::Session
        } else {
            Kind::Grant
        },
        id: RevocationId([(seq % 7).to_le_bytes()[0]; 16]),
        below,
        reason: EndReason::Logout,
        revoked_at: NOW,
        until,
    };
    let first = vec![
        entry(1, None, Some(NOW + 5)),
        entry(2, Some(3), Some(NOW + 400)),
    ];
    let next = vec![entry(3, Some(9), None), entry(8, None, Some(NOW + 900))];
    let answers = [
        answer(None, 2, first, 0),
        answer(Some(2), 8, next, 60_000),
        answer(Some(8), 8, Vec::new(), 600_000),
    ];
    let line = |body: &Body| serde_json::to_string(body).expect("a body");
    let log = |wall: i64, bodies: &[&Body]| {
        let lines: Vec<_> = bodies.iter().map(|body| line(body)).collect();
        format!("{}\n{wall}\n{}", at(7), lines.join("\n")).into_bytes()
    };
    let [one, two, three] = &answers;
    let other = Body {
        iss: "https://other.example".into(),
        ..one.clone()
    };
    let restored = Body {
        epoch: "two".into(),
        ..one.clone()
    };
    vec![
        log(NOW, &[one]),
        log(NOW, &[one, two, three]),
        log(NOW + 1_000, &[one, two, &restored]),
        log(0, &[&other, one, one]),
        log(NOW, &[two, &restored, three]),
        line(one)
            .replace("logout", "later")
            .replace("session", "device")
            .into_bytes(),
    ]
}

fn at(seq: u64) -> Cursor {
    Cursor {
        seq,
        mark: Mark([seq.to_le_bytes()[0]; 16]),
    }
}

fn answer(asked: Option<u64>, next: u64, entries: Vec<Entry>, later_ms: i64) -> Body {
    Body {
        iss: ISSUER.into(),
        epoch: "one".into(),
        snapshot: asked.is_none(),
        after: asked.map(at),
        next: at(next),
        head: at(next),
        now_ms: NOW * 1000 + later_ms,
        entries,
    }
}
