//! What the figures were measured on.

use serde_json::{Value, json};

/// The facts that decide what a figure means.
#[derive(Debug, Clone)]
pub(super) struct Machine {
    cpu: String,
    cores: usize,
    /// Processes that wanted a core in the last minute, before the run; Linux only.
    load: Option<f64>,
}

impl Machine {
    pub(super) fn here() -> Self {
        Self {
            cpu: cpu().unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            load: load(),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "cpu": self.cpu,
            "cores": self.cores,
            "load": self.load,
            "os": std::env::consts::OS,
            "arch": std::env::consts::ARCH,
            "version": env!("CARGO_PKG_VERSION"),
            "profile": profile(),
        })
    }

    /// One line for people.
    pub(super) fn line(&self) -> String {
        let load = self
            .load
            .map_or_else(String::new, |load| format!(", load {load:.1} before"));
        format!(
            "{}, {} cores{load}, {} {}, symbolon {} ({} build)",
            self.cpu,
            self.cores,
            std::env::consts::OS,
            std::env::consts::ARCH,
            env!("CARGO_PKG_VERSION"),
            profile(),
        )
    }
}

/// Whether the compiler optimised this program.
pub(super) const fn profile() -> &'static str {
    if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    }
}

fn cpu() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    let (_, name) = line.split_once(':')?;
    Some(name.trim().to_owned())
}

fn load() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}
