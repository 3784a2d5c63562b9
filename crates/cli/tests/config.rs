//! `symbolon config …` with the real binary.

#[path = "support/program.rs"]
mod program;

use program::Program;
use serde_json::json;

const CANARY: &str = "canary-7c1f";

#[test]
fn no_configuration_is_a_configuration() {
    let run = Program::new().run(&["config", "check"]);
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.starts_with("ok: "), "{}", run.stdout);
}

#[test]
fn every_error_names_file_line_and_key() {
    let program = Program::new();
    program.file(
        "symbolon.toml",
        r#"
[server]
isuer = "https://a.example"
listen = 5
[tokens]
access_lifetime = "2h"
refresh_grace = "100s"
[colours]
[[clients]]
id = "a b"
[[resources]]
audience = "https://x.example"
access_lifetime = "soon"
"#,
    );
    let run = program.run(&["config", "check"]);
    assert_eq!((run.exit, run.stdout.as_str()), (2, ""));
    for expected in [
        "error: symbolon.toml:3: server.isuer: unknown key\n  hint: did you mean issuer?",
        "error: symbolon.toml:4: server.listen: expected an address and port like \"127.0.0.1:8080\" \
         or \"[::]:8080\", found an integer",
        "error: symbolon.toml:6: tokens.access_lifetime: \"2h\" is more than 60 minutes",
        "error: symbolon.toml:7: tokens.refresh_grace: \"100s\" is not between \"0s\" and \"60s\"",
        "error: symbolon.toml:8: colours: unknown key",
        "error: symbolon.toml:9: clients.secret_sha256: missing",
        "error: symbolon.toml:10: clients.id: expected a client id: visible ASCII without spaces, \
         found \"a b\"",
        "error: symbolon.toml:13: resources.access_lifetime: expected a duration like",
    ] {
        assert!(
            run.stderr.contains(expected),
            "{expected}\n--\n{}",
            run.stderr
        );
    }
    let lines: Vec<usize> = run
        .stderr
        .lines()
        .filter_map(|line| {
            line.strip_prefix("error: symbolon.toml:")?
                .split(':')
                .next()?
                .parse()
                .ok()
        })
        .collect();
    assert!(lines.is_sorted() && lines.len() == 8, "{lines:?}");
}

#[test]
fn problems_are_a_document_in_json_mode() {
    let program = Program::new().variable("SYMBOLON_SERVER__ISUER", "x");
    program.file("symbolon.toml", "[log]\nlevel = \"loud\"\n");
    let run = program.run(&["config", "check", "--json"]);
    assert_eq!((run.exit, run.stderr.as_str()), (2, ""));
    let document = run.json();
    assert_eq!(document["ok"], json!(false));
    assert_eq!(document["problems"].as_array().unwrap().len(), 2);
    assert_eq!(
        document["problems"][0]["origin"],
        json!({"kind": "file", "file": "symbolon.toml", "line": 2})
    );
    assert_eq!(
        document["problems"][1]["origin"]["variable"],
        json!("SYMBOLON_SERVER__ISUER")
    );
}

#[test]
fn each_layer_is_stronger_than_the_one_before() {
    let program = Program::new().variable("SYMBOLON_TOKENS__REFRESH_GRACE", "30s");
    program.file(
        "symbolon.toml",
        "[tokens]\nrefresh_grace = \"20s\"\n[server]\ndata_dir = \"a\"\nlisten = \"[::]:1\"\n",
    );
    let run = program.run(&["--data-dir", "b", "config", "print", "--json"]);
    assert_eq!(run.exit, 0, "{run:?}");
    let document = run.json();
    let find = |key: &str| {
        let settings = document["settings"].as_array().unwrap();
        let one = settings.iter().find(|one| one["key"] == key).unwrap();
        (one["value"].clone(), one["origin"].clone())
    };
    assert_eq!(
        find("log.level"),
        (json!("info"), json!({"kind": "default"}))
    );
    assert_eq!(
        find("server.listen"),
        (
            json!("[::]:1"),
            json!({"kind": "file", "file": "symbolon.toml", "line": 5})
        )
    );
    let variable = json!({"kind": "environment", "variable": "SYMBOLON_TOKENS__REFRESH_GRACE"});
    assert_eq!(find("tokens.refresh_grace"), (json!("30s"), variable));
    assert_eq!(
        find("server.data_dir"),
        (json!("b"), json!({"kind": "flag", "flag": "--data-dir"}))
    );
}

#[test]
fn a_wrong_value_is_an_error_also_where_a_stronger_layer_wins() {
    let program = Program::new().variable("SYMBOLON_TOKENS__REFRESH_GRACE", "30s");
    program.file("symbolon.toml", "[tokens]\nrefresh_grace = 20\n");
    let run = program.run(&["config", "check"]);
    assert_eq!(run.exit, 2);
    assert!(
        run.stderr
            .contains("symbolon.toml:2: tokens.refresh_grace: expected a duration"),
        "{run:?}"
    );
}

