//! The binaries of a package, found where cargo finds them.
//!
//! The rules: <https://doc.rust-lang.org/cargo/reference/cargo-targets.html#target-auto-discovery>.

use std::collections::BTreeSet;

use dugout_plugin_api::{PluginError, ProjectView};

use crate::manifest::{self, Manifest, inside};

/// A package that has something to run.
#[derive(Debug)]
pub(crate) struct Runnable {
    /// The path of its manifest.
    pub(crate) manifest: String,
    pub(crate) name: String,
    pub(crate) default_run: Option<String>,
    /// Their names; at least one.
    pub(crate) binaries: BTreeSet<String>,
}

impl Runnable {
    /// Looks at the package in a folder, if there is one.
    pub(crate) fn find(
        project: &ProjectView<'_>,
        folder: &str,
        manifest: &Manifest,
    ) -> Result<Option<Self>, PluginError> {
        let Some(package) = &manifest.package else { return Ok(None) };
        let mut binaries: BTreeSet<String> =
            manifest.binaries.iter().map(|binary| binary.name.clone()).collect();
        // The 2015 edition does not look for more once there is a `[[bin]]`.
        let looks_for_more = !package.is_of_2015() || binaries.is_empty();
        if package.autobins.unwrap_or(looks_for_more) {
            for source in sources(project, folder, &package.name)? {
                if !is_declared(manifest, &source.path) {
                    binaries.insert(source.name);
                }
            }
        }
        Ok((!binaries.is_empty()).then(|| Self {
            manifest: inside(folder, manifest::FILE),
            name: package.name.clone(),
            default_run: package.default_run.clone(),
            binaries,
        }))
    }
}

/// A file that is a binary by its place.
struct Source {
    name: String,
    /// In the package.
    path: String,
}

fn sources(
    project: &ProjectView<'_>,
    folder: &str,
    package: &str,
) -> Result<Vec<Source>, PluginError> {
    let mut found = Vec::new();
    let mut add_if_there = |name: &str, path: String| {
        if project.has(&inside(folder, &path)) {
            found.push(Source { name: name.to_owned(), path });
        }
    };
    add_if_there(package, "src/main.rs".to_owned());
    let more = inside(folder, "src/bin");
    if project.has(&more) {
        let entries = project.entries(&more)?;
        for entry in entries.iter().filter(|entry| !entry.starts_with('.')) {
            match entry.strip_suffix(".rs") {
                Some(name) => add_if_there(name, format!("src/bin/{entry}")),
                None => add_if_there(entry, format!("src/bin/{entry}/main.rs")),
            }
        }
    }
    Ok(found)
}

/// Whether a `[[bin]]` has that file, and so has named it.
fn is_declared(manifest: &Manifest, path: &str) -> bool {
    manifest.binaries.iter().any(|binary| {
        binary.path.as_deref().is_some_and(|it| it.strip_prefix("./").unwrap_or(it) == path)
    })
}
