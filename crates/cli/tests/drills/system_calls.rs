//! What strace saw of a server's files and answers, as events in the order in which they happened.
//!
//! A call counts at the line where it begins: a write that has begun may be on the disk, a sync that
//! has only begun has done nothing yet, and neither has what comes after it. strace stops a thread
//! there, so the order of lines is an order in which things happened.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a trace that cannot be read fails the test"
)]

/// What strace has to be told for a trace that can be read here.
pub(crate) const OPTIONS: [&str; 10] = [
    "-D",
    "-f",
    "-xx",
    "-yy",
    "-s",
    "1000000",
    "-e",
    "signal=none",
    "-e",
    "trace=openat,mkdir,pwrite64,write,writev,ftruncate,fsync,fdatasync,unlink,rename,renameat2",
];

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    MakeDirectory(String),
    /// A file is there from now on, if it was not before.
    Open(String),
    Write {
        path: String,
        /// At the end, if nothing else is said.
        at: Option<usize>,
        bytes: Vec<u8>,
    },
    Truncate(String, usize),
    Sync(String),
    Remove(String),
    Rename(String, String),
    /// Something is sent to that peer.
    Send {
        from: String,
        bytes: Vec<u8>,
    },
}

/// All that concerns `directory`, what is in it, and answers.
pub(crate) fn events(trace: &str, directory: &str) -> Vec<Event> {
    let concerns = |path: &String| path.starts_with(directory);
    let lines = trace.lines().filter_map(event);
    lines
        .filter(|event| match event {
            Event::MakeDirectory(path)
            | Event::Open(path)
            | Event::Write { path, .. }
            | Event::Truncate(path, _)
            | Event::Remove(path)
            | Event::Rename(_, path) => concerns(path),
            Event::Sync(path) => concerns(path) || directory.starts_with(path.as_str()),
            Event::Send { .. } => true,
        })
        .collect()
}

/// `None` for lines about other things, for calls that failed, and for the second half of a call.
fn event(line: &str) -> Option<Event> {
    let (_thread, call) = line.trim_start().split_once(' ')?;
    let call = call.trim_start();
    if call.starts_with("<... ") || call.contains(") = -1 ") {
        return None;
    }
    let (name, arguments) = call.split_once('(')?;
    let texts = || arguments.split('"').skip(1).step_by(2).map(text);
    let number = || {
        let last = arguments.split(" <unfinished").next().unwrap();
        let last = last.rsplit_once(") = ").map_or(last, |(list, _)| list);
        let last = last.trim_end_matches(')').rsplit_once(", ").unwrap().1;
        last.parse::<usize>().unwrap()
    };
    let path = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Some(match name {
        "mkdir" => Event::MakeDirectory(path(texts().next()?)),
        "openat" if arguments.contains("O_CREAT") => Event::Open(path(texts().next()?)),
        "unlink" => Event::Remove(path(texts().next()?)),
        "rename" | "renameat2" => {
            let mut texts = texts();
            Event::Rename(path(texts.next()?), path(texts.next()?))
        }
        "pwrite64" => Event::Write {
            path: target(arguments)?,
            at: Some(number()),
            bytes: texts().next()?,
        },
        "write" | "writev" => {
            let bytes: Vec<u8> = texts().flatten().collect();
            match target(arguments)? {
                from if from.starts_with("TCP:") => Event::Send { from, bytes },
                path => Event::Write {
                    path,
                    at: None,
                    bytes,
                },
            }
        }
        "ftruncate" => Event::Truncate(target(arguments)?, number()),
        "fsync" | "fdatasync" => Event::Sync(target(arguments)?),
        "openat" => return None,
        other => panic!("{other}: {line}"),
    })
}

/// What `-yy` says of the first argument, a descriptor; `None` for a file that has no name any more.
fn target(arguments: &str) -> Option<String> {
    let (_number, rest) = arguments.split_once('<')?;
    if rest.starts_with("TCP:") {
        return Some(rest.split(">,").next()?.to_owned());
    }
    let (path, rest) = rest.split_once('>')?;
    let has_name = !rest.starts_with("(deleted)");
    has_name.then(|| String::from_utf8_lossy(&text(path)).into_owned())
}

