//! Opens the vault of the current directory and reads one secret.

#![allow(clippy::print_stdout, reason = "an example that shows something")]

use dugout_host::{Host, Selection};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).ok_or("usage: embed NAME")?;
    let host = Host::from_env()?;
    let vault = host.open(&std::env::current_dir()?, Selection::Only)?;
    let secret = vault.get(&name)?;
    println!("{name} has {} bytes", secret.as_bytes().len());
    Ok(())
}
