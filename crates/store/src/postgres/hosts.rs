//! The hosts of an address, each by itself.
//!
//! Together, the time that a connection may take would be over when the first of them has said nothing for as
//! long, and the others would never be asked.

use tokio_postgres::config::{Config, Host, LoadBalanceHosts};

/// An address for each host of this one, in order.
pub(super) fn each(config: &Config) -> Vec<Config> {
    let (names, addresses) = (config.get_hosts(), config.get_hostaddrs());
    let ports = config.get_ports();
    let count = names.len().max(addresses.len());
    let one = |at: usize| {
        let mut one = without_hosts(config);
        match names.get(at) {
            Some(Host::Tcp(name)) => {
                one.host(name);
            }
            #[cfg(unix)]
            Some(Host::Unix(path)) => {
                one.host_path(path);
            }
            None => {}
        }
        if let Some(address) = addresses.get(at) {
            one.hostaddr(*address);
        }
        // One port stands for all.
        if let Some(port) = ports.get(at).or(ports.first()) {
            one.port(*port);
        }
        one
    };
    (0..count).map(one).collect()
}

fn without_hosts(config: &Config) -> Config {
    let mut one = Config::new();
    if let Some(user) = config.get_user() {
        one.user(user);
    }
    if let Some(password) = config.get_password() {
        one.password(password);
    }
    if let Some(name) = config.get_dbname() {
        one.dbname(name);
    }
    if let Some(options) = config.get_options() {
        one.options(options);
    }
    if let Some(name) = config.get_application_name() {
        one.application_name(name);
    }
    if let Some(limit) = config.get_connect_timeout() {
        one.connect_timeout(*limit);
    }
    if let Some(limit) = config.get_tcp_user_timeout() {
        one.tcp_user_timeout(*limit);
    }
    if let Some(pause) = config.get_keepalives_interval() {
        one.keepalives_interval(pause);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        one.keepalives_retries(retries);
    }
    one.keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle())
        .ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .target_session_attrs(config.get_target_session_attrs())
        .channel_binding(config.get_channel_binding())
        // A name may have several addresses, of which one that is gone is not always to be the first.
        .load_balance_hosts(LoadBalanceHosts::Random);
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_has_its_port_and_everything_else() {
        let rest = "db?target_session_attrs=read-write&connect_timeout=3&keepalives_idle=7\
                    &options=-c%20a%3Db&application_name=x&sslmode=require&channel_binding=require\
                    &tcp_user_timeout=9&keepalives_retries=2&keepalives_interval=4&keepalives=0\
                    &sslnegotiation=direct";
        let read =
            |hosts: &str| -> Config { format!("postgres://u:p@{hosts}/{rest}").parse().unwrap() };
        let random = |hosts: &str| {
            let mut one = read(hosts);
            one.load_balance_hosts(LoadBalanceHosts::Random);
            one
        };
        let found = each(&read("a:1,b:2,%2Fsocket:3"));
        assert_eq!(found, ["a:1", "b:2", "%2Fsocket:3"].map(random));
        let by_address: Config = "host=a,b hostaddr=::1,127.0.0.1 port=4".parse().unwrap();
        let found = each(&by_address);
        for (one, (name, address)) in found.iter().zip([("a", "::1"), ("b", "127.0.0.1")]) {
            assert_eq!(one.get_hosts(), [Host::Tcp(name.to_owned())]);
            assert_eq!(
                one.get_hostaddrs(),
                [address.parse::<std::net::IpAddr>().unwrap()]
            );
            assert_eq!(one.get_ports(), [4]);
        }
    }
}