/// `\x2f\x74` as bytes; other characters as they are.
fn text(escaped: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(escaped.len() / 4);
    let mut rest = escaped;
    while let Some(character) = rest.chars().next() {
        if let Some(hex) = rest.strip_prefix("\\x").and_then(|rest| rest.get(..2)) {
            bytes.push(u8::from_str_radix(hex, 16).unwrap());
            rest = rest.get(4..).unwrap_or_default();
        } else {
            let (one, others) = rest.split_at(character.len_utf8());
            bytes.extend_from_slice(one.as_bytes());
            rest = others;
        }
    }
    bytes
}

#[test]
fn calls_are_read() {
    let trace = concat!(
        "12 mkdir(\"\\x2f\\x64\", 0700) = 0\n",
        "12 openat(AT_FDCWD<\\x2f>, \"\\x2f\\x64\\x2f\\x61\", O_RDWR|O_CREAT, 0600) = 3<\\x2f>\n",
        "12 openat(AT_FDCWD<\\x2f>, \"\\x2f\\x64\\x2f\\x62\", O_RDWR) = 3<\\x2f>\n",
        "12 openat(AT_FDCWD<\\x2f>, \"\\x2f\\x64\\x2f\\x63\", O_CREAT) = -1 EEXIST (File exists)\n",
        "12  pwrite64(3<\\x2f\\x64\\x2f\\x61>, \"\\x00\\x22\", 2, 4096) = 2\n",
        "13 pwrite64(3<\\x2f\\x64\\x2f\\x61>, \"\\x01\", 1, 7 <unfinished ...>\n",
        "12 write(3<\\x2f\\x64\\x2f\\x61>, \"\\x02\", 1) = 1\n",
        "13 <... pwrite64 resumed>) = 1\n",
        "12 ftruncate(3<\\x2f\\x64\\x2f\\x61>, 3) = 0\n",
        "12 fsync(3<\\x2f\\x64\\x2f\\x61> <unfinished ...>\n",
        "12 fsync(3<\\x2f\\x64>) = 0\n",
        "12 fsync(3<\\x2f\\x65\\x2f\\x61>) = 0\n",
        "12 fsync(3<\\x2f\\x64\\x2f\\x61>(deleted)) = 0\n",
        "12 writev(9<TCP:[127.0.0.1:80->127.0.0.1:5]>, [{iov_base=\"\\x48\", iov_len=1}, ",
        "{iov_base=\"\\x49\", iov_len=1}], 2) = 2\n",
        "12 renameat2(AT_FDCWD<\\x2f>, \"\\x2f\\x64\\x2f\\x61\", AT_FDCWD<\\x2f>, ",
        "\"\\x2f\\x64\\x2f\\x62\", RENAME_NOREPLACE) = 0\n",
        "12 unlink(\"\\x2f\\x64\\x2f\\x62\") = 0\n",
        "12 +++ exited with 0 +++\n",
    );
    let file = || "/d/a".to_owned();
    let write = |at, bytes: &[u8]| Event::Write {
        path: file(),
        at,
        bytes: bytes.to_vec(),
    };
    let expected = [
        Event::MakeDirectory("/d".to_owned()),
        Event::Open(file()),
        write(Some(4096), &[0, b'"']),
        write(Some(7), &[1]),
        write(None, &[2]),
        Event::Truncate(file(), 3),
        Event::Sync(file()),
        Event::Sync("/d".to_owned()),
        Event::Send {
            from: "TCP:[127.0.0.1:80->127.0.0.1:5]".to_owned(),
            bytes: b"HI".to_vec(),
        },
        Event::Rename(file(), "/d/b".to_owned()),
        Event::Remove("/d/b".to_owned()),
    ];
    assert_eq!(events(trace, "/d"), expected);
}
