//! A bounded queue in front of a few threads that hash.
//!
//! Threads of the pool's own, because one hash takes 13 ms and 19 MiB: on async threads it would
//! stop everything else, on a blocking pool it would take 512 × 19 MiB under attack.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use super::{
    hasher::{Hasher, Verdict},
    strength::Strength,
};
use crate::{
    entropy::{Entropy, EntropyExt},
    error::Error,
    secret::{Password, PasswordHash},
    settings::PasswordSettings,
};

/// How long a thread keeps its memory without work.
const KEEP_MEMORY: Duration = Duration::from_secs(60);
/// Ratings that wait at most: whoever types asks again.
const RATINGS: usize = 16;
/// What a refused caller is told to wait, in seconds.
const RETRY_AFTER_SECS: u32 = 1;

enum Job {
    Hash {
        password: Password,
        salt: [u8; 16],
        answer: oneshot::Sender<Result<PasswordHash, Error>>,
    },
    Verify {
        password: Password,
        hash: PasswordHash,
        answer: oneshot::Sender<Result<Verdict, Error>>,
    },
    Waste {
        password: Password,
        answer: oneshot::Sender<Result<(), Error>>,
    },
    Rate {
        password: Password,
        names: Vec<String>,
        answer: oneshot::Sender<Result<Strength, Error>>,
    },
    #[cfg(test)]
    Panic {
        answer: oneshot::Sender<Result<(), Error>>,
    },
}

/// How much is waiting.
#[derive(Debug, Default)]
pub struct PoolStats {
    queued: AtomicUsize,
}

impl PoolStats {
    /// Jobs that wait or run.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queued.load(Ordering::Relaxed)
    }
}

/// Hashes and checks passwords. Dropping it stops the threads after the work at hand.
pub struct PasswordPool {
    jobs: Sender<Job>,
    /// Of their own, so that no log-in waits behind what somebody types.
    ratings: Sender<Job>,
    stats: Arc<PoolStats>,
    entropy: Arc<dyn Entropy>,
}

impl std::fmt::Debug for PasswordPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordPool")
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

impl PasswordPool {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the parameters are not argon2's, or the system gives no thread.
    pub fn start(settings: &PasswordSettings, entropy: Arc<dyn Entropy>) -> Result<Self, Error> {
        let workers = match settings.workers {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            n => n,
        };
        let (jobs, queue) = bounded(settings.queue);
        let stats = Arc::new(PoolStats::default());
        for number in 0..workers {
            start(format!("argon2-{number}"), settings, &queue, &stats)?;
        }
        let (ratings, queue) = bounded(RATINGS);
        start("strength".to_owned(), settings, &queue, &stats)?;
        Ok(Self {
            jobs,
            ratings,
            stats,
            entropy,
        })
    }

    /// How much is waiting.
    #[must_use]
    pub fn stats(&self) -> &PoolStats {
        &self.stats
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// [`Error::Busy`] when the queue is full.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, Error> {
        let salt = self.entropy.bytes();
        self.submit(&self.jobs, |answer| Job::Hash {
            password,
            salt,
            answer,
        })
        .await
    }

    /// Checks a password.
    ///
    /// # Errors
    /// [`Error::Busy`] when the queue is full; [`Error::Internal`] when the hash is unusable.
    pub async fn verify(&self, password: Password, hash: PasswordHash) -> Result<Verdict, Error> {
        self.submit(&self.jobs, |answer| Job::Verify {
            password,
            hash,
            answer,
        })
        .await
    }

    /// Does the work of a check for nothing, so that an unknown account takes as long as a known.
    ///
    /// # Errors
    /// [`Error::Busy`] when the queue is full.
    pub async fn waste(&self, password: Password) -> Result<(), Error> {
        self.submit(&self.jobs, |answer| Job::Waste { password, answer })
            .await
    }

    /// Says how strong a password is for somebody who is known by these names: work of some
    /// milliseconds, on a thread of its own.
    ///
    /// # Errors
    /// [`Error::Busy`] when the queue is full.
    pub async fn rate(&self, password: Password, names: Vec<String>) -> Result<Strength, Error> {
        self.submit(&self.ratings, |answer| Job::Rate {
            password,
            names,
            answer,
        })
        .await
    }

    async fn submit<T>(
        &self,
        jobs: &Sender<Job>,
        job: impl FnOnce(oneshot::Sender<Result<T, Error>>) -> Job,
    ) -> Result<T, Error> {
        let (answer, result) = oneshot::channel();
        // Counted before it is sent, so that the thread's decrement never comes first.
        self.stats.queued.fetch_add(1, Ordering::Relaxed);
        if let Err(refused) = jobs.try_send(job(answer)) {
            self.stats.queued.fetch_sub(1, Ordering::Relaxed);
            return Err(match refused {
                TrySendError::Full(_) => Error::Busy {
                    retry_after_secs: RETRY_AFTER_SECS,
                },
                TrySendError::Disconnected(_) => Error::internal("the argon2 threads are gone"),
            });
        }
        result
            .await
            .unwrap_or_else(|_| Err(Error::internal("an argon2 thread died")))
    }
}

