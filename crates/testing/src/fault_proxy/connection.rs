//! One connection, one request.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, tcp::WriteHalf},
    time::sleep,
};

use super::{Seen, Shared, fault::Fault, http::Message};

/// A slow answer is delivered in so many pieces a second.
const PIECES: u32 = 20;

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Close,
    Reset,
}

/// Serves a connection until its request is answered, its client gives up, or it is cut.
pub(super) async fn run(mut client: TcpStream, shared: Arc<Shared>) {
    let mut cut = shared.cut.subscribe();
    let end = tokio::select! {
        end = serve(&mut client, &shared) => end,
        _ = cut.changed() => Ok(End::Reset),
    };
    if end.unwrap_or(End::Reset) == End::Reset {
        // What is not closed in order arrives as a reset.
        let _ = client.set_zero_linger();
    }
}

async fn serve(client: &mut TcpStream, shared: &Shared) -> io::Result<End> {
    let (mut from_client, mut to_client) = client.split();
    let Some(request) = Message::read(&mut from_client).await? else {
        return Ok(End::Close);
    };
    let mut rest = [0; 1];
    tokio::select! {
        end = answer(&request, &mut to_client, shared) => end,
        // It sends nothing more, so this is its end.
        _ = from_client.read(&mut rest) => Ok(End::Close),
    }
}

async fn answer(request: &Message, client: &mut WriteHalf<'_>, shared: &Shared) -> io::Result<End> {
    let (path, query) = request.target();
    let fault = shared.fault(path);
    #[expect(clippy::disallowed_methods, reason = "a stopwatch")]
    let at = std::time::Instant::now();
    let number = shared.saw(Seen {
        path: path.to_owned(),
        query: query.to_owned(),
        at,
        if_none_match: request.header("if-none-match").to_owned(),
        status: None,
    });
    match &fault {
        Fault::Reset => return Ok(End::Reset),
        Fault::Blackhole => return std::future::pending().await,
        Fault::Status(status) => {
            let answer = Message::answer(*status, "the proxy says no");
            return deliver(client, &answer.bytes()).await;
        }
        Fault::Garbage => return deliver(client, b"\x00\xffno HTTP at all\r\n\x07\r\n\r\n").await,
        Fault::Replay(recorded) => return deliver(client, &recorded.message().bytes()).await,
        _ => {}
    }
    let mut request = request.clone();
    if fault.needs_a_body() {
        request.set_header("if-none-match", None);
    }
    let Ok(answer) = ask(&request, shared).await else {
        return Ok(End::Reset);
    };
    shared.answered(number, &answer);
    pass_on(answer, fault, client, shared).await
}

/// Asks the server, on a connection of its own.
async fn ask(request: &Message, shared: &Shared) -> io::Result<Message> {
    let mut request = request.clone();
    request.set_header("connection", Some("close"));
    let mut upstream = TcpStream::connect(shared.upstream).await?;
    upstream.write_all(&request.bytes()).await?;
    let answer = Message::read(&mut upstream).await?;
    answer.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// Delivers the server's answer, as far as the fault lets it.
async fn pass_on(
    mut answer: Message,
    fault: Fault,
    client: &mut WriteHalf<'_>,
    shared: &Shared,
) -> io::Result<End> {
    match fault {
        Fault::Slow {
            latency,
            bytes_per_sec,
        } => {
            sleep(latency).await;
            let piece = usize::try_from((bytes_per_sec / PIECES).max(1)).unwrap_or(1);
            for piece in answer.bytes().chunks(piece) {
                client.write_all(piece).await?;
                client.flush().await?;
                sleep(Duration::from_secs(1) / PIECES).await;
            }
            deliver(client, b"").await
        }
        Fault::Truncate => {
            let half = answer.body.len() / 2;
            answer.body.truncate(half);
            deliver(client, &answer.bytes()).await
        }
        Fault::TruncateChunked => {
            answer.set_header("content-length", None);
            answer.set_header("transfer-encoding", Some("chunked"));
            let half = &answer.body[..answer.body.len() / 2];
            let chunk = format!("{:x}\r\n", half.len()).into_bytes();
            let sent = [answer.head(), chunk, half.to_vec(), b"\r\n".to_vec()].concat();
            deliver(client, &sent).await
        }
        Fault::Body(body) => {
            answer.set_header("content-length", Some(&body.len().to_string()));
            answer.body = body.into_bytes();
            deliver(client, &answer.bytes()).await
        }
        Fault::Twice => {
            answer.set_header("connection", None);
            deliver(client, &answer.bytes().repeat(2)).await
        }
        Fault::Hold => {
            if let Ok(permit) = shared.releases.acquire().await {
                permit.forget();
            }
            deliver(client, &answer.bytes()).await
        }
        // The others have been answered without asking the server.
        _ => deliver(client, &answer.bytes()).await,
    }
}

async fn deliver(client: &mut WriteHalf<'_>, bytes: &[u8]) -> io::Result<End> {
    client.write_all(bytes).await?;
    client.shutdown().await?;
    Ok(End::Close)
}
