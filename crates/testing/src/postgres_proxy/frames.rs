//! As much of PostgreSQL's protocol (version 3) as says where a message ends, which statements a
//! transaction has, and when it commits.

use std::{collections::HashMap, io};

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// What the server answers to a commit: `CommandComplete` with the command's name.
const COMMITTED: &[u8] = b"COMMIT\0";

/// A message as it is on the wire.
#[derive(Debug)]
pub(super) struct Frame(pub(super) Vec<u8>);

impl Frame {
    /// The next message; `None` at the connection's end. What a client sends first has no kind.
    pub(super) async fn read(
        from: &mut (impl AsyncRead + Unpin),
        has_kind: bool,
    ) -> io::Result<Option<Self>> {
        let head = if has_kind { 5 } else { 4 };
        let mut bytes = vec![0; head];
        match from.read_exact(&mut bytes).await {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let mut length = [0; 4];
        length.copy_from_slice(bytes.get(head - 4..).unwrap_or(&[0; 4]));
        let body = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        let body = body.checked_sub(4).ok_or(io::ErrorKind::InvalidData)?;
        bytes.resize(head + body, 0);
        let rest = bytes.get_mut(head..).unwrap_or_default();
        from.read_exact(rest).await?;
        Ok(Some(Self(bytes)))
    }

    fn kind(&self) -> u8 {
        self.0.first().copied().unwrap_or(0)
    }

    /// The texts that the message begins with, each up to its zero byte.
    fn text(&self, place: usize) -> String {
        let mut texts = self.0.get(5..).unwrap_or_default().split(|byte| *byte == 0);
        let text = texts.nth(place).unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    }

    /// Whether the server says with it that a transaction was committed.
    pub(super) fn is_committed(&self) -> bool {
        self.kind() == b'C' && self.0.get(5..) == Some(COMMITTED)
    }
}

/// What the client of one connection has said.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// By name.
    prepared: HashMap<String, String>,
    /// Of the transaction that is open.
    statements: Vec<String>,
}

impl Heard {
    /// Takes a message in; the transaction's statements if it commits it.
    pub(super) fn take(&mut self, frame: &Frame) -> Option<Vec<String>> {
        match frame.kind() {
            b'P' => {
                self.prepared.insert(frame.text(0), frame.text(1));
            }
            // The portal's name comes first.
            b'B' => {
                if let Some(sql) = self.prepared.get(&frame.text(1)) {
                    self.statements.push(sql.clone());
                }
            }
            b'Q' => {
                let sql = frame.text(0);
                if sql == "COMMIT" {
                    return Some(std::mem::take(&mut self.statements));
                }
                if sql.starts_with("BEGIN") {
                    self.statements.clear();
                }
                self.statements.push(sql);
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, body: &[u8]) -> Frame {
        let length = u32::try_from(body.len() + 4).unwrap_or(0).to_be_bytes();
        Frame([&[kind], &length[..], body].concat())
    }

    #[tokio::test]
    async fn messages_are_read_whole() {
        let sent = [frame(b'Q', b"BEGIN\0").0, frame(b'C', COMMITTED).0].concat();
        let mut from = &sent[..];
        let first = Frame::read(&mut from, true).await;
        assert_eq!(
            first.ok().flatten().map(|frame| frame.text(0)),
            Some("BEGIN".to_owned())
        );
        let second = Frame::read(&mut from, true).await;
        assert!(
            second
                .ok()
                .flatten()
                .is_some_and(|frame| frame.is_committed())
        );
        assert!(matches!(Frame::read(&mut from, true).await, Ok(None)));
        let mut startup = &[0, 0, 0, 8, 0, 3, 0, 0][..];
        assert!(matches!(
            Frame::read(&mut startup, false).await,
            Ok(Some(_))
        ));
    }

    #[test]
    fn a_commit_tells_the_statements_before_it() {
        let mut heard = Heard::default();
        for sent in [
            frame(b'P', b"s1\0UPDATE grants\0\0\0"),
            frame(b'B', b"\0s1\0"),
            frame(b'Q', b"BEGIN READ COMMITTED\0"),
            frame(b'B', b"\0s1\0"),
        ] {
            assert_eq!(heard.take(&sent), None);
        }
        let statements = heard.take(&frame(b'Q', b"COMMIT\0"));
        let wanted = ["BEGIN READ COMMITTED", "UPDATE grants"].map(str::to_owned);
        assert_eq!(statements, Some(wanted.to_vec()));
    }
}
