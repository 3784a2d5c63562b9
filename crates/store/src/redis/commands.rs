//! What is said to Redis. Buckets change in scripts, which Redis runs one after the other.

use redis::{Cmd, cmd};
use symbolon_core::{settings::Bucket, store::SharedEntry};

/// Takes a token: 0, or how many milliseconds too early it is. A bucket is the time at which it is full
/// again (GCRA), by the server's own clock, so that nodes' clocks do not matter.
///
/// What lies there may be anything: what is no number is a full bucket, and one that is emptier than empty
/// was counted before the clock was set back: by a moment, and it is empty; by more, and it is full.
const TAKE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local refill, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = tonumber(redis.call('GET', KEYS[1]) or '') or now
if full ~= full or full < now or full > now + window + 60000 then full = now end
if full > now + window then full = now + window end
full = full + refill
local over = full - now - window
if over > 0 then return over end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', full - now)
return 0";

/// Gives one back; a bucket that is full is forgotten.
const GIVE_BACK: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local full = tonumber(redis.call('GET', KEYS[1]) or '')
if not full then redis.call('DEL', KEYS[1]) return 0 end
full = full - tonumber(ARGV[1])
if full > now and full < now + tonumber(ARGV[2]) + 60000 then
  redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil(full - now))
else
  redis.call('DEL', KEYS[1])
end
return 0";

/// A bucket that is never empty, with which is tried out whether Redis does all that is needed.
pub(super) const PROBE: &str = "symbolon:probe";

pub(super) fn get(key: &str) -> Cmd {
    let mut get = cmd("GET");
    get.arg(key);
    get
}

pub(super) fn set(entry: &SharedEntry) -> Cmd {
    let mut set = cmd("SET");
    set.arg(&entry.key).arg(entry.value.as_slice());
    set.arg("PX").arg(entry.lives_ms.max(1));
    set
}

pub(super) fn unlink(keys: &[String]) -> Cmd {
    let mut unlink = cmd("UNLINK");
    unlink.arg(keys);
    unlink
}

pub(super) fn ping() -> Cmd {
    cmd("PING")
}

pub(super) fn take(key: &str, bucket: Bucket) -> Cmd {
    script(TAKE, key, bucket)
}

pub(super) fn give_back(key: &str, bucket: Bucket) -> Cmd {
    script(GIVE_BACK, key, bucket)
}

/// The text goes along each time: one round trip whatever Redis has forgotten, and a few hundred bytes.
fn script(text: &str, key: &str, bucket: Bucket) -> Cmd {
    let refill = i64::from(bucket.refill_ms);
    let window = refill.saturating_mul(i64::from(bucket.burst.get()));
    let mut eval = cmd("EVAL");
    // Beyond this a Lua number is not exact any more.
    eval.arg(text)
        .arg(1)
        .arg(key)
        .arg(refill)
        .arg(window.min(1 << 50));
    eval
}
