//! More connections than there is room for.

#![expect(
    clippy::unwrap_used,
    reason = "a test: what fails here is the test's failure"
)]

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use symbolon_testing::ServerSetup;

/// Descriptors that the server gets; 128 of them are not for public connections.
const FILES: &str = "--nofile=160:160";
const PUBLIC: usize = 160 - 128;

fn stalled(address: std::net::SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /api/v1/login HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: 60000\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// Whoever holds every public connection holds neither the health check nor the administration,
/// and who waits is served as soon as there is room.
#[tokio::test]
async fn stalled_connections_leave_the_ops_listener_and_the_socket_alone() {
    let setup = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon")).under(&["prlimit", FILES]);
    let server = setup.start().await;
    let mut held: Vec<_> = (0..PUBLIC + 8).map(|_| stalled(server.address())).collect();
    let live = server
        .http()
        .get(server.ops_url("/livez"))
        .send()
        .await
        .unwrap();
    assert_eq!(live.status(), 200);
    let listed = server
        .command()
        .args(["accounts", "list", "--json"])
        .output()
        .unwrap();
    assert!(listed.status.success(), "{listed:?}");
    assert!(
        !server.log().contains("no connection can be accepted"),
        "{}",
        server.log()
    );
    assert!(server.log().contains("others wait"), "{}", server.log());
    // One that waits in the kernel gets the place of one that goes.
    let mut waiting = held.pop().unwrap();
    drop(held);
    let mut answer = String::new();
    waiting.shutdown(std::net::Shutdown::Write).unwrap();
    waiting.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 400") || answer.is_empty(),
        "{answer}"
    );
    let url = server.url("/.well-known/jwks.json");
    assert_eq!(server.http().get(url).send().await.unwrap().status(), 200);
}
