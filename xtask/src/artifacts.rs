//! What is built here to be installed: the program, and plugins as libraries.

use std::{
    env::consts::{DLL_PREFIX, DLL_SUFFIX},
    ffi::OsStr,
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::Deserialize;
use tempfile::TempDir;

use crate::{Result, workspace};

/// A plugin of the workspace. Its id is the name of its folder in `plugins/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Plugin {
    id: String,
}

/// Paths of what was built.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) program: PathBuf,
    /// One for each plugin, in the plugins' order: copies in a folder of this user's own, since a
    /// library is not loaded from a folder that a group can write, as a checkout may be.
    pub(crate) libraries: Vec<PathBuf>,
    pub(crate) _folder: TempDir,
}

impl Plugin {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    fn package(&self) -> String {
        format!("dugout-{}", self.id)
    }

    fn library(&self) -> String {
        let crate_name = self.package().replace('-', "_");
        format!("{DLL_PREFIX}{crate_name}{DLL_SUFFIX}")
    }
}

/// The plugins of the workspace, sorted by id.
pub(crate) fn plugins() -> Result<Vec<Plugin>> {
    plugins_in(&workspace::root().join("plugins"))
}

fn plugins_in(folder: &Path) -> Result<Vec<Plugin>> {
    let unreadable = |error: io::Error| format!("cannot read {}: {error}", folder.display());
    let mut plugins = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.path().join("Cargo.toml").is_file() {
            continue;
        }
        // A package's name is ASCII, so a folder with any other name is none of its.
        if let Ok(id) = entry.file_name().into_string() {
            plugins.push(Plugin { id });
        }
    }
    plugins.sort();
    Ok(plugins)
}

/// Builds the program without any linked plugin, and the plugins as libraries.
///
/// All in one call of cargo, so that both sides of the interface are made from the same features
/// of the crates that they share.
pub(crate) fn build(plugins: &[Plugin]) -> Result<Built> {
    let mut cargo = workspace::cargo();
    cargo.args(["build", "--release", "--locked", "--message-format=json-render-diagnostics"]);
    cargo.args(["--package", "dugout", "--no-default-features", "--features", "dugout/dynamic"]);
    for plugin in plugins {
        cargo.args(["--package", &plugin.package()]);
    }
    let output = cargo
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo build failed ({})", output.status));
    }

    let artifacts = artifacts(&output.stdout);
    let program = artifacts
        .iter()
        .find_map(Artifact::program)
        .ok_or("cargo built no program named dugout")?
        .to_owned();
    let folder = tempfile::tempdir().map_err(|error| format!("no scratch folder: {error}"))?;
    let mut libraries = Vec::new();
    for plugin in plugins {
        let name = plugin.library();
        let library = artifacts
            .iter()
            .find_map(|artifact| artifact.library(&name))
            .ok_or_else(|| format!("cargo built no {name} for plugin {}", plugin.id))?;
        let copy = folder.path().join(&name);
        fs::copy(library, &copy)
            .and_then(|_| fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)))
            .map_err(|error| format!("cannot copy {}: {error}", library.display()))?;
        libraries.push(copy);
    }
    Ok(Built { program, libraries, _folder: folder })
}

/// What cargo says on stdout:
/// <https://doc.rust-lang.org/cargo/reference/external-tools.html#json-messages>
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    CompilerArtifact(Artifact),
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
struct Artifact {
    target: Target,
    filenames: Vec<PathBuf>,
    executable: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

fn artifacts(messages: &[u8]) -> Vec<Artifact> {
    let lines = messages.split(|&byte| byte == b'\n');
    lines
        .filter_map(|line| match serde_json::from_slice(line) {
            Ok(Message::CompilerArtifact(artifact)) => Some(artifact),
            _ => None,
        })
        .collect()
}

impl Artifact {
    fn program(&self) -> Option<&Path> {
        if self.target.name != "dugout" || !self.is("bin") {
            return None;
        }
        self.executable.as_deref()
    }

    /// The library of that file name. Beside it, cargo lists what the linker needs.
    fn library(&self, name: &str) -> Option<&Path> {
        if !self.is("cdylib") {
            return None;
        }
        let mut paths = self.filenames.iter().map(PathBuf::as_path);
        paths.find(|path| path.file_name() == Some(OsStr::new(name)))
    }

    fn is(&self, kind: &str) -> bool {
        self.target.kind.iter().any(|own| own == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_with_a_manifest_are_plugins() {
        let folder = tempfile::tempdir().unwrap();
        for id in ["detect-b", "detect-a", "no-manifest"] {
            fs::create_dir(folder.path().join(id)).unwrap();
        }
        for id in ["detect-b", "detect-a"] {
            fs::write(folder.path().join(id).join("Cargo.toml"), "").unwrap();
        }
        fs::write(folder.path().join("README.md"), "").unwrap();
        let plugins = plugins_in(folder.path()).unwrap();
        let ids: Vec<&str> = plugins.iter().map(Plugin::id).collect();
        assert_eq!(ids, ["detect-a", "detect-b"]);
    }

    #[test]
    fn a_plugin_is_found_under_the_name_that_cargo_gives_its_library() {
        let plugin = Plugin { id: "detect-node".to_owned() };
        assert_eq!(plugin.package(), "dugout-detect-node");
        assert_eq!(plugin.library(), format!("{DLL_PREFIX}dugout_detect_node{DLL_SUFFIX}"));
    }

    #[test]
    fn paths_are_read_from_what_cargo_says() {
        let messages = br#"{"reason":"compiler-artifact","target":{"kind":["rlib","cdylib"],"name":"dugout_x"},"filenames":["/t/libdugout_x.rlib","/t/libdugout_x.so"],"executable":null,"fresh":true}
text of some build script
{"reason":"build-script-executed","package_id":"x"}
{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"dugout"},"filenames":["/t/libdugout.rlib"],"executable":null}
{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"dugout"},"filenames":["/t/dugout"],"executable":"/t/dugout"}
{"reason":"build-finished","success":true}
"#;
        let artifacts = artifacts(messages);
        assert_eq!(artifacts.len(), 3);
        let program = artifacts.iter().find_map(Artifact::program);
        assert_eq!(program, Some(Path::new("/t/dugout")));
        let library = artifacts.iter().find_map(|artifact| artifact.library("libdugout_x.so"));
        assert_eq!(library, Some(Path::new("/t/libdugout_x.so")));
    }
}
