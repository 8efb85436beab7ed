//! What a case expects of a detector.

use dugout_plugin_api::{Detection, PluginError};
use serde::Deserialize;

/// What a detector makes of a project.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// `outcome = "not-mine"`: the detector answers `Ok(None)`.
    NotMine,
    /// `outcome.detected…`: the detector recognises the project.
    Detected(ExpectedDetection),
    /// `outcome.error…`: the detector fails.
    Error(ExpectedError),
}

/// How a project is recognised: `outcome.detected.command = […]` and so on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedDetection {
    /// The kind of project.
    pub kind: String,
    /// The whole argument vector.
    pub command: Vec<String>,
    /// Each of these stands in one of the evidence lines.
    #[serde(default)]
    pub evidence_contains: Vec<String>,
    /// The confidence; any, if not said.
    pub confidence: Option<u8>,
    /// The install hint; any or none, if not said.
    pub install_hint: Option<String>,
}

/// How a detector fails: `outcome.error.code = "…"` and so on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedError {
    /// The [name of the code](dugout_plugin_api::ErrorCode::name), such as `invalid-data`.
    pub code: String,
    /// Each of these stands in the message.
    pub contains: Vec<String>,
}

impl Outcome {
    /// What is wrong with an answer; `None` if it is the expected one.
    pub(crate) fn mismatch(
        &self,
        answer: &Result<Option<Detection>, PluginError>,
    ) -> Option<String> {
        match (self, answer) {
            (Self::NotMine, Ok(None)) => None,
            (Self::Detected(expected), Ok(Some(found))) => expected.mismatch(found),
            (Self::Error(expected), Err(found)) => expected.mismatch(found),
            (expected, found) => Some(format!("expected {expected:?}, got {found:?}")),
        }
    }
}

impl ExpectedDetection {
    fn mismatch(&self, found: &Detection) -> Option<String> {
        let missing = self
            .evidence_contains
            .iter()
            .find(|&text| !found.evidence_lines().any(|line| line.contains(text)));
        if found.kind() != self.kind {
            Some(format!("expected kind {:?}, got {:?}", self.kind, found.kind()))
        } else if !found.command().eq(self.command.iter().map(String::as_str)) {
            let command: Vec<&str> = found.command().collect();
            Some(format!("expected command {:?}, got {command:?}", self.command))
        } else if let Some(text) = missing {
            let lines: Vec<&str> = found.evidence_lines().collect();
            Some(format!("expected evidence with {text:?}, got {lines:?}"))
        } else if let Some(confidence) = self.confidence
            && confidence != found.get_confidence()
        {
            Some(format!("expected confidence {confidence}, got {}", found.get_confidence()))
        } else if let Some(hint) = &self.install_hint
            && Some(hint.as_str()) != found.get_install_hint()
        {
            Some(format!("expected hint {hint:?}, got {:?}", found.get_install_hint()))
        } else {
            None
        }
    }
}

impl ExpectedError {
    fn mismatch(&self, found: &PluginError) -> Option<String> {
        if found.code().name() != self.code {
            return Some(format!("expected an error of code {:?}, got {found:?}", self.code));
        }
        let missing = self.contains.iter().find(|&text| !found.message().contains(text))?;
        Some(format!("expected an error with {missing:?}, got {:?}", found.message()))
    }
}