#[test]
fn the_file_is_found_in_the_data_directory_but_cannot_move_it() {
    let program = Program::new();
    program.file("data/symbolon.toml", "[log]\nlevel = \"debug\"\n");
    let run = program.run(&["--data-dir", "data", "config", "print"]);
    assert!(run.stdout.contains("# data/symbolon.toml:2"), "{run:?}");
    program.file("data/symbolon.toml", "[server]\ndata_dir = \"elsewhere\"\n");
    let run = program.run(&["--data-dir", "data", "config", "print"]);
    assert_eq!(run.exit, 2);
    assert!(
        run.stderr
            .contains("data/symbolon.toml:2: server.data_dir: "),
        "{run:?}"
    );
}

#[test]
fn a_file_that_was_named_must_exist() {
    let run = Program::new().run(&["--config", "missing.toml", "config", "check"]);
    assert_eq!(run.exit, 2);
    assert!(
        run.stderr.contains("missing.toml") && run.stderr.contains("--config"),
        "{run:?}"
    );
}

#[test]
fn a_text_that_is_not_toml_is_named_by_its_line_and_not_quoted() {
    let program = Program::new();
    program.file(
        "symbolon.toml",
        &format!("[server]\n\nissuer = \"{CANARY}\n"),
    );
    let run = program.run(&["config", "check"]);
    assert_eq!(run.exit, 2);
    assert!(
        run.stderr.starts_with("error: symbolon.toml:3: not TOML: "),
        "{run:?}"
    );
    assert!(!run.all().contains(CANARY), "{run:?}");
}

#[test]
fn an_issuer_without_tls_is_for_this_machine_alone() {
    for (issuer, exit) in [
        ("http://localhost:9000", 0),
        ("http://127.0.0.1:9000", 0),
        ("http://auth.example.com", 2),
        ("https://auth.example.com", 0),
        ("https://auth.example.com/realm", 2),
    ] {
        let run = Program::new()
            .variable("SYMBOLON_SERVER__ISSUER", issuer)
            .run(&["config", "check"]);
        assert_eq!(run.exit, exit, "{issuer}: {run:?}");
        assert!(
            exit == 0
                || run
                    .stderr
                    .contains("SYMBOLON_SERVER__ISSUER: server.issuer: "),
            "{run:?}"
        );
    }
}

#[test]
fn secrets_appear_nowhere() {
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let hash = "5f".repeat(32);
    for json in [false, true] {
        let program = Program::new().variable("SYMBOLON_MASTER_KEY", key);
        program.file(
            "symbolon.toml",
            &format!("[[clients]]\nid = \"reader\"\nsecret_sha256 = \"{hash}\"\n"),
        );
        let run = program.run(if json {
            &["--json", "config", "print"]
        } else {
            &["config", "print"]
        });
        assert_eq!(run.exit, 0, "{run:?}");
        assert!(
            run.stdout.contains("reader") && run.stdout.contains("SYMBOLON_MASTER_KEY"),
            "{run:?}"
        );
        assert!(
            !run.all().contains(key) && !run.all().contains(&hash),
            "{run:?}"
        );
    }
}

#[test]
fn secrets_appear_in_no_error() {
    for (variable, file) in [
        (("SYMBOLON_MASTER_KEY", CANARY), String::new()),
        (
            ("SYMBOLON_STORE__URL", "mysql://u:canary-7c1f@h/db"),
            String::new(),
        ),
        (
            ("A", "b"),
            format!("[[clients]]\nid = \"x\"\nsecret_sha256 = \"{CANARY}\"\n"),
        ),
        (
            ("A", "b"),
            format!("[[clients]]\nid = \"x\"\nsecret = \"{CANARY}\"\n"),
        ),
        (("A", "b"), format!("master_key = \"{CANARY}\"\n")),
        (("A", "b"), format!("[store]\nurl = \"{CANARY}\"\n")),
    ] {
        let program = Program::new().variable(variable.0, variable.1);
        program.file("symbolon.toml", &file);
        let run = program.run(&["config", "print"]);
        assert_eq!(run.exit, 2, "{run:?}");
        assert!(!run.all().contains(CANARY), "{run:?}");
    }
}

#[test]
fn a_secret_can_be_in_a_file_that_a_variable_names() {
    let program = Program::new();
    let path = program.file("key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n");
    let program = program.variable("SYMBOLON_MASTER_KEY_FILE", path.to_str().unwrap());
    let run = program.run(&["config", "print", "--json"]);
    assert_eq!(
        run.json()["master_key"]["origin"]["kind"],
        json!("environment_file")
    );
    let run = program
        .variable("SYMBOLON_MASTER_KEY", "x")
        .run(&["config", "check"]);
    assert!(
        run.exit == 2 && run.stderr.contains("which one counts?"),
        "{run:?}"
    );
}

#[test]
fn the_template_is_a_configuration_that_changes_nothing() {
    let program = Program::new();
    let template = program.run(&["config", "template"]).stdout;
    program.file("symbolon.toml", &template);
    let run = program.run(&["config", "print"]);
    assert_eq!(run.exit, 0, "{run:?}");
    assert!(!run.stdout.contains("symbolon.toml:"), "{run:?}");
}

#[test]
fn what_is_printed_can_be_read_again() {
    let program = Program::new();
    let printed = program.run(&["config", "print"]).stdout;
    program.file("symbolon.toml", &printed);
    assert_eq!(program.run(&["config", "check"]).exit, 0);
}

#[test]
fn the_manual_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let rendered = symbolon_cli::config::reference::render();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &rendered).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        written, rendered,
        "UPDATE_DOCS=1 cargo test -p symbolon --test config rewrites it"
    );
}
