//! A cluster of three Redis masters, with or without a replica of each.

use super::redis::RedisServer;
use crate::port::Port;

/// What every key's slot is one of, for three masters.
const SLOTS: [(&str, &str); 3] = [("0", "5460"), ("5461", "10922"), ("10923", "16383")];

/// Three masters, and perhaps three replicas.
#[derive(Debug)]
pub struct RedisCluster {
    /// The masters, each with a third of the slots.
    pub masters: Vec<RedisServer>,
    /// The replica of each, if there are any.
    pub replicas: Vec<RedisServer>,
    /// The ports by which they talk to each other.
    _buses: Vec<Port>,
}

impl RedisCluster {
    /// Starts three masters.
    #[must_use]
    pub fn start() -> Self {
        Self::with_replicas(false)
    }

    /// Starts three masters, and one replica of each that takes its place when it is gone for three seconds.
    #[must_use]
    pub fn replicated() -> Self {
        Self::with_replicas(true)
    }

    fn with_replicas(replicated: bool) -> Self {
        let mut buses = Vec::new();
        let mut nodes: Vec<_> = (0..if replicated { 6 } else { 3 })
            .map(|_| {
                let bus = Port::claim();
                let number = bus.address().port().to_string();
                buses.push(bus);
                RedisServer::start_with(&[
                    "--cluster-enabled",
                    "yes",
                    "--cluster-port",
                    &number,
                    "--cluster-node-timeout",
                    "3000",
                    "--cluster-replica-validity-factor",
                    "0",
                ])
            })
            .collect();
        for (node, (first, last)) in nodes.iter().zip(SLOTS) {
            node.cli(&["CLUSTER", "ADDSLOTSRANGE", first, last]);
        }
        for (number, node) in nodes.iter().enumerate() {
            // Without numbers of their own, they quarrel about who has what for a while.
            node.cli(&["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()]);
        }
        if let Some((first, others)) = nodes.split_first() {
            for (node, bus) in others.iter().zip(buses.iter().skip(1)) {
                let port = node.port().address().port().to_string();
                let bus = bus.address().port().to_string();
                first.cli(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]);
            }
        }
        let all = format!("cluster_known_nodes:{}", nodes.len());
        for node in &nodes {
            node.until(&["CLUSTER", "INFO"], |info| {
                info.contains("cluster_state:ok") && info.lines().any(|line| line == all)
            });
        }
        let replicas = nodes.split_off(3);
        for (replica, master) in replicas.iter().zip(&nodes) {
            let id = master.cli(&["CLUSTER", "MYID"]);
            replica.until(&["CLUSTER", "REPLICATE", &id], |answer| answer == "OK");
        }
        for replica in &replicas {
            replica.until(&["INFO", "replication"], |answer| {
                answer.contains("master_link_status:up")
            });
        }
        let cluster = Self {
            masters: nodes,
            replicas,
            _buses: buses,
        };
        for (master, replica) in cluster.masters.iter().zip(&cluster.replicas) {
            // Everybody has heard of it: otherwise nobody votes for it.
            let id = replica.cli(&["CLUSTER", "MYID"]);
            for node in &cluster.masters {
                node.until(&["CLUSTER", "NODES"], |nodes| {
                    nodes
                        .lines()
                        .any(|line| line.contains(&id) && line.contains("slave"))
                });
            }
            master.until(&["INFO", "replication"], |answer| {
                answer.contains("connected_slaves:1")
            });
        }
        cluster
    }

    /// The address of its masters.
    #[must_use]
    pub fn url(&self) -> String {
        let hosts = self
            .masters
            .iter()
            .map(|node| node.port().address().to_string());
        format!("redis-cluster://{}", hosts.collect::<Vec<_>>().join(","))
    }

    /// Keys that match a pattern, on any master.
    #[must_use]
    pub fn keys(&self, pattern: &str) -> Vec<String> {
        self.masters
            .iter()
            .flat_map(|node| node.keys(pattern))
            .collect()
    }
}
