//! Which kind of project this is, and how it is started.
//!
//! From the folder that is asked about up to the repository's root, the first folder that some
//! detector recognises is taken. Only detectors whose markers stand in a folder are loaded and
//! asked about it. Their answers are ranked by confidence, then by the detectors' priority; the order in
//! which plugins were found or loaded plays no part. Two equal answers at the top are ambiguous,
//! and that is said rather than guessed.

mod view;

use std::{
    cmp::Reverse,
    path::{Path, PathBuf},
};

use dugout_plugin_api::Detection;
use serde::Serialize;
use wildmatch::WildMatch;

use crate::{
    Host,
    error::{Error, ErrorKind, Result, one_line},
    plugin::{PluginRecord, Provides, Registry},
    vault::{folders_to_search, repository_of},
};
pub use view::ProjectRoot;

/// What detectors made of a project.
#[derive(Debug, Serialize)]
pub struct Detected {
    /// The project's root.
    pub root: PathBuf,
    /// The answers, the best one first.
    pub candidates: Vec<Candidate>,
    /// Detectors that could not answer: a broken manifest, a broken plugin.
    pub failures: Vec<Failure>,
}

/// One detector's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The detector's plugin.
    pub plugin: String,
    /// The kind of project.
    pub kind: String,
    /// The command, as an argument vector.
    pub command: Vec<String>,
    /// How sure the detector is, 0–100.
    pub confidence: u8,
    /// The detector's priority, which breaks ties.
    pub priority: u32,
    /// What the answer rests on.
    pub evidence: Vec<String>,
    /// How the command's program is usually installed.
    pub install_hint: Option<String>,
}

/// A detector that could not answer.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// The detector's plugin.
    pub plugin: String,
    /// Why.
    pub reason: String,
    #[serde(skip)]
    kind: ErrorKind,
}

impl Detected {
    /// The project that it is.
    ///
    /// # Errors
    /// [`ErrorKind::AmbiguousProject`]; and, when no detector recognised it, what kept one from
    /// answering, or [`ErrorKind::NoProject`].
    pub fn winner(&self) -> Result<&Candidate> {
        let rank = |candidate: &Candidate| (candidate.confidence, candidate.priority);
        match self.candidates.as_slice() {
            [first, second, ..] if rank(first) == rank(second) => {
                let kinds = format!("{} or {}", first.kind, second.kind);
                let line = format!("{} could be a project of {kinds}", self.root.display());
                Err(Error::new(ErrorKind::AmbiguousProject, line))
            }
            [first, ..] => Ok(first),
            [] => Err(match self.failures.first() {
                Some(failure) => Error::new(failure.kind, failure.reason.clone()),
                None => no_project(&self.root),
            }),
        }
    }
}

impl Host {
    /// Recognises the project that a folder belongs to. With `kind`, only detectors of that kind
    /// are asked.
    ///
    /// # Errors
    /// [`ErrorKind::NoProject`] when there is no marker of any detector;
    /// [`ErrorKind::NoPlugin`] when there is no detector of that kind.
    pub fn detect(&self, from: &Path, kind: Option<&str>) -> Result<Detected> {
        let from = from.canonicalize().map_err(|error| Error::io("open", from, error))?;
        let registry = self.registry();
        let detectors: Vec<&PluginRecord> = registry
            .detectors()
            .filter(|record| match record.provides() {
                Provides::Detector { project_kind, .. } => kind.is_none_or(|k| k == project_kind),
                _ => false,
            })
            .collect();
        if let (Some(kind), true) = (kind, detectors.is_empty()) {
            let line = format!("no detector for projects of kind {kind:?} is installed");
            return Err(Error::new(ErrorKind::NoPlugin, line));
        }
        let repository = repository_of(&from, self.trust());
        for folder in folders_to_search(&from, repository.as_deref()) {
            let path = self.environment().path.clone();
            let root = ProjectRoot::new(folder, path);
            let found: Vec<(&PluginRecord, String)> = detectors
                .iter()
                .filter_map(|record| Some((*record, marker_in(&root, record)?)))
                .collect();
            // Its manifest decides what is started with the secrets.
            let is_foreign = |marker: &String| {
                let trust = self.trust();
                !trust.owns(folder, folder) || !trust.owns(&folder.join(marker), folder)
            };
            if let Some((_, marker)) = found.iter().find(|(_, marker)| is_foreign(marker)) {
                let line = format!("{} belongs to another user", folder.join(marker).display());
                return Err(Error::new(ErrorKind::ForeignVault, line));
            }
            let asked: Vec<&PluginRecord> = found.into_iter().map(|(record, _)| record).collect();
            let detected = ask(registry, &asked, &root);
            if !detected.candidates.is_empty() || !detected.failures.is_empty() {
                return Ok(detected);
            }
        }
        Err(no_project(&from))
    }
}

fn no_project(folder: &Path) -> Error {
    let line = format!("could not detect the project type of {}", folder.display());
    Error::new(ErrorKind::NoProject, line)
}

fn ask(registry: &Registry, detectors: &[&PluginRecord], root: &ProjectRoot) -> Detected {
    let mut candidates = Vec::new();
    let mut failures = Vec::new();
    for record in detectors {
        let Provides::Detector { priority, .. } = record.provides() else { continue };
        match registry.detect(record.id(), root) {
            Ok(Some(detection)) => match candidate(record.id(), *priority, &detection) {
                Some(candidate) => candidates.push(candidate),
                None => failures.push(Failure {
                    plugin: record.id().to_owned(),
                    reason: format!("plugin {}: it named no command", record.id()),
                    kind: ErrorKind::PluginFailed,
                }),
            },
            Ok(None) => {}
            Err(error) => failures.push(Failure {
                plugin: record.id().to_owned(),
                reason: error.to_string(),
                kind: error.kind(),
            }),
        }
    }
    candidates.sort_by(|a, b| {
        let rank = |c: &Candidate| (Reverse(c.confidence), Reverse(c.priority), c.plugin.clone());
        rank(a).cmp(&rank(b))
    });
    Detected { root: root.path().to_owned(), candidates, failures }
}

fn candidate(plugin: &str, priority: u32, detection: &Detection) -> Option<Candidate> {
    let command: Vec<String> = detection.command().map(str::to_owned).collect();
    if command.first().is_none_or(|program| program.is_empty()) {
        return None;
    }
    Some(Candidate {
        plugin: plugin.to_owned(),
        kind: one_line(detection.kind()),
        command,
        confidence: detection.get_confidence(),
        priority,
        evidence: detection.evidence_lines().map(one_line).collect(),
        install_hint: detection.get_install_hint().map(one_line),
    })
}

/// The first of a detector's markers that stands in the root.
fn marker_in(root: &ProjectRoot, record: &PluginRecord) -> Option<String> {
    let Provides::Detector { markers, .. } = record.provides() else { return None };
    markers.iter().find_map(|marker| {
        if marker.contains(['*', '?']) {
            let pattern = WildMatch::new(marker);
            root.names().iter().find(|name| pattern.matches(name)).cloned()
        } else {
            root.contains(marker).then(|| marker.clone())
        }
    })
}
