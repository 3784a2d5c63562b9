//! Bodies that no decent client sends: always a 4xx with a stable code, and nothing is
//! half-written.

#[path = "support/bad_requests.rs"]
mod bad_requests;
#[path = "support/database.rs"]
mod database;

use bad_requests::{check, server};
use symbolon_testing::raw_http::Request;

fn login(body: impl AsRef<[u8]>) -> Request {
    Request::json("/api/v1/login", body)
}

#[tokio::test]
async fn bodies() {
    let (server, alice) = server().await;
    let big = vec![b' '; 1_000_000];
    let deep = format!("{{\"identifier\":{}", "[".repeat(20_000));
    let good = "{\"identifier\":\"bob\",\"password\":\"correct horse battery\"}";
    let to = |content_type: &str| {
        let call = Request::new("POST /api/v1/register");
        call.header("content-type", content_type).sized(good)
    };
    let register = |body: &str| Request::json("/api/v1/register", body);
    let refresh = |body: &str| Request::json("/api/v1/refresh", body);
    let token = |text: &str| format!("{{\"refresh_token\":\"{text}\"}}");
    let long = token(&"x".repeat(60_000));
    let grant = "01890a5d-ac96-774b-bcce-b302099a8057";
    let huge_generation = token(&format!("srt1.1.{grant}.99999999999999999999.x"));
    let form = |path: &str| {
        let call = Request::new(&format!("POST {path}"));
        call.header("content-type", "application/x-www-form-urlencoded")
    };
    let roles = good.replace('}', ",\"roles\":[\"Ad min\"]}");
    let roles = Request::json("/api/v1/admin/accounts", roles).header("cookie", &alice.cookie);
    let chunked = Request::new("POST /api/v1/login").header("content-type", "application/json");
    check(
        &server,
        vec![
            ("nothing", login(""), 400, "json_malformed"),
            ("half", login("{\"identifier\":"), 400, "json_malformed"),
            ("two documents", login("{} {}"), 422, "body_invalid"),
            (
                "trailing text",
                register(&format!("{good}x")),
                400,
                "json_malformed",
            ),
            ("a list", login("[]"), 422, "body_invalid"),
            ("null", login("null"), 422, "body_invalid"),
            ("a text", login("\"x\""), 422, "body_invalid"),
            ("deep", login(&deep), 422, "body_invalid"),
            (
                "broken UTF-8",
                login(b"{\"identifier\":\"\xff\xfe\"}"),
                400,
                "json_malformed",
            ),
            (
                "half a surrogate",
                login("{\"identifier\":\"\\ud800\"}"),
                400,
                "json_malformed",
            ),
            (
                "a NUL byte",
                login(b"{\"identifier\":\"\0\"}"),
                400,
                "json_malformed",
            ),
            (
                "a byte order mark",
                login("\u{feff}{}"),
                400,
                "json_malformed",
            ),
            (
                "a huge number",
                login("{\"identifier\":1e999}"),
                400,
                "json_malformed",
            ),
            (
                "a wrong type",
                login("{\"identifier\":1,\"password\":\"x\"}"),
                422,
                "body_invalid",
            ),
            (
                "an escaped NUL",
                register(&good.replace("bob", "b\\u0000")),
                422,
                "identifier_invalid",
            ),
            (
                "a missing member",
                register("{\"identifier\":\"bob\"}"),
                422,
                "body_invalid",
            ),
            (
                "an unknown member",
                register(&good.replace("{", "{\"roles\":[\"admin\"],")),
                422,
                "body_invalid",
            ),
            (
                "a member twice",
                register(&good.replace("{", "{\"identifier\":\"eve\",")),
                422,
                "body_invalid",
            ),
            (
                "a list for an object",
                register("[\"bob\",\"correct horse battery\"]"),
                422,
                "body_invalid",
            ),
            (
                "an empty refresh token",
                refresh("{\"refresh_token\":\"\"}"),
                401,
                "refresh_invalid",
            ),
            (
                "a huge refresh token",
                refresh(&long),
                401,
                "refresh_invalid",
            ),
            (
                "a huge generation",
                refresh(&huge_generation),
                401,
                "refresh_invalid",
            ),
            ("a megabyte", login(&big), 413, "body_too_large"),
            (
                "a megabyte in chunks",
                chunked.chunked(&big),
                413,
                "body_too_large",
            ),
            ("a megabyte of a form", form("/login").sized(&big), 413, ""),
            (
                "no type",
                Request::new("POST /api/v1/register").sized(good),
                415,
                "content_type_unsupported",
            ),
            ("text", to("text/plain"), 415, "content_type_unsupported"),
            (
                "a form",
                to("application/x-www-form-urlencoded"),
                415,
                "content_type_unsupported",
            ),
            (
                "nearly JSON",
                to("application/jsonx"),
                415,
                "content_type_unsupported",
            ),
            ("broken type", to("\u{ff}"), 415, "content_type_unsupported"),
            ("JSON to a form", Request::json("/register", good), 415, ""),
            (
                "broken UTF-8 in a form",
                form("/register").sized("identifier=bob&password=correct+horse+%ff"),
                400,
                "",
            ),
            ("roles that are none", roles, 422, "role_invalid"),
        ],
    )
    .await;
}
