//! Starting a program with secrets in its environment.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Host,
    env::IDENTITY_VARIABLES,
    error::{Error, ErrorKind, Result},
    platform,
    vault::{Secret, Vault, check_secret_name, is_dangerous},
};

/// How a program is started.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Names that [`is_dangerous`], and that the user wants to be set all the same.
    pub allow_names: Vec<String>,
    /// The working directory, if not this process's.
    pub directory: Option<PathBuf>,
}

/// A program, found and ready to start with its secrets.
///
/// The vault wins over the environment. The variables that say who the user is are taken out.
#[derive(Debug)]
pub struct RunPlan {
    program: PathBuf,
    command: Vec<OsString>,
    variables: BTreeMap<String, Secret>,
    directory: Option<PathBuf>,
}

impl RunPlan {
    /// Finds the program, then decrypts the vault.
    ///
    /// # Errors
    /// [`ErrorKind::ProgramNotFound`], [`ErrorKind::ProgramNotExecutable`],
    /// [`ErrorKind::DangerousName`] and [`ErrorKind::NotInjectable`], which name the secret, and
    /// those of [`Vault::decrypt_all`].
    pub fn new(
        host: &Host,
        vault: &Vault,
        command: &[OsString],
        options: RunOptions,
    ) -> Result<Self> {
        let Some(name) = command.first() else {
            return Err(Error::new(ErrorKind::ProgramNotFound, "no command was given"));
        };
        // Absolute, since the program is looked for from there and started there.
        let directory = options.directory.as_deref().unwrap_or(Path::new("."));
        let directory =
            std::path::absolute(directory).map_err(|error| Error::io("open", directory, error))?;
        let program = find_program(name, host.environment().path.as_deref(), &directory)?;
        for name in vault.secret_names() {
            // The file may have been written by anybody: a name with a `=` would set another one.
            check_secret_name(name)
                .map_err(|error| Error::new(ErrorKind::NotInjectable, error.to_string()))?;
            if is_dangerous(name) && !options.allow_names.iter().any(|allowed| allowed == name) {
                let line = format!("secret {name} would make programs run other code");
                return Err(Error::new(ErrorKind::DangerousName, line));
            }
        }
        let variables: BTreeMap<String, Secret> = vault.decrypt_all()?.into_iter().collect();
        for (name, secret) in &variables {
            check_injectable(name, secret)?;
        }
        let directory = options.directory.is_some().then_some(directory);
        Ok(Self { program, command: command.to_vec(), variables, directory })
    }

    /// The program that will be started.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// How many secrets it will get.
    pub fn secret_count(&self) -> usize {
        self.variables.len()
    }

    /// Replaces this process by the program; where that is not possible, runs it and waits.
    ///
    /// # Errors
    /// Comes back only if the program could not be started, or, without `exec`, with its exit
    /// status.
    pub fn exec(self) -> Result<i32> {
        let mut command = Command::new(&self.program);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::arg0(&mut command, &self.command[0]);
        command.args(&self.command[1..]);
        for name in IDENTITY_VARIABLES {
            command.env_remove(name);
        }
        for (name, secret) in &self.variables {
            if let Some(value) = platform::variable_value(secret.as_bytes()) {
                command.env(name, value);
            }
        }
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        platform::replace_process(&mut command).map_err(|error| {
            let program = self.program.display();
            match error.kind() {
                io::ErrorKind::ArgumentListTooLong => Error::new(
                    ErrorKind::NotInjectable,
                    format!("{program}: arguments and environment are too large for this system"),
                ),
                io::ErrorKind::NotFound => Error::new(
                    ErrorKind::ProgramNotFound,
                    format!("cannot start {program}: it, or its interpreter, was not found"),
                ),
                _ => Error::new(ErrorKind::ProgramNotExecutable, format!("cannot start {program}"))
                    .with_source(error),
            }
        })
    }
}

impl Host {
    /// The user's shell.
    pub fn shell(&self) -> OsString {
        let default = || platform::default_shell().into_os_string();
        self.environment().shell.clone().unwrap_or_else(default)
    }
}

/// Keeps this process's memory out of core dumps and away from other processes of the same user,
/// where the system can do that.
pub fn protect_memory() {
    platform::protect_memory();
}

fn check_injectable(name: &str, secret: &Secret) -> Result<()> {
    let refuse = |why: &str| {
        let line = format!("secret {name} cannot be an environment variable: {why}");
        Err(Error::new(ErrorKind::NotInjectable, line))
    };
    let bytes = secret.as_bytes();
    if bytes.contains(&0) {
        return refuse("it contains a NUL byte");
    }
    if platform::variable_value(bytes).is_none() {
        return refuse("it is not text");
    }
    if name.len() + 1 + bytes.len() > platform::MAX_VARIABLE_LEN {
        let limit = platform::MAX_VARIABLE_LEN.saturating_sub(name.len() + 1);
        return refuse(&format!("it has {} bytes, and {limit} is the limit", bytes.len()));
    }
    Ok(())
}

/// Looks for a program as a shell does: a name with a separator is a path, any other is looked for
/// on `PATH`.
fn find_program(name: &OsStr, path: Option<&OsStr>, directory: &Path) -> Result<PathBuf> {
    let shown = name.to_string_lossy();
    if let Ok(found) = which::which_in(name, path, directory) {
        return Ok(found);
    }
    let is_path = Path::new(name).components().count() > 1;
    let places: Vec<PathBuf> = match path {
        _ if is_path => vec![directory.join(name)],
        Some(path) => std::env::split_paths(path).map(|folder| folder.join(name)).collect(),
        None => Vec::new(),
    };
    let is_there = places.iter().any(|place| match place.metadata() {
        // A folder on `PATH` that is called like the program is passed over.
        Ok(metadata) => !name.is_empty() && (is_path || metadata.is_file()),
        Err(_) => false,
    });
    Err(if is_there {
        Error::new(ErrorKind::ProgramNotExecutable, format!("{shown} cannot be executed"))
    } else {
        Error::new(ErrorKind::ProgramNotFound, format!("command not found: {shown}"))
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;
    use crate::{Environment, Identity, VaultName};

    #[test]
    fn a_relative_directory_counts_once() {
        // Below the tests' own working directory, so that there is a relative path to it.
        let folder = tempfile::tempdir_in(".").unwrap();
        let program = folder.path().join("program");
        fs::write(&program, "").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let host = Host::new(Environment::default(), None).unwrap();
        let key = Identity::generate().public_key().unwrap().parse().unwrap();
        let vault = host.init(folder.path(), VaultName::default(), "alice", &key).unwrap();

        let directory = PathBuf::from(folder.path().file_name().unwrap());
        let options = RunOptions { directory: Some(directory), ..RunOptions::default() };
        let plan = RunPlan::new(&host, &vault, &["./program".into()], options).unwrap();
        assert!(plan.program().is_absolute(), "{plan:?}");
        assert_eq!(plan.program().canonicalize().unwrap(), program.canonicalize().unwrap());
        assert!(plan.directory.unwrap().is_absolute());
    }
}