fn start(
    name: String,
    settings: &PasswordSettings,
    queue: &Receiver<Job>,
    stats: &Arc<PoolStats>,
) -> Result<(), Error> {
    let hasher = Hasher::new(settings)?;
    let (queue, stats) = (queue.clone(), Arc::clone(stats));
    std::thread::Builder::new()
        .name(name)
        .spawn(move || work(hasher, &queue, &stats))
        .map_err(|error| Error::internal(format_args!("password thread: {error}")))?;
    Ok(())
}

fn work(mut hasher: Hasher, queue: &Receiver<Job>, stats: &PoolStats) {
    loop {
        match queue.recv_timeout(KEEP_MEMORY) {
            Ok(job) => {
                // A library that panics on somebody's input must not take the thread from everybody
                // else. The memory is taken anew, so nothing half-done is used.
                let ran = catch_unwind(AssertUnwindSafe(|| run(&mut hasher, job, stats)));
                if ran.is_err() {
                    stats.queued.fetch_sub(1, Ordering::Relaxed);
                    hasher.release();
                }
            }
            Err(RecvTimeoutError::Timeout) => hasher.release(),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// A caller that went away is no failure, and its job is not worth doing.
fn run(hasher: &mut Hasher, job: Job, stats: &PoolStats) {
    // Counted down before the answer goes out, so that who has it sees the queue without it.
    let done = || stats.queued.fetch_sub(1, Ordering::Relaxed);
    match job {
        Job::Hash {
            password,
            salt,
            answer,
        } => {
            let result = (!answer.is_closed()).then(|| hasher.hash(&password, salt));
            done();
            result.map(|result| answer.send(result));
        }
        Job::Verify {
            password,
            hash,
            answer,
        } => {
            let result = (!answer.is_closed()).then(|| hasher.verify(&password, &hash));
            done();
            result.map(|result| answer.send(result));
        }
        Job::Waste { password, answer } => {
            let result = (!answer.is_closed()).then(|| hasher.waste(&password));
            done();
            result.map(|result| answer.send(result));
        }
        Job::Rate {
            password,
            names,
            answer,
        } => {
            let result = (!answer.is_closed()).then(|| Strength::of(&password, &names));
            done();
            result.map(|result| answer.send(Ok(result)));
        }
        #[cfg(test)]
        Job::Panic { answer } => tests::panic_with(answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zeros;

    impl Entropy for Zeros {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(0);
        }
    }

    fn settings(memory_kib: u32, queue: usize) -> PasswordSettings {
        PasswordSettings {
            memory_kib,
            iterations: 1,
            parallelism: 1,
            workers: 1,
            queue,
            min_length: 8,
            min_score: 3,
        }
    }

    /// As a library does on input that it was not made for.
    pub(super) fn panic_with(answer: oneshot::Sender<Result<(), Error>>) {
        drop(answer);
        panic!("a job that panics");
    }

    #[tokio::test]
    async fn a_job_that_panics_takes_no_thread_away() {
        let pool = PasswordPool::start(&settings(64, 4), Arc::new(Zeros)).unwrap();
        for _ in 0..3 {
            let fell = pool
                .submit(&pool.jobs, |answer| Job::Panic { answer })
                .await;
            assert!(matches!(fell, Err(Error::Internal { .. })), "{fell:?}");
        }
        pool.waste(password()).await.unwrap();
        assert_eq!(pool.stats().queued(), 0);
    }

    fn password() -> Password {
        Password::new("correct horse".to_owned())
    }

    #[tokio::test]
    async fn it_hashes_and_checks() {
        let pool = PasswordPool::start(&settings(64, 4), Arc::new(Zeros)).unwrap();
        let hash = pool.hash(password()).await.unwrap();
        assert_eq!(pool.verify(password(), hash).await, Ok(Verdict::Right));
        pool.waste(password()).await.unwrap();
        assert_eq!(pool.stats().queued(), 0);
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_loses_nothing() {
        // 32 MiB: slow enough that 16 submissions outrun one worker with a queue of one.
        let pool = Arc::new(PasswordPool::start(&settings(32 * 1024, 1), Arc::new(Zeros)).unwrap());
        let all = futures_util::future::join_all((0..16).map(|_| pool.waste(password()))).await;
        let busy = all
            .iter()
            .filter(|r| matches!(r, Err(Error::Busy { .. })))
            .count();
        let done = all.iter().filter(|r| r.is_ok()).count();
        assert_eq!(busy + done, 16);
        assert!(done >= 1 && busy >= 1, "{done} done, {busy} busy");
        pool.waste(password()).await.unwrap();
    }
}
