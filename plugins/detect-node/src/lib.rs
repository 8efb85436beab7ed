//! Recognises Node projects, and starts them with npm, pnpm or yarn.
//!
//! What is started, and how sure that is:
//!
//! | `package.json` and its folder | command | confidence |
//! |---|---|---|
//! | has a script `dev` | `<manager> run dev` | 95 |
//! | has a script `start` | `<manager> run start` | 90 |
//! | no such script, and there is a `server.js` | `node server.js`, as `npm start` would | 60 |
//! | no such script, and `main` names a file | `node <main>` | 40 |
//!
//! An empty script does not count, and without any of these there is nothing to start. The manager
//! is the one that `packageManager` names, else the one whose lock file is there: `pnpm-lock.yaml`,
//! `yarn.lock`, `package-lock.json` or `npm-shrinkwrap.json`, believed in this order; without
//! either it is npm. A project of bun, or of any other manager, is left to that one's detector.
//!
//! The lock file of a monorepo stands above its packages, out of a detector's sight: there,
//! `packageManager` tells the manager, or it is npm.

mod manager;
mod manifest;

use dugout_plugin_api::{
    Detection, DetectorInfo, ErrorCode, PluginError, ProjectDetector, ProjectView, export_plugin,
};

use crate::manifest::Manifest;

const KIND: &str = "node";

/// The scripts that start a project in development, the better one first, with the confidence in
/// each.
const SCRIPTS: [(&str, u8); 2] = [("dev", 95), ("start", 90)];

/// The detector of Node projects.
#[derive(Debug, Default)]
pub struct Node;

impl ProjectDetector for Node {
    const INFO: DetectorInfo = DetectorInfo::new("detect-node", KIND)
        .summary("Node projects, with npm, pnpm or yarn")
        .markers(&[manifest::FILE])
        .priority(50);

    fn detect(&self, project: &ProjectView<'_>) -> Result<Option<Detection>, PluginError> {
        let manifest = Manifest::parse(&project.read_text(manifest::FILE)?)?;
        let Some((manager, reason)) = manager::choose(&manifest, project) else {
            return Ok(None);
        };
        let Some((script, confidence)) =
            SCRIPTS.into_iter().find(|(script, _)| manifest.has_script(script))
        else {
            return Ok(started_by_node(&manifest, project));
        };
        Ok(Some(
            Detection::new(KIND, [manager.program(), "run", script])
                .confidence(confidence)
                .evidence(format!("`package.json` has script `{script}`"))
                .evidence(reason)
                .install_hint(manager.install_hint()),
        ))
    }
}

/// How a project without a script is started, if it has a file that looks like its program.
fn started_by_node(manifest: &Manifest, project: &ProjectView<'_>) -> Option<Detection> {
    let (file, confidence, reason) = if is_file(project, "server.js") {
        ("server.js", 60, "`server.js`, which `npm start` runs where no script says otherwise")
    } else {
        let main = manifest.main().filter(|main| is_file(project, main))?;
        (main, 40, "`package.json` has no script `dev` or `start`, but a `main`")
    };
    Some(
        Detection::new(KIND, ["node", file])
            .confidence(confidence)
            .evidence(reason)
            .install_hint("https://nodejs.org"),
    )
}

/// Whether a regular file of that name is in the project: it can be read, or would be if it were
/// smaller.
fn is_file(project: &ProjectView<'_>, path: &str) -> bool {
    match project.read(path, 0) {
        Ok(_) => true,
        Err(error) => error.code() == ErrorCode::TOO_LARGE,
    }
}

export_plugin! { detector: Node }
