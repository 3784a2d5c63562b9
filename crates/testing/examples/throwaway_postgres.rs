//! A PostgreSQL for a whole run of tests: prints its address and stops it when its standard input ends.
//! `cargo xtask test` starts it once, so that not every test has to start its own.
#![expect(clippy::print_stdout, reason = "the address is what it is for")]

use std::io::Read as _;

use symbolon_testing::PostgresCluster;

fn main() -> std::io::Result<()> {
    let cluster = PostgresCluster::start();
    println!("{}", cluster.address());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    drop(cluster);
    Ok(())
}
