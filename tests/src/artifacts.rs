//! The program and the plugins as they are built from this workspace, by cargo itself, so that no
//! test ever runs a stale one.

use std::{
    env::consts::{DLL_PREFIX, DLL_SUFFIX, EXE_SUFFIX},
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// Where the built files are.
#[derive(Debug)]
pub struct Artifacts {
    folder: PathBuf,
}

impl Artifacts {
    /// Builds the program and all plugins, once a process; cargo does nothing if they are fresh.
    pub fn get() -> &'static Self {
        static ARTIFACTS: OnceLock<Artifacts> = OnceLock::new();
        ARTIFACTS.get_or_init(Self::build)
    }

    fn build() -> Self {
        let root = workspace();
        let status = cargo()
            .current_dir(&root)
            .args(["build", "--quiet", "--locked", "--workspace", "--lib", "--bins", "--examples"])
            .status()
            .expect("cargo runs");
        assert!(status.success(), "the workspace does not build");
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
        Self { folder: target.join("debug") }
    }

    /// The `dugout` program, or another one of the workspace.
    pub fn program(&self, name: &str) -> PathBuf {
        self.existing(&format!("{name}{EXE_SUFFIX}"))
    }

    /// An example of the host library.
    pub fn example(&self, name: &str) -> PathBuf {
        self.existing(&format!("examples/{name}{EXE_SUFFIX}"))
    }

    /// A plugin's library, by its crate's name.
    pub fn library(&self, crate_name: &str) -> PathBuf {
        let name = crate_name.replace('-', "_");
        self.existing(&format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"))
    }

    fn existing(&self, name: &str) -> PathBuf {
        let path = self.folder.join(name);
        assert!(path.is_file(), "{} was not built", path.display());
        path
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
