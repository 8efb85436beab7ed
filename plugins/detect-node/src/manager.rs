//! Which package manager a project uses.

use dugout_plugin_api::ProjectView;

use crate::manifest::Manifest;

#[derive(Clone, Copy, Debug)]
pub(crate) enum PackageManager {
    Npm,
    Pnpm,
    Yarn,
}

use PackageManager::{Npm, Pnpm, Yarn};

/// Lock files and whose they are, the most believed first; `None` is bun. npm's stand behind
/// pnpm's and yarn's, since a stray `npm install` leaves one in any project.
const LOCK_FILES: [(&str, Option<PackageManager>); 6] = [
    ("pnpm-lock.yaml", Some(Pnpm)),
    ("yarn.lock", Some(Yarn)),
    ("package-lock.json", Some(Npm)),
    ("npm-shrinkwrap.json", Some(Npm)),
    ("bun.lock", None),
    ("bun.lockb", None),
];

impl PackageManager {
    pub(crate) fn program(self) -> &'static str {
        match self {
            Npm => "npm",
            Pnpm => "pnpm",
            Yarn => "yarn",
        }
    }

    /// Corepack comes with Node, and fetches the other two.
    pub(crate) fn install_hint(self) -> &'static str {
        match self {
            Npm => "https://nodejs.org",
            Pnpm => "corepack enable pnpm",
            Yarn => "corepack enable",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Npm, Pnpm, Yarn].into_iter().find(|manager| manager.program() == name)
    }
}

/// The project's manager and the reason; `None` if it is none of these.
pub(crate) fn choose(
    manifest: &Manifest,
    project: &ProjectView<'_>,
) -> Option<(PackageManager, String)> {
    match manifest.package_manager() {
        Some(field) => by_field(field),
        None => by_lock_file(project),
    }
}

fn by_field(field: &str) -> Option<(PackageManager, String)> {
    // What follows the plus sign is the digest of the manager's archive.
    let release = field.split_once('+').map_or(field, |(release, _)| release);
    let name = release.split_once('@').map_or(release, |(name, _)| name);
    Some((PackageManager::named(name)?, format!("`packageManager` is {release}")))
}

fn by_lock_file(project: &ProjectView<'_>) -> Option<(PackageManager, String)> {
    let mut found = LOCK_FILES.into_iter().filter(|(file, _)| project.has(file));
    let Some((file, manager)) = found.next() else {
        return Some((Npm, "no lock file, hence npm".to_owned()));
    };
    let others: Vec<String> = found.map(|(other, _)| format!("`{other}`")).collect();
    let reason = if others.is_empty() {
        format!("`{file}`")
    } else {
        format!("`{file}`, believed before {}", others.join(", "))
    };
    Some((manager?, reason))
}
