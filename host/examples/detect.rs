//! Asks the plugins of a folder what a project is: `detect PLUGIN_FOLDER PROJECT`.

#![allow(clippy::print_stdout, reason = "an example that shows something")]

use std::path::PathBuf;

use dugout_host::{Environment, Host};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let plugins = arguments.next().ok_or("usage: detect PLUGIN_FOLDER PROJECT")?;
    let project = arguments.next().ok_or("usage: detect PLUGIN_FOLDER PROJECT")?;
    let environment = Environment { plugin_dirs: vec![plugins], ..Environment::default() };
    let detected = Host::new(environment, None)?.detect(&project, None)?;
    let winner = detected.winner()?;
    println!("{}: {}", winner.kind, winner.command.join(" "));
    Ok(())
}
