//! HTTP/1.1 by the byte, for requests that no decent client sends.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a fixture: what goes wrong here is the test's failure"
)]

use std::{net::SocketAddr, time::Duration};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::api::Answer;

/// How long an answer may take before a test gives up on it.
const LIMIT: Duration = Duration::from_secs(30);

/// Sends these bytes and reads until the server closes. The request must ask for that
/// (`Connection: close`) or be one after which the server closes by itself.
pub async fn send(address: SocketAddr, request: &[u8]) -> Answer {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let request = request.to_vec();
    // At once with the reading: a server that refuses early stops reading.
    let writing = tokio::spawn(async move {
        let _ = writer.write_all(&request).await;
        writer
    });
    let mut answer = Vec::new();
    let read = async {
        let mut part = [0; 16 * 1024];
        // A reset after the answer is the server closing over what it did not read.
        while let Ok(count) = reader.read(&mut part).await {
            if count == 0 {
                break;
            }
            answer.extend(part.iter().take(count));
        }
    };
    let late = tokio::time::timeout(LIMIT, read).await.is_err();
    writing.abort();
    assert!(!late, "no end: {}", String::from_utf8_lossy(&answer));
    parse(&answer)
}

fn parse(answer: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    let status = status
        .split(' ')
        .nth(1)
        .expect("an answer with a status line");
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        headers.append(
            name.parse::<HeaderName>().unwrap(),
            value.trim().parse::<HeaderValue>().unwrap(),
        );
    }
    Answer {
        status: status.parse().unwrap(),
        headers,
        body: body.to_owned(),
    }
}
