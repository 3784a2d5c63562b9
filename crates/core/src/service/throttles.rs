//! The rate limits of one issuer, and whose bucket an attempt draws from.

mod limit;

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
};

use symbolon_protocol::{AccountId, GrantId, Timestamp};

use crate::{
    device::DeviceId,
    error::Error,
    model::Account,
    settings::{Bucket, LimitSettings},
    shared::Shared,
};
use limit::{Counted, Limit, Taken};

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

impl Counted for LoginKey {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Strangers(hash) => hash.to_vec(),
            Self::Device(id) => id.to_vec(),
        }
    }
}

/// An address as limits count it: IPv6 by /64, which is what one customer has.
pub(crate) fn address_key(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// An attempt that was taken, to be given back when it turns out to be none.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Drawn<K> {
    key: K,
    taken: Taken,
}

pub(crate) struct Throttles {
    strangers: Limit<LoginKey>,
    devices: Limit<LoginKey>,
    addresses: Limit<IpAddr>,
    registrations: Limit<IpAddr>,
    scores: Limit<IpAddr>,
    exports: Limit<AccountId>,
    replays: Limit<GrantId>,
    /// What nodes count together.
    pub(crate) shared: Option<Shared>,
}

impl Throttles {
    pub(crate) fn new(limits: &LimitSettings) -> Self {
        let bucket = |burst: u32, refill_ms| Bucket {
            burst: NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN),
            refill_ms,
        };
        Self {
            strangers: Limit::new("strangers", limits.login_per_account),
            devices: Limit::new("devices", limits.login_per_device),
            addresses: Limit::new("addresses", limits.login_per_address),
            registrations: Limit::new("registrations", limits.register_per_address),
            // A question a key, and somebody who types fast.
            scores: Limit::new("scores", bucket(100, 200)),
            // It reads much and is asked for rarely.
            exports: Limit::new("exports", bucket(10, 60_000)),
            replays: Limit::new("replays", bucket(128, 100)),
            shared: None,
        }
    }

    /// Takes an attempt from the address; over `admin.sock` there is none.
    pub(crate) async fn take_address(
        &self,
        ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Option<Drawn<IpAddr>>, Error> {
        self.take_from(&self.addresses, ip, now).await
    }

    /// Takes an attempt on an account.
    pub(crate) async fn take_login(
        &self,
        key: LoginKey,
        now: Timestamp,
    ) -> Result<Drawn<LoginKey>, Error> {
        let limit = self.login_limit(&key);
        let taken = limit.take(self.shared.as_ref(), &key, now).await?;
        Ok(Drawn { key, taken })
    }

    /// The attempt was a success: it does not count.
    pub(crate) fn give_back(&self, address: Option<Drawn<IpAddr>>, login: &Drawn<LoginKey>) {
        self.give_back_address(address);
        let limit = self.login_limit(&login.key);
        limit.give_back(self.shared.as_ref(), &login.key, login.taken);
    }

    /// The attempt does not count for the address.
    pub(crate) fn give_back_address(&self, address: Option<Drawn<IpAddr>>) {
        if let Some(Drawn { key, taken }) = address {
            self.addresses.give_back(self.shared.as_ref(), &key, taken);
        }
    }

    /// Forgets what is counted of an account: under its names and under itself. What is counted of
    /// addresses and browsers names no account.
    pub(crate) fn forget_account(&self, account: &Account) {
        let names = account.identifiers.iter();
        let names: Vec<_> = names
            .map(|identifier| LoginKey::strangers(&identifier.normalised))
            .collect();
        let own = LoginKey::Device(account.id.to_bytes());
        for name in &names {
            self.strangers.forget(name);
        }
        self.devices.forget(&own);
        self.exports.forget(&account.id);
        if let Some(shared) = &self.shared {
            let names = names.iter().map(|key| (self.strangers.name, key.bytes()));
            let own = [
                (self.devices.name, own.bytes()),
                (self.exports.name, account.id.bytes()),
            ];
            shared.forget_buckets(names.chain(own));
        }
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

    fn login_limit(&self, key: &LoginKey) -> &Limit<LoginKey> {
        match key {
            LoginKey::Strangers(_) => &self.strangers,
            LoginKey::Device(_) => &self.devices,
        }
    }

    async fn take_from(
        &self,
        limit: &Limit<IpAddr>,
        ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Option<Drawn<IpAddr>>, Error> {
        let Some(ip) = ip else { return Ok(None) };
        let key = address_key(ip);
        let taken = limit.take(self.shared.as_ref(), &key, now).await?;
        Ok(Some(Drawn { key, taken }))
    }

    /// Takes a registration from the address.
    pub(crate) async fn take_registration(
        &self,
        ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.take_from(&self.registrations, ip, now).await.map(drop)
    }

    /// Takes a question about a password's strength from the address.
    pub(crate) async fn take_score(&self, ip: Option<IpAddr>, now: Timestamp) -> Result<(), Error> {
        self.take_from(&self.scores, ip, now).await.map(drop)
    }

    /// Takes an export of somebody's own data.
    pub(crate) async fn take_export(&self, id: AccountId, now: Timestamp) -> Result<(), Error> {
        let taken = self.exports.take(self.shared.as_ref(), &id, now).await;
        taken.map(drop)
    }

    /// Takes a replay of a refresh token; never ends the grant.
    pub(crate) async fn take_replay(&self, grant: GrantId, now: Timestamp) -> Result<(), Error> {
        let taken = self.replays.take(self.shared.as_ref(), &grant, now).await;
        taken.map(drop)
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
