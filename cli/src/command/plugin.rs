use std::process::ExitCode;

use clap::{Args, Subcommand};
use dugout_host::{Origin, PluginRecord, Provides, Registry, Result, Status};
use serde_json::{Value, json};

use super::Context;
use crate::output;

#[cfg(feature = "dynamic")]
mod install;

/// See, install and remove plugins: ciphers for key services, detectors for kinds of projects
#[derive(Args)]
pub(super) struct PluginArgs {
    #[command(subcommand)]
    command: PluginCommand,
}

#[derive(Subcommand)]
enum PluginCommand {
    List(ListArgs),
    Info(InfoArgs),
    #[cfg(feature = "dynamic")]
    Install(install::InstallArgs),
    #[cfg(feature = "dynamic")]
    Remove(install::RemoveArgs),
    #[cfg(feature = "dynamic")]
    Verify(install::VerifyArgs),
    #[cfg(feature = "dynamic")]
    Describe(install::DescribeArgs),
}

pub(super) fn cmd_plugin(context: &Context<'_>, args: &PluginArgs) -> Result<ExitCode> {
    match &args.command {
        PluginCommand::List(args) => cmd_list(context, args),
        PluginCommand::Info(args) => cmd_info(context, args),
        #[cfg(feature = "dynamic")]
        PluginCommand::Install(args) => install::cmd_install(context, args),
        #[cfg(feature = "dynamic")]
        PluginCommand::Remove(args) => install::cmd_remove(context, args),
        #[cfg(feature = "dynamic")]
        PluginCommand::Verify(args) => install::cmd_verify(context, args),
        #[cfg(feature = "dynamic")]
        PluginCommand::Describe(args) => install::cmd_describe(args),
    }
}

/// List the plugins: id, version, kind, where from, and whether it is used
#[derive(Args)]
struct ListArgs {
    /// As JSON
    #[arg(long)]
    json: bool,
}

fn cmd_list(context: &Context<'_>, args: &ListArgs) -> Result<ExitCode> {
    let host = context.host()?;
    let registry: &Registry = host.registry();
    if args.json {
        let plugins: Vec<Value> = registry.records().iter().map(as_json).collect();
        let folders: Vec<Value> = registry
            .folders()
            .iter()
            .map(|folder| json!({ "path": folder.path.to_string_lossy(), "problem": folder.problem }))
            .collect();
        output::json(&json!({ "plugins": plugins, "folders": folders }))?;
    } else if registry.records().is_empty() {
        output::warn("no plugins are installed");
    } else {
        let rows: Vec<[String; 5]> = registry.records().iter().map(row).collect();
        output::lines(aligned(&rows))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Show all that is known of a plugin
#[derive(Args)]
struct InfoArgs {
    /// The plugin's id
    id: String,

    /// As JSON
    #[arg(long)]
    json: bool,
}

fn cmd_info(context: &Context<'_>, args: &InfoArgs) -> Result<ExitCode> {
    let host = context.host()?;
    let record = host.registry().find_any(&args.id)?;
    if args.json {
        output::json(&as_json(record))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut lines = vec![
        format!("id: {}", record.id()),
        format!("version: {}", record.version()),
        format!("interface: {}", record.api_version()),
        format!("summary: {}", dugout_host::one_line(record.summary())),
        format!("origin: {}", origin(record)),
        format!("status: {}", status(record)),
        format!("kind: {}", record.provides().kind()),
    ];
    match record.provides() {
        Provides::Cipher { provider, key_patterns, plaintext_limit, max_calls_in_flight } => {
            lines.push(format!("provider: {provider}"));
            lines.push(format!("keys: {}", key_patterns.join(" ")));
            lines.push(format!("plaintext limit: {plaintext_limit} bytes"));
            lines.push(format!("calls in flight: {max_calls_in_flight}"));
        }
        Provides::Detector { project_kind, markers, priority } => {
            lines.push(format!("project kind: {project_kind}"));
            lines.push(format!("markers: {}", markers.join(" ")));
            lines.push(format!("priority: {priority}"));
        }
        _ => {}
    }
    output::lines(lines.iter().map(|line| dugout_host::one_line(line)))?;
    Ok(ExitCode::SUCCESS)
}

fn row(record: &PluginRecord) -> [String; 5] {
    [
        record.id().to_owned(),
        record.version().to_owned(),
        record.provides().kind().to_owned(),
        origin(record),
        status(record),
    ]
}

fn origin(record: &PluginRecord) -> String {
    match record.origin() {
        Origin::Linked => "linked".to_owned(),
        Origin::Installed { file } => file.display().to_string(),
        _ => "unknown".to_owned(),
    }
}

fn status(record: &PluginRecord) -> String {
    match record.inspect() {
        Status::Ready => "ready".to_owned(),
        Status::Shadowed { by } => format!("shadowed by {by}"),
        Status::Broken { reason } => format!("broken: {reason}"),
        _ => "unknown".to_owned(),
    }
}

fn as_json(record: &PluginRecord) -> Value {
    let mut object = serde_json::Map::new();
    object.insert("id".into(), json!(record.id()));
    object.insert("version".into(), json!(record.version()));
    object.insert("api".into(), json!(record.api_version()));
    object.insert("summary".into(), json!(record.summary()));
    for part in [json!(record.provides()), json!(record.origin()), json!(record.inspect())] {
        if let Value::Object(part) = part {
            object.extend(part);
        }
    }
    Value::Object(object)
}

/// Columns of equal width; the last one is as long as it is.
fn aligned<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..N - 1).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &[String; N]| {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:width$}  "));
        }
        line.push_str(&row[N - 1]);
        dugout_host::one_line(&line)
    };
    rows.iter().map(line).collect()
}

/// The user's own folder of plugins.
#[cfg(feature = "dynamic")]
fn own_folder(host: &dugout_host::Host) -> Result<std::path::PathBuf> {
    use dugout_host::{Error, ErrorKind};
    let home = host.environment().dugout_home.as_ref();
    home.map(|home| home.join("plugins")).ok_or_else(|| {
        Error::new(ErrorKind::Io, "no home directory to install plugins in; name one with --to")
    })
}
