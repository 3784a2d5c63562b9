//! Heads and targets that no decent client sends: always a 4xx with a stable code.

#[path = "support/bad_requests.rs"]
mod bad_requests;
#[path = "support/database.rs"]
mod database;

use bad_requests::{ANY, check, server};
use symbolon_testing::raw_http::Request;

#[tokio::test]
async fn heads() {
    let (server, alice) = server().await;
    let me = || Request::new("GET /api/v1/me");
    let many = (0..300).fold(me(), |call, number| {
        call.header(&format!("x-{number}"), "y")
    });
    let within = (0..200).fold(me(), |call, number| {
        call.header(&format!("x-{number}"), "y")
    });
    let address = server.address();
    check(
        &server,
        vec![
            (
                "33 KiB of cookies",
                me().header("cookie", "a".repeat(33 * 1024)),
                431,
                "headers_too_large",
            ),
            (
                "33 KiB in many",
                (0..9).fold(me(), |call, _| call.header("x-more", "y".repeat(4_000))),
                431,
                "headers_too_large",
            ),
            (
                "300 KiB of cookies",
                me().header("cookie", "a".repeat(300 * 1024)),
                431,
                ANY,
            ),
            ("300 headers", many, 431, ""),
            ("200 headers", within, 401, "credential_missing"),
            (
                "a path of 300 KiB",
                Request::new(&format!("GET /{}", "a".repeat(300 * 1024))),
                414,
                "",
            ),
            (
                "a path of 40 KiB",
                Request::new(&format!("GET /{}", "a".repeat(40 * 1024))),
                404,
                "not_found",
            ),
            (
                "broken UTF-8 in the cookie",
                me().header("cookie", b"symbolon=\xff\xfe"),
                401,
                "cookie_malformed",
            ),
            (
                "a cookie that is too long",
                me().header("cookie", format!("symbolon={}", "A".repeat(4_000))),
                401,
                "cookie_malformed",
            ),
            (
                "two cookies",
                me().header("cookie", &alice.cookie)
                    .header("cookie", &alice.cookie),
                400,
                "cookie_duplicate",
            ),
            (
                "broken UTF-8 in the token",
                me().header("authorization", b"Bearer \xff"),
                400,
                "authorization_malformed",
            ),
            (
                "two tokens",
                me().header("authorization", "Bearer a")
                    .header("authorization", "Bearer b"),
                400,
                "authorization_malformed",
            ),
            (
                "a token of 30 KiB",
                me().header("authorization", format!("Bearer {}", "a".repeat(30 * 1024))),
                401,
                "token_too_large",
            ),
            ("a NUL byte", me().header("x-nul", b"\0"), 400, ""),
            (
                "another host",
                me().host(Some("evil.example")),
                421,
                "host_mismatch",
            ),
            (
                "another port",
                me().host(Some("127.0.0.1:1")),
                421,
                "host_mismatch",
            ),
            (
                "localhost",
                me().host(Some(&format!("localhost:{}", address.port()))),
                421,
                "host_mismatch",
            ),
            (
                "a dot too many",
                me().host(Some(&format!("127.0.0.1.:{}", address.port()))),
                421,
                "host_mismatch",
            ),
            (
                "two hosts",
                me().header("host", address.to_string()),
                421,
                "host_mismatch",
            ),
            ("no host", me().host(None), 421, "host_mismatch"),
            ("an empty host", me().host(Some("")), 421, "host_mismatch"),
            (
                "a foreign absolute form",
                Request::new("GET http://evil.example/api/v1/me"),
                421,
                "host_mismatch",
            ),
            (
                "an absolute form with a user",
                Request::new(&format!("GET http://a@{address}/api/v1/me")),
                421,
                "host_mismatch",
            ),
            (
                "our own absolute form",
                Request::new(&format!("GET http://{address}/api/v1/me")),
                401,
                "credential_missing",
            ),
            (
                "a length that is none",
                Request::new("POST /api/v1/login").header("content-length", "-1"),
                400,
                "",
            ),
            (
                "two lengths",
                Request::new("POST /api/v1/login")
                    .header("content-length", "1")
                    .header("content-length", "2"),
                400,
                "",
            ),
            (
                "an unknown encoding",
                Request::new("POST /api/v1/login").header("transfer-encoding", "gzip"),
                400,
                "",
            ),
            (
                "a broken chunk",
                Request::new("POST /api/v1/login")
                    .header("content-type", "application/json")
                    .header("transfer-encoding", "chunked")
                    .body("zz\r\n"),
                400,
                "body_incomplete",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn targets() {
    let (server, alice) = server().await;
    let admin = |line: &str| Request::new(line).header("cookie", &alice.cookie);
    let accounts = |query: &str| admin(&format!("GET /api/v1/admin/accounts?{query}"));
    let nobody = "01890a5d-ac96-774b-bcce-b302099a8057";
    check(
        &server,
        vec![
            (
                "another method",
                Request::new("GET /api/v1/login"),
                405,
                "method_not_allowed",
            ),
            (
                "a made-up method",
                Request::new("BREW /api/v1/me"),
                405,
                "method_not_allowed",
            ),
            (
                "TRACE",
                Request::new("TRACE /api/v1/me"),
                405,
                "method_not_allowed",
            ),
            (
                "OPTIONS",
                Request::new("OPTIONS /api/v1/login"),
                405,
                "method_not_allowed",
            ),
            (
                "OPTIONS of the server",
                Request::new("OPTIONS *"),
                404,
                "not_found",
            ),
            (
                "CONNECT",
                Request::new("CONNECT evil.example:443"),
                421,
                "host_mismatch",
            ),
            ("no path", Request::new("GET /api/v1"), 404, "not_found"),
            (
                "a slash too many",
                Request::new("GET //api/v1/me"),
                404,
                "not_found",
            ),
            (
                "a slash at the end",
                Request::new("GET /api/v1/me/"),
                404,
                "not_found",
            ),
            (
                "dots",
                Request::new("GET /api/v1/x/../me"),
                404,
                "not_found",
            ),
            (
                "escaped letters",
                Request::new("GET /api/v1/%6de"),
                404,
                "not_found",
            ),
            (
                "broken UTF-8",
                Request::new("GET /%ff%fe"),
                404,
                "not_found",
            ),
            (
                "half an escape",
                Request::new("GET /api/v1/me%"),
                404,
                "not_found",
            ),
            ("a NUL", Request::new("GET /api/v1/me%00"), 404, "not_found"),
            ("a space", Request::new("GET /a b"), 400, ""),
            (
                "a bad id",
                admin("DELETE /api/v1/sessions/nonsense"),
                404,
                "not_found",
            ),
            (
                "a bad id in broken UTF-8",
                admin("DELETE /api/v1/sessions/%ff"),
                404,
                "not_found",
            ),
            (
                "a NUL for an id",
                admin("DELETE /api/v1/sessions/%00"),
                404,
                "not_found",
            ),
            (
                "a number for an id",
                admin("DELETE /api/v1/sessions/-1"),
                404,
                "not_found",
            ),
            (
                "a long id",
                admin(&format!("DELETE /api/v1/sessions/{}", "a".repeat(9_000))),
                404,
                "not_found",
            ),
            (
                "nobody's id",
                admin(&format!("DELETE /api/v1/sessions/{nobody}")),
                404,
                "not_found",
            ),
            (
                "nobody's account",
                admin(&format!("GET /api/v1/admin/accounts/{nobody}")),
                404,
                "not_found",
            ),
            (
                "nobody's sessions",
                admin(&format!("DELETE /api/v1/admin/accounts/{nobody}/sessions")),
                404,
                "not_found",
            ),
            (
                "nobody to disable",
                admin(&format!("POST /api/v1/admin/accounts/{nobody}/disable")),
                404,
                "not_found",
            ),
            (
                "nobody to enable",
                admin(&format!("POST /api/v1/admin/accounts/{nobody}/enable")),
                404,
                "not_found",
            ),
            (
                "a session for an account",
                admin(&format!("GET /api/v1/admin/accounts/{}", alice.session)),
                404,
                "not_found",
            ),
            (
                "a path for an id",
                admin("GET /api/v1/admin/accounts/..%2f..%2fetc"),
                404,
                "not_found",
            ),
            (
                "a negative limit",
                accounts("limit=-1"),
                400,
                "query_invalid",
            ),
            (
                "a huge limit",
                accounts("limit=99999999999999999999"),
                400,
                "query_invalid",
            ),
            (
                "a broken limit",
                accounts("limit=1.5"),
                400,
                "query_invalid",
            ),
            (
                "a limit twice",
                accounts("limit=1&limit=2"),
                400,
                "query_invalid",
            ),
            (
                "a bad cursor",
                accounts("after=nonsense"),
                400,
                "query_invalid",
            ),
            (
                "an unknown parameter",
                accounts("role=admin"),
                400,
                "query_invalid",
            ),
            (
                "broken UTF-8 in a parameter",
                accounts("identifier=%ff"),
                404,
                "not_found",
            ),
            (
                "a NUL in a parameter",
                accounts("identifier=a%00b"),
                404,
                "not_found",
            ),
            (
                "a proxy's question without a credential",
                Request::new("GET /authz/forward"),
                401,
                "credential_missing",
            ),
        ],
    )
    .await;
}
