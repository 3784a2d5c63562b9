//! As much of HTTP/1.1 as a proxy needs that answers one request a connection: heads, and bodies
//! that `Content-Length` or the connection's end delimit.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

const MAX_HEAD: usize = 64 * 1024;

/// A request or an answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Message {
    /// The first line and the headers, each without its line end.
    pub(super) lines: Vec<String>,
    pub(super) body: Vec<u8>,
}

impl Message {
    /// Reads one; `None` if the connection ends before its head is complete.
    pub(super) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            if bytes.len() > MAX_HEAD || from.read_buf(&mut bytes).await? == 0 {
                return Ok(None);
            }
        };
        let mut message = Self {
            lines: String::from_utf8_lossy(&bytes[..head])
                .split("\r\n")
                .map(str::to_owned)
                .collect(),
            body: bytes.split_off(head + 4),
        };
        let is_answer = message.lines[0].starts_with("HTTP/");
        let length: Option<usize> = message.header("content-length").parse().ok();
        let bodiless = [204, 304].contains(&message.status());
        let wanted = match length {
            _ if bodiless => Some(0),
            None if !is_answer => Some(0),
            other => other,
        };
        while wanted.is_none_or(|wanted| message.body.len() < wanted) {
            if from.read_buf(&mut message.body).await? == 0 {
                break;
            }
        }
        Ok(Some(message))
    }

    /// An answer of ours.
    pub(super) fn answer(status: u16, body: &str) -> Self {
        Self {
            lines: vec![
                format!("HTTP/1.1 {status} Fault"),
                "content-type: text/plain".to_owned(),
                format!("content-length: {}", body.len()),
                "connection: close".to_owned(),
            ],
            body: body.as_bytes().to_vec(),
        }
    }

    /// A header's value; empty if it is not there.
    pub(super) fn header(&self, name: &str) -> &str {
        let mut values = self.lines.iter().skip(1).filter_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        });
        values.next_back().unwrap_or_default()
    }

    /// Replaces a header, or takes it away.
    pub(super) fn set_header(&mut self, name: &str, value: Option<&str>) {
        self.lines.retain(|line| {
            let found = line.split_once(':').map(|(found, _)| found);
            !found.is_some_and(|found| found.eq_ignore_ascii_case(name))
        });
        if let Some(value) = value {
            self.lines.push(format!("{name}: {value}"));
        }
    }

    /// An answer's status; 0 for a request.
    pub(super) fn status(&self) -> u16 {
        let second = self.lines[0].split(' ').nth(1);
        second.and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    /// A request's path and query.
    pub(super) fn target(&self) -> (&str, &str) {
        let target = self.lines[0].split(' ').nth(1).unwrap_or_default();
        target.split_once('?').unwrap_or((target, ""))
    }

    /// The head as it travels, with the empty line that ends it.
    pub(super) fn head(&self) -> Vec<u8> {
        format!("{}\r\n\r\n", self.lines.join("\r\n")).into_bytes()
    }

    /// All of it as it travels.
    pub(super) fn bytes(&self) -> Vec<u8> {
        [self.head(), self.body.clone()].concat()
    }
}
