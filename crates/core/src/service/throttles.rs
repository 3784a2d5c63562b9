//! The rate limits of one issuer, and whose bucket an attempt draws from.

use std::net::{IpAddr, Ipv6Addr};

use symbolon_protocol::{AccountId, GrantId, Timestamp};

use crate::{
    device::DeviceId,
    error::Error,
    model::Account,
    settings::{Bucket, LimitSettings},
    throttle::{Throttle, Throttled},
};

/// Keys that each limit holds at most.
const CAPACITY: usize = 100_000;

/// Whose attempts on an account are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum LoginKey {
    /// Everybody who never logged in to it, by hash of the normalised identifier: known and unknown
    /// accounts are told apart by nothing.
    Strangers([u8; 32]),
    /// One browser that did.
    Device(DeviceId),
}

impl LoginKey {
    /// The key of everybody who never logged in to the account of this normalised identifier.
    pub(crate) fn strangers(normalised: &str) -> Self {
        Self::Strangers(symbolon_jose::digest::sha256(normalised.as_bytes()))
    }
}

/// An address as limits count it: IPv6 by /64, which is what one customer has.
pub(crate) fn address_key(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

pub(crate) struct Throttles {
    strangers: Throttle<LoginKey>,
    devices: Throttle<LoginKey>,
    addresses: Throttle<IpAddr>,
    registrations: Throttle<IpAddr>,
    scores: Throttle<IpAddr>,
    exports: Throttle<AccountId>,
    replays: Throttle<GrantId>,
}

impl Throttles {
    pub(crate) fn new(limits: &LimitSettings) -> Self {
        let replays = Bucket {
            burst: std::num::NonZeroU32::MIN.saturating_add(127),
            refill_ms: 100,
        };
        // A question a key, and somebody who types fast.
        let scores = Bucket {
            burst: std::num::NonZeroU32::MIN.saturating_add(99),
            refill_ms: 200,
        };
        // It reads much and is asked for rarely.
        let exports = Bucket {
            burst: std::num::NonZeroU32::MIN.saturating_add(9),
            refill_ms: 60_000,
        };
        Self {
            strangers: Throttle::new(limits.login_per_account, CAPACITY),
            devices: Throttle::new(limits.login_per_device, CAPACITY),
            addresses: Throttle::new(limits.login_per_address, CAPACITY),
            registrations: Throttle::new(limits.register_per_address, CAPACITY),
            scores: Throttle::new(scores, CAPACITY),
            exports: Throttle::new(exports, CAPACITY),
            replays: Throttle::new(replays, CAPACITY),
        }
    }

    /// Takes an attempt from the address; over `admin.sock` there is none.
    pub(crate) fn take_address(&self, ip: Option<IpAddr>, now: Timestamp) -> Result<(), Error> {
        ip.map_or(Ok(()), |ip| self.addresses.take(&address_key(ip), now))
            .map_err(limited)
    }

    /// Takes an attempt on an account.
    pub(crate) fn take_login(&self, key: &LoginKey, now: Timestamp) -> Result<(), Error> {
        self.login_bucket(key).take(key, now).map_err(limited)
    }

    /// The attempt was a success: it does not count.
    pub(crate) fn give_back(&self, ip: Option<IpAddr>, key: &LoginKey) {
        self.give_back_address(ip);
        self.login_bucket(key).give_back(key);
    }

    /// The attempt does not count for the address.
    pub(crate) fn give_back_address(&self, ip: Option<IpAddr>) {
        if let Some(ip) = ip {
            self.addresses.give_back(&address_key(ip));
        }
    }

    /// Forgets what is counted of an account: under its names and under itself. What is counted of
    /// addresses and browsers names no account.
    pub(crate) fn forget_account(&self, account: &Account) {
        for identifier in &account.identifiers {
            self.strangers
                .forget(&LoginKey::strangers(&identifier.normalised));
        }
        self.devices
            .forget(&LoginKey::Device(account.id.to_bytes()));
        self.exports.forget(&account.id);
    }

    /// Forgets who has every attempt left, which says nothing about them but that they were here.
    pub(crate) fn forget_full(&self, now: Timestamp) {
        self.strangers.forget_full(now);
        self.devices.forget_full(now);
        self.addresses.forget_full(now);
        self.registrations.forget_full(now);
        self.scores.forget_full(now);
        self.exports.forget_full(now);
        self.replays.forget_full(now);
    }

    fn login_bucket(&self, key: &LoginKey) -> &Throttle<LoginKey> {
        match key {
            LoginKey::Strangers(_) => &self.strangers,
            LoginKey::Device(_) => &self.devices,
        }
    }

    /// Takes a registration from the address.
    pub(crate) fn take_registration(
        &self,
        ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), Error> {
        ip.map_or(Ok(()), |ip| self.registrations.take(&address_key(ip), now))
            .map_err(limited)
    }

    /// Takes a question about a password's strength from the address.
    pub(crate) fn take_score(&self, ip: Option<IpAddr>, now: Timestamp) -> Result<(), Error> {
        ip.map_or(Ok(()), |ip| self.scores.take(&address_key(ip), now))
            .map_err(limited)
    }

    /// Takes an export of somebody's own data.
    pub(crate) fn take_export(&self, account: AccountId, now: Timestamp) -> Result<(), Error> {
        self.exports.take(&account, now).map_err(limited)
    }

    /// Takes a replay of a refresh token; never ends the grant.
    pub(crate) fn take_replay(&self, grant: GrantId, now: Timestamp) -> Result<(), Error> {
        self.replays.take(&grant, now).map_err(limited)
    }
}

fn limited(throttled: Throttled) -> Error {
    Error::RateLimited {
        retry_after_secs: throttled.retry_after_secs,
    }
}

#[cfg(test)]
mod tests {
    use super::address_key;

    #[test]
    fn ipv6_counts_by_its_first_half_and_mapped_addresses_as_ipv4() {
        let key = |text: &str| address_key(text.parse().unwrap()).to_string();
        assert_eq!(key("2001:db8:1:2:3::4"), "2001:db8:1:2::");
        assert_eq!(key("::ffff:203.0.113.7"), "203.0.113.7");
        assert_eq!(key("203.0.113.7"), "203.0.113.7");
    }
}
