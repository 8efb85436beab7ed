//! What is printed, and where.
//!
//! * Data that was asked for goes to standard output, alone and as it is.
//! * A command that yields no data says one line there: `✓ …`.
//! * Errors, warnings, hints and logs go to standard error, one line each.
//! * A secret is printed by `get`, and nowhere else. A private key is printed by
//!   `setup --output -`, and nowhere else.
//! * Text from a file, a plugin or another program is made harmless first (`one_line`).
//! * A closed pipe is not an error: whoever closed it has had enough.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is where printing happens")]

use std::{
    fs::File,
    io::{self, Write},
};

use anstyle::{AnsiColor, Style};
use dugout_host::{Error, ErrorKind, Result, one_line};
use zeroize::Zeroizing;

const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const DIM: Style = Style::new().dimmed();

/// Says that a command has done its work.
pub(crate) fn success(line: &str) -> Result<()> {
    written(writeln!(anstream::stdout(), "{GREEN}✓{GREEN:#} {}", one_line(line)))
}

/// Writes lines of data.
pub(crate) fn lines<I: AsRef<str>>(lines: impl IntoIterator<Item = I>) -> Result<()> {
    let mut text = String::new();
    for line in lines {
        text.push_str(line.as_ref());
        text.push('\n');
    }
    raw(text.as_bytes())
}

/// Writes bytes of data as they are.
pub(crate) fn raw(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    written(stdout.write_all(bytes).and_then(|()| stdout.flush()))
}

/// Writes a secret and what follows it, past the buffer of standard output, which would keep it.
pub(crate) fn secret(bytes: &[u8], end: &[u8]) -> Result<()> {
    let mut text = Zeroizing::new(Vec::with_capacity(bytes.len() + end.len()));
    text.extend_from_slice(bytes);
    text.extend_from_slice(end);
    written(unbuffered_stdout().and_then(|mut stdout| stdout.write_all(&text)))
}

#[cfg(unix)]
fn unbuffered_stdout() -> io::Result<File> {
    use std::os::fd::AsFd;
    io::stdout().as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(windows)]
fn unbuffered_stdout() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    io::stdout().as_handle().try_clone_to_owned().map(File::from)
}

/// Writes data as JSON.
pub(crate) fn json(value: &serde_json::Value) -> Result<()> {
    lines([format!("{value:#}")])
}

/// Says on standard error what a command is about to do.
pub(crate) fn progress(line: &str) {
    let _nowhere_to_tell = writeln!(anstream::stderr(), "{GREEN}✓{GREEN:#} {}", one_line(line));
}

/// Says what went wrong.
pub(crate) fn error(line: &str) {
    let _nowhere_to_tell = writeln!(anstream::stderr(), "{RED}✗{RED:#} {}", one_line(line));
}

/// Says what the user should know.
pub(crate) fn warn(line: &str) {
    let _nowhere_to_tell = writeln!(anstream::stderr(), "{YELLOW}⚠{YELLOW:#} {}", one_line(line));
}

/// Says what to do about it.
pub(crate) fn hint(line: &str) {
    let _nowhere_to_tell = writeln!(anstream::stderr(), "  {DIM}{line}{DIM:#}");
}

fn written(result: io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(ErrorKind::Io, "cannot write to standard output").with_source(error))
        }
        _ => Ok(()),
    }
}
