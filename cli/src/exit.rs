//! Exit codes. They are part of what scripts rely on: see the CLI reference in the documentation.

use std::process::ExitCode;

use dugout_host::ErrorKind;

/// Anything that no other code names.
const FAILURE: u8 = 1;
/// The arguments are wrong.
pub(crate) const USAGE: u8 = 2;
/// There is no such vault or secret.
const NOT_FOUND: u8 = 3;
/// None of the identities at hand may read the vault.
const DENIED: u8 = 4;
/// A plugin is missing, was refused or failed.
const PLUGIN: u8 = 5;
/// As in a shell: the program is there, and cannot be executed.
const NOT_EXECUTABLE: u8 = 126;
/// As in a shell: the program is not there.
const COMMAND_NOT_FOUND: u8 = 127;

/// The exit code for an error.
pub(crate) fn code(kind: ErrorKind) -> ExitCode {
    ExitCode::from(number(kind))
}

fn number(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::NoVault | ErrorKind::NoSecret => NOT_FOUND,
        ErrorKind::NoIdentity | ErrorKind::InvalidIdentity | ErrorKind::AccessDenied => DENIED,
        ErrorKind::NoPlugin | ErrorKind::PluginRefused | ErrorKind::PluginFailed => PLUGIN,
        ErrorKind::ProgramNotExecutable => NOT_EXECUTABLE,
        ErrorKind::ProgramNotFound => COMMAND_NOT_FOUND,
        _ => FAILURE,
    }
}
