//! `cargo xtask interop PROGRAM…`: what dugout writes is opened by stock age programs, and the
//! other way round. Each program is one that takes the arguments of `age` (`age`, `rage`).

use std::{
    ffi::OsString,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::{Result, artifacts};

const VALUES: [(&str, &[u8]); 4] = [
    ("TEXT", b"postgres://user:pa$$w0rd@host/db"),
    ("LINES", b"one\ntwo\n"),
    ("BYTES", b"\x00\xff\x80"),
    ("LARGE", &[b'x'; 100_000]),
];

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The programs to try, by name or path
    #[arg(required = true)]
    programs: Vec<OsString>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let built = artifacts::build(&[])?;
    let scratch = tempfile::tempdir().map_err(|error| format!("no scratch folder: {error}"))?;
    let scratch = scratch.path();
    let dugout = |arguments: &[&str]| {
        let mut command = Command::new(&built.program);
        command.args(arguments).current_dir(scratch).env_clear().env("HOME", scratch);
        output(&mut command)
    };
    dugout(&["init", "--name", "alice"])?;
    let public = dugout(&["whoami"])?;
    let public = String::from_utf8_lossy(&public).trim().to_owned();
    let identity = scratch.join(".dugout/identity");

    for program in &args.programs {
        let shown = program.to_string_lossy();
        for (name, value) in VALUES {
            let file = scratch.join("value");
            write(&file, value)?;
            dugout(&["set", name, "--file", "value", "--force"])?;
            let armor = scratch.join("armor");
            write(&armor, stored(scratch, name)?.as_bytes())?;
            let opened =
                output(Command::new(program).arg("-d").arg("-i").arg(&identity).arg(&armor))?;
            if opened != value {
                return Err(format!("{shown} read another value of {name} than was set"));
            }

            let sealed = output(Command::new(program).args(["-a", "-r", &public]).arg(&file))?;
            let sealed = String::from_utf8_lossy(&sealed).into_owned();
            replace(scratch, &stored(scratch, name)?, &sealed)?;
            if dugout(&["get", name, "--raw"])? != value {
                return Err(format!("dugout read another value of {name} than {shown} wrote"));
            }
        }
        println!("{shown} and dugout read each other's {} values", VALUES.len());
    }
    Ok(())
}

fn vault(scratch: &Path) -> Result<String> {
    let read = fs::read_to_string(scratch.join(".dugout.toml"));
    read.map_err(|error| format!("cannot read the vault: {error}"))
}

/// The armor that the vault holds for a name.
fn stored(scratch: &Path, name: &str) -> Result<String> {
    let text = vault(scratch)?;
    let entry = text.split_once(&format!("\n{name} = \"\"\"\n"));
    let armor = entry.and_then(|(_, rest)| rest.split_once("\"\"\""));
    armor.map(|(armor, _)| armor.to_owned()).ok_or_else(|| format!("the vault has no {name}"))
}

fn replace(scratch: &Path, old: &str, new: &str) -> Result<()> {
    write(&scratch.join(".dugout.toml"), vault(scratch)?.replace(old, new).as_bytes())
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    fs::write(path, content).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// What a program that needs no input writes.
fn output(command: &mut Command) -> Result<Vec<u8>> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{shown}: {error}"))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("{shown} failed ({})", output.status))
    }
}
