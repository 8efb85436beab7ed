use std::{
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use clap::Args;
use dugout_host::{Described, Error, ErrorKind, Result, Status};
use serde_json::{Value, json};

use super::{Context, own_folder};
use crate::output;

/// How long a library may take to be loaded for the first time.
const FIRST_LOAD_LIMIT: Duration = Duration::from_secs(10);

/// Install libraries: each is checked, loaded once in a process of its own, and listed in the index
#[derive(Args)]
pub(super) struct InstallArgs {
    /// The libraries (.so, .dylib or .dll)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The folder to install to (default: ~/.dugout/plugins)
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,

    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn cmd_install(context: &Context<'_>, args: &InstallArgs) -> Result<ExitCode> {
    let host = context.host()?;
    let folder = match &args.to {
        Some(folder) => folder.clone(),
        None => own_folder(&host)?,
    };
    let mut installed: Vec<Value> = Vec::new();
    for file in &args.files {
        let described = dugout_host::install(file, &folder, describe_in_child)?;
        if args.json {
            installed.push(json!(described));
        } else {
            output::success(&format!(
                "installed {} {} in {}",
                described.id,
                described.version,
                folder.display()
            ))?;
        }
    }
    if args.json {
        output::json(&json!({ "installed": installed, "folder": folder.to_string_lossy() }))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Remove an installed plugin
#[derive(Args)]
pub(super) struct RemoveArgs {
    /// The plugin's id
    id: String,

    /// The folder to remove it from (default: ~/.dugout/plugins)
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,

    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn cmd_remove(context: &Context<'_>, args: &RemoveArgs) -> Result<ExitCode> {
    let host = context.host()?;
    let folder = match &args.from {
        Some(folder) => folder.clone(),
        None => own_folder(&host)?,
    };
    dugout_host::remove(&args.id, &folder)?;
    if args.json {
        output::json(&json!({ "removed": args.id, "folder": folder.to_string_lossy() }))?;
    } else {
        output::success(&format!("removed {} from {}", args.id, folder.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Check installed plugins without loading them: owner, mode, digest, form and interface
#[derive(Args)]
pub(super) struct VerifyArgs {
    /// The plugins' ids (default: all)
    ids: Vec<String>,

    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn cmd_verify(context: &Context<'_>, args: &VerifyArgs) -> Result<ExitCode> {
    let host = context.host()?;
    let registry = host.registry();
    for id in &args.ids {
        registry.find_any(id)?;
    }
    let records = registry.records().iter();
    let chosen =
        records.filter(|record| args.ids.is_empty() || args.ids.iter().any(|id| id == record.id()));
    let mut first_failure = None;
    let mut results: Vec<Value> = Vec::new();
    for record in chosen {
        let status = record.inspect();
        if args.json {
            let mut result = json!(status);
            result["id"] = json!(record.id());
            results.push(result);
        }
        match dugout_host::verify(record) {
            Ok(()) if !args.json && status == Status::Ready => {
                output::success(&format!("{} {}", record.id(), record.version()))?;
            }
            Ok(()) => {}
            Err(error) => {
                if let Some(earlier) = first_failure.replace(error) {
                    output::error(&earlier.to_string());
                }
            }
        }
    }
    let problems = registry.folders().iter().filter_map(|folder| folder.problem.as_ref());
    for problem in problems {
        let error = Error::new(ErrorKind::PluginRefused, problem.clone());
        first_failure = first_failure.or(Some(error));
    }
    if args.json {
        output::json(&json!({ "plugins": results }))?;
    }
    first_failure.map_or(Ok(ExitCode::SUCCESS), Err)
}

/// Load a library into this process and print what it says of itself, as JSON
#[derive(Args)]
#[command(hide = true)]
pub(super) struct DescribeArgs {
    file: PathBuf,
}

pub(super) fn cmd_describe(args: &DescribeArgs) -> Result<ExitCode> {
    let answer = match dugout_host::describe(&args.file) {
        Ok(described) => json!({ "described": described }),
        Err(error) => json!({ "refused": error.to_string() }),
    };
    // On a line of its own: the library may have printed something.
    output::lines(["", &answer.to_string()])?;
    Ok(ExitCode::SUCCESS)
}

/// Loads a library in a child process, so that one that crashes or hangs takes nothing with it.
fn describe_in_child(file: &Path) -> Result<Described> {
    let shown = file.display();
    let refused = |what: String| {
        Error::new(ErrorKind::PluginRefused, format!("plugin {shown} refused: {what}"))
    };
    let start = || -> std::io::Result<Child> {
        Command::new(std::env::current_exe()?)
            .args(["plugin", "describe"])
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
    };
    let mut child = start().map_err(|error| refused(format!("cannot be tried: {error}")))?;
    let stdout = child.stdout.take();
    let (answer, answered) = mpsc::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(stdout) = stdout {
            let _partial_is_an_answer_too = stdout.take(1024 * 1024).read_to_end(&mut text);
        }
        let _nobody_waits_any_more = answer.send(text);
    });
    let deadline = Instant::now() + FIRST_LOAD_LIMIT;
    let Some(status) = wait(&mut child, deadline) else {
        return Err(refused(format!(
            "it did not load within {} seconds",
            FIRST_LOAD_LIMIT.as_secs()
        )));
    };
    // A process that the library has left behind may keep the pipe open.
    let text = answered.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
    if !status.success() {
        return Err(refused(format!("it crashed while it was loaded ({status})")));
    }
    let text = String::from_utf8_lossy(&text);
    let answer: Value = text
        .lines()
        .next_back()
        .and_then(|line| serde_json::from_str(line).ok())
        .ok_or_else(|| refused("it gave no answer".to_owned()))?;
    if let Some(line) = answer["refused"].as_str() {
        return Err(Error::new(ErrorKind::PluginRefused, line));
    }
    serde_json::from_value(answer["described"].clone())
        .map_err(|error| refused(format!("its answer is malformed: {error}")))
}

/// Waits up to the deadline; a child that takes longer is killed.
fn wait(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    while Instant::now() < deadline {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) => thread::sleep(Duration::from_millis(2)),
            Err(_) => break,
        }
    }
    let _it_may_be_gone = child.kill();
    let _it_may_be_gone = child.wait();
    None
}
