//! What to do about an error: one line each, in this place alone.

use dugout_host::ErrorKind;

/// The advice for an error, if there is any that its own line does not give.
pub(crate) fn for_kind(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::NoVault => "to start one here: dugout init",
        ErrorKind::SeveralVaults => "choose one: dugout --vault NAME …, or set DUGOUT_VAULT=NAME",
        ErrorKind::VaultExists => {
            "to use it: dugout list; to start another: dugout init --vault NAME"
        }
        ErrorKind::MalformedVault => "mend the file, or take its last version from git",
        ErrorKind::ForeignVault => {
            "if you trust it: add its folder to safe_directories in ~/.dugout/config.toml, or set \
             DUGOUT_SAFE_DIRECTORY"
        }
        ErrorKind::Locked => "try again when it is done",
        ErrorKind::NoRecipients => "add at least one member's public key to [recipients]",
        ErrorKind::InvalidRecipient => {
            "mend [recipients]; programs of age plugins are allowed by name in \
             ~/.dugout/config.toml: [age] plugins = [\"NAME\"]"
        }
        ErrorKind::NoSecret => "to see what there is: dugout list",
        ErrorKind::SecretExists => "to replace it: --force",
        ErrorKind::InvalidName => "use letters, digits and _, as in DATABASE_URL",
        ErrorKind::InvalidLabel => {
            "use up to 64 of A-Z a-z 0-9 . _ - (members also @); your own name: init --name NAME"
        }
        ErrorKind::DangerousName => "if you mean it: --allow-name NAME",
        ErrorKind::InvalidValue => {
            "to store an empty value: --allow-empty; a large file belongs elsewhere, encrypted \
             with a key that is stored here"
        }
        ErrorKind::NotInjectable => "to read it by itself: dugout get NAME",
        ErrorKind::NoIdentity => "to make one: dugout setup; on a CI machine, set DUGOUT_IDENTITY",
        ErrorKind::AccessDenied => {
            "give a member your public key, and ask to be added: dugout whoami"
        }
        ErrorKind::Damaged => "take an older version of the vault from git, or set the value anew",
        ErrorKind::NoPlugin => "to see what is installed: dugout plugin list",
        ErrorKind::PluginRefused => {
            "if the library is right, install it again: dugout plugin install FILE"
        }
        ErrorKind::NoProject => "name the command: dugout run -- COMMAND",
        ErrorKind::AmbiguousProject => {
            "choose one: dugout . --kind KIND; to see why: dugout . --explain"
        }
        ErrorKind::ProgramNotFound => "install it, or name another: dugout run -- COMMAND",
        ErrorKind::ProgramNotExecutable => "to make a script executable: chmod +x FILE",
        ErrorKind::InvalidSettings => "mend it; what it may be is in the documentation",
        _ => return None,
    })
}
