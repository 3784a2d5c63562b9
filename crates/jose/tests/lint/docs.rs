//! `docs/lint.md` is made from the rules. To rewrite it:
//! `UPDATE_DOCS=1 cargo test -p symbolon-jose --test lint`.

use std::fmt::Write as _;

use symbolon_jose::lint::Kind;

const PREAMBLE: &str = "# The linter's rules

<!-- Generated from the rules in crates/jose/src/lint. To rewrite it:
     UPDATE_DOCS=1 cargo test -p symbolon-jose --test lint -->

`symbolon jwt lint` reads a token, a JWK Set or an issuer's metadata and says what is unwise, odd or
dangerous about it. It verifies nothing. Codes are stable. It exits with 0 when there is nothing but
notices, with 1 when there is a warning or an error.
";

fn render() -> String {
    let mut out = PREAMBLE.to_owned();
    for (kind, heading) in [
        (Kind::Token, "Tokens"),
        (Kind::KeySet, "JWK Sets"),
        (Kind::Metadata, "Metadata"),
    ] {
        write!(out, "\n## {heading}\n\n").unwrap();
        out.push_str("| code | severity | why it matters | what to do |\n|---|---|---|---|\n");
        for rule in kind.rules() {
            let [why, fix] = [rule.why, rule.fix].map(|text| text.replace('|', "\\|"));
            let severity = rule.severity.name();
            writeln!(out, "| `{}` | {severity} | {why} | {fix} |", rule.code).unwrap();
        }
    }
    out
}

#[test]
fn the_manual_lists_every_rule() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/lint.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, render()).unwrap();
    }
    let page = std::fs::read_to_string(path).unwrap();
    assert!(
        page == render(),
        "docs/lint.md is not what the rules say: UPDATE_DOCS=1 rewrites it"
    );
}
