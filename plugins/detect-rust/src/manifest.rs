//! What a `Cargo.toml` says about the binaries of a package and the members of a workspace.
//!
//! The format: <https://doc.rust-lang.org/cargo/reference/manifest.html>.

use dugout_plugin_api::{ErrorCode, PluginError, ProjectView};
use serde::Deserialize;

/// The manifest's name.
pub(crate) const FILE: &str = "Cargo.toml";

/// The tables that matter here; there may be any others.
#[derive(Debug, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) package: Option<Package>,
    pub(crate) workspace: Option<Workspace>,
    #[serde(default, rename = "bin")]
    pub(crate) binaries: Vec<Binary>,
}

/// `[package]`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", expecting = "a table")]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) default_run: Option<String>,
    pub(crate) autobins: Option<bool>,
    /// A string, or a table that takes it from the workspace.
    edition: Option<toml::Value>,
}

/// `[workspace]`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", expecting = "a table")]
pub(crate) struct Workspace {
    #[serde(default)]
    pub(crate) members: Vec<String>,
    #[serde(default)]
    pub(crate) exclude: Vec<String>,
    pub(crate) default_members: Option<Vec<String>>,
}

/// `[[bin]]`
#[derive(Debug, Deserialize)]
#[serde(expecting = "a table")]
pub(crate) struct Binary {
    pub(crate) name: String,
    pub(crate) path: Option<String>,
}

impl Manifest {
    /// Reads the manifest in a folder of the project.
    pub(crate) fn read(project: &ProjectView<'_>, folder: &str) -> Result<Self, PluginError> {
        let path = inside(folder, FILE);
        let text = project.read_text(&path)?;
        toml::from_str(&text).map_err(|error| {
            let place = error.span().map_or_else(String::new, |span| place(&text, span.start));
            let message = format!("{path}: {}{place}", error.message());
            PluginError::new(ErrorCode::INVALID_DATA, message)
        })
    }
}

impl Package {
    /// Whether the package is of the 2015 edition, which is what no edition means.
    pub(crate) fn is_of_2015(&self) -> bool {
        self.edition.as_ref().is_none_or(|edition| edition.as_str() == Some("2015"))
    }
}

/// The path of something in a folder, of which the project's root is `""`.
pub(crate) fn inside(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Where in a text a byte is, for people.
fn place(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|&letter| letter != '\n').count() + 1;
    format!(" at line {line} column {column}")
}
