//! Which requests, and how many of each.

use std::{fmt, str::FromStr};

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Deed {
    /// A log-in with a password, for a cookie and tokens.
    Login,
    /// The check of a session's cookie, as a proxy asks for it.
    Check,
    /// A refresh.
    Refresh,
    /// The end of a session.
    Revoke,
}

impl Deed {
    pub(crate) const ALL: [Self; 4] = [Self::Login, Self::Check, Self::Refresh, Self::Revoke];

    /// As in `--mix` and in the figures.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Check => "check",
            Self::Refresh => "refresh",
            Self::Revoke => "revoke",
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Login => 0,
            Self::Check => 1,
            Self::Refresh => 2,
            Self::Revoke => 3,
        }
    }
}

/// Shares of each kind: `login=1,check=90,refresh=8,revoke=1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mix([u16; 4]);

impl Mix {
    /// The share of a kind.
    pub(crate) fn share(&self, deed: Deed) -> u16 {
        self.0.get(deed.index()).copied().unwrap_or_default()
    }

    /// The kind that a number between 0 and 2^64 falls on.
    pub(crate) fn pick(&self, draw: u64) -> Deed {
        let sum: u64 = self.0.iter().map(|share| u64::from(*share)).sum();
        let mut left = ((u128::from(draw) * u128::from(sum)) >> 64) as u64;
        for deed in Deed::ALL {
            let share = u64::from(self.share(deed));
            if left < share {
                return deed;
            }
            left -= share;
        }
        Deed::Check
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shares = Deed::ALL.map(|deed| format!("{}={}", deed.name(), self.share(deed)));
        f.write_str(&shares.join(","))
    }
}

impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut shares = [None; 4];
        for part in text.split(',') {
            let (name, share) = part
                .split_once('=')
                .ok_or_else(|| format!("\"{part}\" is not NAME=SHARE"))?;
            let deed = Deed::ALL
                .into_iter()
                .find(|deed| deed.name() == name.trim())
                .ok_or_else(|| format!("\"{name}\" is none of login, check, refresh and revoke"))?;
            let share: u16 = share
                .trim()
                .parse()
                .map_err(|_| format!("the share of {name} is no number up to 65535"))?;
            if let Some(place) = shares.get_mut(deed.index())
                && place.replace(share).is_some()
            {
                return Err(format!("{name} stands twice"));
            }
        }
        let shares = shares.map(Option::unwrap_or_default);
        if shares.iter().all(|share| *share == 0) {
            return Err("all shares are 0".to_owned());
        }
        Ok(Self(shares))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_and_written() {
        let mix: Mix = "check=90, login=1,revoke=1".parse().unwrap();
        assert_eq!(mix.to_string(), "login=1,check=90,refresh=0,revoke=1");
        for (text, problem) in [
            ("", "not NAME=SHARE"),
            ("check", "not NAME=SHARE"),
            ("logout=1", "none of"),
            ("check=-1", "no number"),
            ("check=70000", "no number"),
            ("check=1,check=2", "twice"),
            ("check=0", "all shares are 0"),
        ] {
            let error = text.parse::<Mix>().unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
    }

    #[test]
    fn every_kind_has_its_share_of_the_draws() {
        let mix: Mix = "login=1,check=5,refresh=2,revoke=2".parse().unwrap();
        let mut counts = [0; 4];
        for draw in 0..1_000_u64 {
            // The middle of each thousandth.
            let middle = draw * (u64::MAX / 1_000) + u64::MAX / 2_000;
            counts[mix.pick(middle).index()] += 1;
        }
        assert_eq!(counts, [100, 500, 200, 200]);
        assert_eq!(mix.pick(u64::MAX), Deed::Revoke);
        let only: Mix = "refresh=3".parse().unwrap();
        assert_eq!(only.pick(0), Deed::Refresh);
        assert_eq!(only.pick(u64::MAX), Deed::Refresh);
    }
}
