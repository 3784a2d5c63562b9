//! One connection: messages of either side, each at its time.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncWriteExt as _, BufReader},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, watch},
    time::{Instant, sleep, sleep_until},
};

use super::{
    Flow, Moment, Shared,
    frames::{Frame, Heard},
    locked,
};

/// Messages on their way that a connection holds at most, each direction.
const ON_THE_WAY: usize = 1_024;

/// The connection is cut.
struct Cut;

impl From<io::Error> for Cut {
    fn from(_: io::Error) -> Self {
        Self
    }
}

/// What the trap does to the answers of this connection, once its `COMMIT` went through.
type Doom = Mutex<Option<Moment>>;

pub(super) async fn run(client: TcpStream, shared: Arc<Shared>) {
    let mut cut = shared.cut.subscribe();
    let address = *locked(&shared.upstream);
    let Ok(server) = TcpStream::connect(address).await else {
        let _ = client.set_zero_linger();
        return;
    };
    // Messages are small and waited for.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let doom = Doom::default();
    let (requests, answers) = (mpsc::channel(ON_THE_WAY), mpsc::channel(ON_THE_WAY));
    // Whoever closes is over when what it said before has arrived.
    let up = async {
        tokio::try_join!(
            listen(from_client, requests.0, &doom, &shared),
            deliver(&mut to_server, requests.1, &shared)
        )
    };
    let down = async {
        tokio::try_join!(
            answer(from_server, answers.0, &doom, &shared),
            deliver(&mut to_client, answers.1, &shared)
        )
    };
    let ended = tokio::select! {
        ended = up => ended,
        ended = down => ended,
        _ = cut.changed() => Err(Cut),
    };
    if ended.is_err() {
        // What is not closed in order arrives as a reset.
        for half in [to_client, to_server] {
            let _ = half.as_ref().set_zero_linger();
            half.forget();
        }
    }
}

/// A message, and from when on it may be delivered.
struct Sent {
    frame: Frame,
    due: Instant,
    /// It is the last one: the connection is cut behind it.
    is_last: bool,
}

impl Sent {
    fn new(frame: Frame, shared: &Shared) -> Self {
        let late = match *shared.flow.borrow() {
            Flow::Late(late) => late,
            _ => Duration::ZERO,
        };
        Self {
            frame,
            due: Instant::now() + late,
            is_last: false,
        }
    }
}

/// What the client says.
async fn listen(
    from: OwnedReadHalf,
    on: mpsc::Sender<Sent>,
    doom: &Doom,
    shared: &Shared,
) -> Result<(), Cut> {
    let mut from = BufReader::new(from);
    let (mut heard, mut is_first) = (Heard::default(), true);
    while let Some(frame) = Frame::read(&mut from, !is_first).await? {
        let commits = if is_first { None } else { heard.take(&frame) };
        is_first = false;
        let mut sent = Sent::new(frame, shared);
        match commits.and_then(|statements| shared.spring(&statements)) {
            None => {}
            Some(Moment::NotDelivered) => {
                shared.has_sprung();
                return Err(Cut);
            }
            Some(Moment::Delivered) => sent.is_last = true,
            Some(moment) => *locked(doom) = Some(moment),
        }
        if on.send(sent).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// What the server says.
async fn answer(
    from: OwnedReadHalf,
    on: mpsc::Sender<Sent>,
    doom: &Doom,
    shared: &Shared,
) -> Result<(), Cut> {
    let mut from = BufReader::new(from);
    while let Some(frame) = Frame::read(&mut from, true).await? {
        let is_doomed = frame.is_committed();
        let mut sent = Sent::new(frame, shared);
        if is_doomed && let Some(moment) = locked(doom).take() {
            if moment == Moment::Answered {
                shared.has_sprung();
                return Err(Cut);
            }
            sent.frame.0.truncate(3);
            sent.is_last = true;
        }
        if on.send(sent).await.is_err() {
            break;
        }
    }
    Ok(())
}

async fn deliver(
    to: &mut OwnedWriteHalf,
    mut from: mpsc::Receiver<Sent>,
    shared: &Shared,
) -> Result<(), Cut> {
    let mut flow = shared.flow.subscribe();
    while let Some(sent) = from.recv().await {
        sleep_until(sent.due).await;
        let bytes = &sent.frame.0[..];
        pass(&mut flow).await;
        let now = *shared.flow.borrow();
        if let Flow::Slow(rate) = now {
            let bytes = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            sleep(Duration::from_secs(1) * bytes / rate.max(1)).await;
        }
        to.write_all(bytes).await?;
        if sent.is_last {
            to.flush().await?;
            shared.has_sprung();
            return Err(Cut);
        }
    }
    Ok(())
}

/// Until bytes get through at all.
async fn pass(flow: &mut watch::Receiver<Flow>) {
    let _gone = flow.wait_for(|flow| *flow != Flow::Stalled).await;
}
