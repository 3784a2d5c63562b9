//! A node whose clock is wrong: the real binary on a clock that the test sets, by a library that is loaded before
//! the system's own.

use std::{path::Path, process::Command, time::Duration};

use symbolon_testing::PostgresDatabase;

use super::{node, until};

/// While the file that `CLOCK_IS_WRONG` names exists, the time of day is three seconds ahead.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *shown) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, shown);
    const char *file = getenv("CLOCK_IS_WRONG");
    if (clock == CLOCK_REALTIME && file && access(file, F_OK) == 0) shown->tv_sec += 3;
    return result;
}
"#;

fn build(directory: &Path) -> String {
    let (source, library) = (directory.join("clock.c"), directory.join("clock.so"));
    std::fs::write(&source, SHIM).unwrap();
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status();
    assert!(built.unwrap().success());
    library.display().to_string()
}

#[tokio::test]
async fn a_node_whose_clock_is_wrong_is_not_ready_until_it_is_right() {
    let database = PostgresDatabase::new();
    let directory = tempfile::tempdir().unwrap();
    let library = build(directory.path());
    let wrong = directory.path().join("wrong");
    let preload = format!("LD_PRELOAD={library}");
    let file = format!("CLOCK_IS_WRONG={}", wrong.display());
    let server = node(&database.url())
        .under(&["env", &preload, &file])
        .start()
        .await;
    let other = node(&database.url()).start().await;
    let skew = "symbolon_store_clock_skew_seconds";
    assert!(server.metric(skew, &[]).await.abs() < 1.0);
    std::fs::write(&wrong, "").unwrap();
    let ready = async || server.ops().get("/readyz").send().await;
    let refused = ready().await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (503, "clock_skewed")
    );
    let ahead = server.metric(skew, &[]).await;
    assert!((2.0..4.0).contains(&ahead), "{ahead}");
    // It is the one node's trouble.
    assert_eq!(other.ops().get("/readyz").send().await.status, 200);
    std::fs::remove_file(&wrong).unwrap();
    until(Duration::from_secs(5), async || ready().await.status == 200).await;
}
