//! `ops/`: the Grafana dashboard and the alert rules name metrics and labels that a running server
//! has, and nothing else.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "support/promql.rs"]
mod promql;

use std::collections::{BTreeMap, BTreeSet};

use promql::Selector;
use serde_json::{Value, json};
use symbolon_testing::{
    Administrator, Api, PostgresDatabase, RedisServer, ServerProcess,
    administrator::{SECRET, basic, setup},
};

const BINARY: &str = env!("CARGO_BIN_EXE_symbolon");

const DASHBOARD: &str = include_str!("../../../ops/grafana/symbolon.json");
const ALERTS: &str = include_str!("../../../ops/prometheus/alerts.yml");

/// Labels that Prometheus adds to whatever it scrapes.
const SCRAPED: [&str; 2] = ["job", "instance"];

/// The metrics of `/metrics`: their labels, and the values that each label had.
type Metrics = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

fn read(text: &str) -> Metrics {
    let mut metrics = Metrics::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        for selector in promql::selectors(line) {
            let labels = metrics.entry(selector.metric).or_default();
            for (label, _, value) in selector.matchers {
                labels.entry(label).or_default().insert(value);
            }
        }
    }
    metrics
}

/// Does what moves every metric at least once.
async fn exercise(admin: &Administrator) {
    let api = admin.api();
    api.register("alice").await;
    let _ = api.try_log_in("alice", "wrong").await.expect(401);
    let alice = api.log_in("alice").await;
    let _ = api.me(&alice.cookie).await.expect(200);
    let _ = api.me_by_token(&alice.access).await.expect(200);
    let _ = api.refresh(&alice.refresh).await.expect(200);
    let poll = api.get("/revocations?wait=0&instance=a");
    let poll = poll.header("authorization", basic("orders", SECRET));
    let _ = poll.send().await.expect(200);
    introspect(&api, &alice.access).await;
    // The verifier has stopped to poll, so that the receipt is not complete.
    let end = format!("/api/v1/admin/sessions/{}?receipt=0s", alice.session);
    let _ = admin.delete(&end).await.expect(200);
}

async fn introspect(api: &Api, token: &str) {
    let call = api.post("/oauth2/introspect").form(&[("token", token)]);
    let call = call.header("authorization", basic("asker", SECRET));
    let _ = call.send().await.expect(200);
}

async fn metrics_of(server: &ServerProcess) -> (String, Metrics) {
    let text = server.ops().get("/metrics").send().await.expect(200).body;
    let metrics = read(&text);
    (text, metrics)
}

/// What only a node with PostgreSQL and Redis measures, once it has used both.
async fn metrics_of_a_node() -> (String, Metrics) {
    let (database, redis) = (PostgresDatabase::new(), RedisServer::start());
    let node = setup(BINARY, "")
        .set("store.url", &database.url())
        .set("sessions.url", &redis.url())
        .set("master_key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let node = node.start().await;
    let api = node.api();
    api.register("alice").await;
    let cookie = api.log_in("alice").await.cookie;
    let _ = api.me(&cookie).await.expect(200);
    metrics_of(&node).await
}

/// Fails unless the server has the metric, each label, and, where one value is asked for, that value.
fn check(selector: &Selector, metrics: &Metrics, place: &str) {
    if selector.metric == "up" {
        return;
    }
    let Some(labels) = metrics.get(&selector.metric) else {
        panic!("{place}: there is no metric {}", selector.metric);
    };
    let named = selector.matchers.iter().map(|(label, ..)| label);
    for label in named.chain(&selector.grouped) {
        let known = labels.contains_key(label) || SCRAPED.contains(&label.as_str());
        assert!(known, "{place}: {} has no label {label}", selector.metric);
    }
    for (label, operator, value) in &selector.matchers {
        let is_variable = value.starts_with('$');
        if operator == "=" && !is_variable && !SCRAPED.contains(&label.as_str()) {
            assert!(
                labels[label].contains(value),
                "{place}: no {label} is {value}"
            );
        }
    }
}

fn expressions_of_alerts() -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut name = "";
    for line in ALERTS.lines().map(str::trim) {
        if let Some(alert) = line.strip_prefix("- alert: ") {
            name = alert;
        }
        if let Some(expression) = line.strip_prefix("expr: ") {
            found.push((name.to_owned(), expression.to_owned()));
        }
    }
    found
}

/// Every text under a key of that name.
fn texts_under<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(text) if name == key => found.push(text),
                    _ => texts_under(member, key, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts_under(item, key, found)),
        _ => {}
    }
}

#[tokio::test]
async fn dashboard_and_alerts_name_what_the_server_measures() {
    let asker = "[[clients]]\nid = \"asker\"\nsecret_sha256 = \"HASH\"\n\
                 scopes = [\"tokens:introspect\"]\n";
    let admin = Administrator::new(setup(BINARY, asker)).await;
    exercise(&admin).await;
    let (_, mut metrics) = metrics_of(&admin.server).await;
    let (_, of_a_node) = metrics_of_a_node().await;
    for (metric, labels) in of_a_node {
        metrics.entry(metric).or_insert(labels);
    }

    let alerts = expressions_of_alerts();
    assert_eq!(alerts.len(), ALERTS.matches("- alert: ").count());
    assert!(alerts.len() >= 10);
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut panels = Vec::new();
    texts_under(&dashboard, "expr", &mut panels);
    texts_under(&dashboard, "definition", &mut panels);
    assert!(panels.len() >= 25);

    let places = alerts
        .iter()
        .map(|(name, expression)| (name.as_str(), expression.as_str()))
        .chain(panels.iter().map(|expression| (*expression, *expression)));
    let mut used = BTreeSet::new();
    for (place, expression) in places {
        let selectors = promql::selectors(expression);
        assert!(!selectors.is_empty(), "{place} asks for nothing");
        for selector in selectors {
            check(&selector, &metrics, place);
            used.insert(selector.metric);
        }
    }
    // And the other way round: what is measured is shown, or is part of what is shown.
    let family = |name: &str| {
        let ends = ["_bucket", "_sum", "_count"];
        let base = ends.iter().find_map(|end| name.strip_suffix(end));
        base.unwrap_or(name).to_owned()
    };
    let used: BTreeSet<_> = used.iter().map(|name| family(name)).collect();
    for metric in metrics.keys() {
        assert!(used.contains(&family(metric)), "nothing shows {metric}");
    }
}

#[tokio::test]
async fn every_metric_says_what_it_means() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let (text, metrics) = metrics_of(&admin.server).await;
    let (of_a_node, more) = metrics_of_a_node().await;
    assert!(metrics.len() > 10 && more.contains_key("symbolon_shared_up"));
    let text = text + &of_a_node;
    let families = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    for family in families.filter_map(|line| line.split(' ').next()) {
        let help = format!("# HELP {family} ");
        assert!(text.contains(&help), "{family} is not described");
    }
}

#[test]
fn the_dashboard_is_one_that_can_be_imported() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    assert_eq!(dashboard["uid"], "symbolon");
    let mut ids = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        let place = &panel["gridPos"];
        let at = |side: &str| place[side].as_u64().unwrap();
        assert!(at("x") + at("w") <= 24, "{panel}");
        if panel["type"] != "row" {
            assert_eq!(panel["datasource"]["uid"], json!("${datasource}"));
        }
    }
}
