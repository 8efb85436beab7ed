//! A user with an empty home, in a repository of their own.

// `pre_exec` is the way to leave the terminal.
#![allow(unsafe_code)]

use std::{
    ffi::OsStr,
    fs::{self, DirBuilder},
    io::Write,
    os::unix::{
        fs::{DirBuilderExt, PermissionsExt},
        process::{CommandExt, ExitStatusExt},
    },
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

use crate::Artifacts;

/// A scratch home and a scratch repository.
#[derive(Debug)]
pub struct Sandbox {
    folder: tempfile::TempDir,
}

/// What a program did.
#[derive(Debug)]
pub struct Run {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Sandbox {
    /// An empty home, and a folder that git would call a repository.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("dugout-test-").tempdir().expect("tempdir");
        let sandbox = Self { folder };
        // Whatever the mask of this process is: libraries in folders of a group are refused.
        for folder in [sandbox.home(), sandbox.repository(), sandbox.repository().join(".git")] {
            DirBuilder::new().mode(0o755).create(folder).expect("a folder");
        }
        sandbox
    }

    /// The same, with an identity and a vault.
    pub fn with_vault() -> Self {
        let sandbox = Self::new();
        sandbox.dugout(["init", "--name", "alice"]).succeeds();
        sandbox
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn home(&self) -> PathBuf {
        self.path().join("home")
    }

    pub fn repository(&self) -> PathBuf {
        self.path().join("repository")
    }

    pub fn vault(&self) -> PathBuf {
        self.repository().join(".dugout.toml")
    }

    pub fn vault_text(&self) -> String {
        fs::read_to_string(self.vault()).expect("a vault")
    }

    /// The folder of the user's plugins.
    pub fn plugins(&self) -> PathBuf {
        self.home().join(".dugout/plugins")
    }

    /// A plugin's library, by its crate's name: a copy that belongs to this user, in a folder that
    /// nobody else can write.
    pub fn library(&self, crate_name: &str) -> PathBuf {
        self.own_copy(&Artifacts::get().library(crate_name))
    }

    /// A copy of a library, as [`library`](Self::library) makes it.
    pub fn own_copy(&self, library: &Path) -> PathBuf {
        let folder = self.path().join("libraries");
        DirBuilder::new().recursive(true).mode(0o755).create(&folder).expect("a folder");
        let copy = folder.join(library.file_name().expect("a name"));
        fs::copy(library, &copy).expect("a copy");
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).expect("a mode");
        copy
    }

    /// Writes a file of the repository.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.repository().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folder");
        fs::write(path, content).expect("file");
    }

    /// `dugout` with arguments, in the repository, with nothing in its environment but `PATH` and
    /// the scratch home.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(Artifacts::get().program("dugout"));
        command
            .args(arguments)
            .current_dir(self.repository())
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null());
        // Without a terminal, even when the tests have one: nobody is there to be asked.
        // SAFETY: a plain system call, fine between fork and exec.
        unsafe {
            command.pre_exec(|| {
                libc::setsid();
                Ok(())
            });
        }
        command
    }

    /// Runs `dugout`.
    pub fn dugout<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        run(&mut self.command(arguments))
    }

    /// Runs `dugout` with something on its standard input.
    pub fn dugout_with_input<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        input: &[u8],
    ) -> Run {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("dugout starts");
        // It may end without reading all of it.
        let _closed = child.stdin.take().expect("piped").write_all(input);
        Run::from(child.wait_with_output().expect("dugout ends"))
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Run {
    Run::from(command.output().expect("the program starts"))
}

impl From<std::process::Output> for Run {
    fn from(output: std::process::Output) -> Self {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Self { status: output.status, stdout: output.stdout, stderr }
    }
}

impl Run {
    /// Asserts success, and gives what was on standard output.
    #[track_caller]
    pub fn succeeds(self) -> String {
        assert!(self.status.success(), "{self:?}");
        String::from_utf8(self.stdout).expect("text")
    }

    /// Asserts an exit code, that standard output is empty, and that the error is one line (a hint
    /// may follow, indented). Gives that line.
    #[track_caller]
    pub fn fails(&self, code: i32) -> &str {
        assert_eq!(self.status.code(), Some(code), "{self:?}");
        assert!(self.stdout.is_empty(), "{self:?}");
        assert!(!self.stderr.contains("internal error"), "{self:?}");
        let mut lines = self.stderr.lines();
        let error = lines.next().and_then(|line| line.strip_prefix("✗ "));
        let error = error.unwrap_or_else(|| panic!("no error line: {self:?}"));
        assert!(lines.all(|line| line.starts_with("  ")), "more than a line and hints: {self:?}");
        error
    }

    /// The signal that ended the program.
    pub fn signal(&self) -> Option<i32> {
        self.status.signal()
    }
}
