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

/// A request that goes out as it is written here; it asks for the end of the connection.
#[derive(Debug, Clone)]
#[must_use]
pub struct Request {
    line: String,
    host: Option<String>,
    headers: Vec<u8>,
    body: Vec<u8>,
}

impl Request {
    /// A request without a body, by method and target.
    pub fn new(line: &str) -> Self {
        Self {
            line: line.to_owned(),
            host: None,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A POST of JSON, or of what is said to be JSON.
    pub fn json(path: &str, body: impl AsRef<[u8]>) -> Self {
        Self::new(&format!("POST {path}"))
            .header("content-type", "application/json")
            .sized(body)
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let parts = [name.as_bytes(), b": ", value.as_ref(), b"\r\n"];
        self.headers.extend(parts.concat());
        self
    }

    /// Sends another host than the server's; `None`: none at all.
    pub fn host(mut self, host: Option<&str>) -> Self {
        self.host = Some(host.map_or_else(String::new, |host| format!("host: {host}\r\n")));
        self
    }

    /// Adds a body and says how long it is.
    pub fn sized(self, body: impl AsRef<[u8]>) -> Self {
        let length = body.as_ref().len().to_string();
        self.header("content-length", length).body(body)
    }

    /// Adds a body in chunks.
    pub fn chunked(self, body: &[u8]) -> Self {
        let mut chunks = Vec::new();
        for chunk in body.chunks(8_192) {
            chunks.extend(format!("{:x}\r\n", chunk.len()).bytes());
            chunks.extend([chunk, b"\r\n"].concat());
        }
        chunks.extend(b"0\r\n\r\n");
        self.header("transfer-encoding", "chunked").body(chunks)
    }

    /// Adds a body and says nothing of it.
    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        body.as_ref().clone_into(&mut self.body);
        self
    }

    /// Sends it.
    pub async fn send(&self, address: SocketAddr) -> Answer {
        let own = format!("host: {address}\r\n");
        let host = self.host.as_ref().unwrap_or(&own);
        let start = format!("{} HTTP/1.1\r\nconnection: close\r\n{host}", self.line);
        let parts = [start.as_bytes(), &self.headers, b"\r\n", &self.body];
        send(address, &parts.concat()).await
    }
}

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
        let mut part = vec![0; 16 * 1024];
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
