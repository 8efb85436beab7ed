//! Asking the user.

use std::io::{self, IsTerminal, Write};

use dugout_host::{Error, ErrorKind, Interaction, Result};
use zeroize::Zeroizing;

/// The terminal, as age identities see it.
pub(crate) struct Terminal;

impl Interaction for Terminal {
    fn message(&self, message: &str) {
        crate::output::warn(&dugout_host::one_line(message));
    }

    fn secret(&self, description: &str) -> Option<Zeroizing<String>> {
        ask_hidden(description).ok()
    }

    fn input(&self, description: &str) -> Option<String> {
        ask(&format!("{}: ", dugout_host::one_line(description)))
    }

    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        let question = match no {
            Some(no) => format!("{message} [{yes}/{no}] "),
            None => format!("{message} [{yes}] "),
        };
        let answer = ask(&dugout_host::one_line(&question))?;
        Some(answer.eq_ignore_ascii_case(yes) || (no.is_none() && answer.is_empty()))
    }
}

/// Whether there is somebody to ask.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a line without showing it.
pub(crate) fn ask_hidden(description: &str) -> Result<Zeroizing<String>> {
    let prompt = format!("{}: ", dugout_host::one_line(description));
    rpassword::prompt_password(prompt)
        .map(Zeroizing::new)
        .map_err(|error| Error::new(ErrorKind::Io, "cannot ask on the terminal").with_source(error))
}

/// Asks a question whose answer is no unless it is yes.
pub(crate) fn agrees(question: &str) -> bool {
    let answer = ask(&format!("{question} [y/N] ")).unwrap_or_default();
    matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes")
}

fn ask(prompt: &str) -> Option<String> {
    if !is_interactive() {
        return None;
    }
    let mut stderr = io::stderr().lock();
    stderr.write_all(prompt.as_bytes()).ok()?;
    stderr.flush().ok()?;
    let mut line = String::new();
    io::stdin().read_line(&mut line).ok()?;
    Some(line.trim().to_owned())
}
