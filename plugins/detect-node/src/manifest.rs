//! What a `package.json` says about starting the project.
//!
//! The format: <https://docs.npmjs.com/cli/configuring-npm/package-json>, and for
//! `packageManager` <https://nodejs.org/api/packages.html#packagemanager>.

use std::collections::BTreeMap;

use dugout_plugin_api::{ErrorCode, PluginError};
use serde::Deserialize;
use serde_json::Value;

/// The manifest's name.
pub(crate) const FILE: &str = "package.json";

/// The fields that matter here; there may be any others.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", expecting = "an object")]
pub(crate) struct Manifest {
    scripts: BTreeMap<String, String>,
    package_manager: Option<String>,
    /// Bundlers take more than a string here, and it is no more than a last resort: a value of
    /// another type is no error.
    main: Value,
}

impl Manifest {
    pub(crate) fn parse(text: &str) -> Result<Self, PluginError> {
        // serde would fill the struct from an array too, in the order of its fields.
        if text.trim_start().starts_with('[') {
            return Err(invalid("invalid type: array, expected an object at line 1"));
        }
        serde_json::from_str(text).map_err(invalid)
    }

    /// Whether there is a script of that name that does something.
    pub(crate) fn has_script(&self, name: &str) -> bool {
        self.scripts.get(name).is_some_and(|command| !command.trim().is_empty())
    }

    /// `packageManager`: a name and mostly a version, as in `pnpm@9.1.0+sha512.41872f…`.
    pub(crate) fn package_manager(&self) -> Option<&str> {
        self.package_manager.as_deref()
    }

    /// The path that `main` names.
    pub(crate) fn main(&self) -> Option<&str> {
        self.main.as_str()
    }
}

/// serde_json's messages end with line and column.
fn invalid(reason: impl std::fmt::Display) -> PluginError {
    PluginError::new(ErrorCode::INVALID_DATA, format!("{FILE}: {reason}"))
}
