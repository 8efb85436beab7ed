use std::{ffi::OsString, process::ExitCode};

use clap::Args;
use dugout_host::{
    Candidate, Detected, Error, ErrorKind, Result, RunOptions, RunPlan, Selection, one_line,
};
use serde_json::json;

use super::{Context, run::start, working_directory};
use crate::output;

/// Recognise the project, and start it with the secrets in its environment
#[derive(Args)]
#[group(skip)]
#[command(group = clap::ArgGroup::new("look").args(["explain", "print"]))]
pub(super) struct DotArgs {
    /// Say what was recognised, how surely and why, and start nothing
    #[arg(long)]
    explain: bool,

    /// Print the command, and start nothing
    #[arg(long)]
    print: bool,

    /// With --explain or --print: as JSON
    #[arg(long, requires = "look")]
    json: bool,

    /// Only this kind of project, as in `node`
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,

    /// Hand over this secret although its name makes programs run other code
    #[arg(long, value_name = "NAME")]
    allow_name: Vec<String>,

    /// More arguments for the command
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

pub(super) fn cmd_dot(context: &Context<'_>, args: &DotArgs) -> Result<ExitCode> {
    let host = context.host()?;
    if args.explain {
        let detected = host.detect(&working_directory()?, args.kind.as_deref())?;
        return explain(&detected, args.json);
    }
    if args.print {
        let detected = host.detect(&working_directory()?, args.kind.as_deref())?;
        return print(detected.winner()?, args);
    }

    let vault = context.vault_or(&host, Selection::PreferDefault)?;
    vault.reader()?;
    let detected = host.detect(&working_directory()?, args.kind.as_deref())?;
    let winner = detected.winner()?;
    for failure in &detected.failures {
        output::warn(&failure.reason);
    }
    let options =
        RunOptions { allow_names: args.allow_name.clone(), directory: Some(detected.root.clone()) };
    let plan = RunPlan::new(&host, &vault, &command(winner, args), options)
        .map_err(|error| with_install_hint(error, winner))?;
    output::progress(&format!(
        "{} project, {} → {}",
        winner.kind,
        count(plan.secret_count()),
        one_line(&winner.command.join(" "))
    ));
    start(plan)
}

fn count(secrets: usize) -> String {
    if secrets == 1 { "1 secret".to_owned() } else { format!("{secrets} secrets") }
}

fn command(winner: &Candidate, args: &DotArgs) -> Vec<OsString> {
    let mut command: Vec<OsString> = winner.command.iter().map(OsString::from).collect();
    command.extend(args.arguments.iter().cloned());
    command
}

fn with_install_hint(error: Error, winner: &Candidate) -> Error {
    match (&winner.install_hint, error.kind()) {
        (Some(hint), ErrorKind::ProgramNotFound) => {
            Error::new(error.kind(), format!("{error} (usually installed by: {hint})"))
        }
        _ => error,
    }
}

fn print(winner: &Candidate, args: &DotArgs) -> Result<ExitCode> {
    let command = command(winner, args);
    let words: Vec<String> =
        command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    if args.json {
        output::json(&json!(words))?;
    } else {
        // As a shell would take it, for whoever pastes it there.
        output::lines([one_line(&shell_words::join(&words))])?;
    }
    Ok(ExitCode::SUCCESS)
}

fn explain(detected: &Detected, as_json: bool) -> Result<ExitCode> {
    let winner = detected.winner();
    if as_json {
        let winner = winner.as_ref().ok().map(|winner| winner.plugin.as_str());
        output::json(&json!({
            "root": detected.root.to_string_lossy(),
            "candidates": detected.candidates,
            "failures": detected.failures,
            "winner": winner,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut lines = vec![format!("project: {}", one_line(&detected.root.to_string_lossy()))];
    for candidate in &detected.candidates {
        let command = one_line(&candidate.command.join(" "));
        lines.push(format!(
            "{}: {command} (confidence {}, priority {}, {})",
            candidate.kind, candidate.confidence, candidate.priority, candidate.plugin
        ));
        lines.extend(candidate.evidence.iter().map(|evidence| format!("  {evidence}")));
    }
    for failure in &detected.failures {
        lines.push(format!("no answer: {}", failure.reason));
    }
    if let Ok(winner) = &winner {
        lines.push(format!("winner: {}", winner.plugin));
    }
    output::lines(lines)?;
    winner.map(|_| ExitCode::SUCCESS)
}
