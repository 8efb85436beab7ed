//! Where a secret's value comes from, and how storing it may be forced.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read},
    path::Path,
};

use clap::Args;
use dugout_host::{Error, ErrorKind, Result, SetOptions};
use zeroize::Zeroizing;

/// More than any value may have; what is larger is not read to its end.
const MAX_LEN: u64 = 1024 * 1024;

/// A value's bytes.
pub(super) type Value = Zeroizing<Vec<u8>>;

/// What `add` and `set` would refuse, unless told otherwise.
#[derive(Args)]
pub(super) struct StoreArgs {
    /// Replace an existing secret
    #[arg(short, long)]
    pub(super) force: bool,

    /// Store an empty value
    #[arg(long)]
    allow_empty: bool,

    /// Store it although a variable of this name makes programs run other code
    #[arg(long, value_name = "NAME")]
    allow_name: Vec<String>,
}

impl StoreArgs {
    pub(super) fn options(&self, key: &str) -> SetOptions {
        SetOptions {
            replace: self.force,
            allow_empty: self.allow_empty,
            allow_dangerous_name: self.allow_name.iter().any(|name| name == key),
        }
    }
}

/// All of standard input. One line loses the line feed that `echo` puts at its end; anything else
/// is taken as it is.
pub(super) fn from_stdin() -> Result<Value> {
    let mut value = read(&mut io::stdin().lock(), "standard input")?;
    let is_one_line = value.iter().filter(|byte| **byte == b'\n').count() == 1;
    if is_one_line && value.ends_with(b"\n") {
        value.pop();
        if value.ends_with(b"\r") {
            value.pop();
        }
    }
    Ok(value)
}

/// A file, as it is.
pub(super) fn from_file(path: &Path) -> Result<Value> {
    let shown = path.display().to_string();
    let mut file = File::open(path).map_err(|error| cannot_read(&shown, error))?;
    read(&mut file, &shown)
}

/// An argument.
pub(super) fn from_argument(argument: &OsStr) -> Value {
    Zeroizing::new(argument.as_encoded_bytes().to_vec())
}

fn read(input: &mut impl Read, shown: &str) -> Result<Value> {
    let mut value = Zeroizing::new(Vec::new());
    input.take(MAX_LEN + 1).read_to_end(&mut value).map_err(|error| cannot_read(shown, error))?;
    if value.len() as u64 > MAX_LEN {
        let line = format!("{shown} has more than 1 MiB, which no value can have");
        return Err(Error::new(ErrorKind::InvalidValue, line));
    }
    Ok(value)
}

fn cannot_read(shown: &str, error: io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot read {shown}")).with_source(error)
}
