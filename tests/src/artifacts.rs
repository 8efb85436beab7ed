//! The program and the plugins as they are built from this workspace, by cargo itself, so that no
//! test ever runs a stale one.

use std::{
    env::consts::{DLL_PREFIX, DLL_SUFFIX, EXE_SUFFIX},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde_json::Value;

/// Where the built files are, as cargo tells it.
#[derive(Debug)]
pub struct Artifacts {
    files: Vec<PathBuf>,
}

impl Artifacts {
    /// Builds the program and all plugins, once a process; cargo does nothing if they are fresh.
    pub fn get() -> &'static Self {
        static ARTIFACTS: OnceLock<Artifacts> = OnceLock::new();
        ARTIFACTS.get_or_init(Self::build)
    }

    fn build() -> Self {
        let output = cargo()
            .current_dir(workspace())
            .args(["build", "--quiet", "--locked", "--workspace", "--lib", "--bins", "--examples"])
            .arg("--message-format=json-render-diagnostics")
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "the workspace does not build");
        let mut files = Vec::new();
        for line in output.stdout.split(|byte| *byte == b'\n') {
            let Ok(message) = serde_json::from_slice::<Value>(line) else { continue };
            let names = message["filenames"].as_array().into_iter().flatten();
            files.extend(names.filter_map(Value::as_str).map(PathBuf::from));
            files.extend(message["executable"].as_str().map(PathBuf::from));
        }
        Self { files }
    }

    /// The `dugout` program, or another one of the workspace.
    pub fn program(&self, name: &str) -> PathBuf {
        self.existing(&format!("{name}{EXE_SUFFIX}"), "debug")
    }

    /// An example of the host library.
    pub fn example(&self, name: &str) -> PathBuf {
        self.existing(&format!("{name}{EXE_SUFFIX}"), "examples")
    }

    /// A plugin's library, by its crate's name.
    pub(crate) fn library(&self, crate_name: &str) -> PathBuf {
        let name = crate_name.replace('-', "_");
        self.existing(&format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"), "debug")
    }

    fn existing(&self, name: &str, folder: &str) -> PathBuf {
        let is_it = |file: &&PathBuf| {
            let is_in = file.parent().and_then(Path::file_name).is_some_and(|it| it == folder);
            is_in && file.file_name().is_some_and(|it| it == name)
        };
        let found = self.files.iter().find(is_it);
        found.unwrap_or_else(|| panic!("cargo has built no {folder}/{name}")).clone()
    }
}

/// The workspace's root.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent").to_owned()
}

/// The cargo that runs this test, without what it has set for the test.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    for (name, _) in std::env::vars_os() {
        let is_set_by_cargo = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if is_set_by_cargo {
            command.env_remove(name);
        }
    }
    command
}
