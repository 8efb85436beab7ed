//! What the author of a project detector implements.

use std::fmt;

use abi_stable::{
    StableAbi,
    std_types::{ROption, RString, RVec},
};

use crate::{
    abi::ProjectRef,
    cipher::unsupported,
    error::{ErrorCode, PluginError},
};

/// Recognises one kind of project and says how it is started in development.
///
/// ```
/// use dugout_plugin_api::{
///     Detection, DetectorInfo, PluginError, ProjectDetector, ProjectView, export_plugin,
/// };
///
/// #[derive(Default)]
/// struct Zig;
///
/// impl ProjectDetector for Zig {
///     const INFO: DetectorInfo = DetectorInfo::new("detect-zig", "zig")
///         .summary("Zig projects with a build.zig")
///         .markers(&["build.zig"]);
///
///     fn detect(&self, project: &ProjectView<'_>) -> Result<Option<Detection>, PluginError> {
///         let build = project.read_text("build.zig")?;
///         if !build.contains("addRunArtifact") {
///             return Ok(None);
///         }
///         Ok(Some(
///             Detection::new("zig", ["zig", "build", "run"])
///                 .confidence(80)
///                 .evidence("build.zig has a run step")
///                 .install_hint("https://ziglang.org/download"),
///         ))
///     }
/// }
///
/// export_plugin! { detector: Zig }
/// ```
pub trait ProjectDetector: Default + Send + Sync + Sized + 'static {
    /// What the detector is: a constant, so that it is known without opening it.
    const INFO: DetectorInfo;

    /// Looks at a project in whose root at least one marker stands. `None`: not mine after all.
    ///
    /// The manifest is somebody's file: it may be broken, huge, or not text. Parse it with its
    /// format's own parser.
    ///
    /// # Errors
    /// [`ErrorCode::INVALID_DATA`] for a broken manifest, with one line that names the file and
    /// what is wrong; what the view returned for an unreadable one.
    fn detect(&self, project: &ProjectView<'_>) -> Result<Option<Detection>, PluginError>;

    /// An operation that this version of the interface has no method for.
    ///
    /// # Errors
    /// [`ErrorCode::UNSUPPORTED`] unless overridden.
    fn call(&self, op: &str, json: &str) -> Result<String, PluginError> {
        let _ = json;
        Err(unsupported(op))
    }
}

/// What a detector is. Built in a constant: `DetectorInfo::new(…).markers(&[…])`.
#[derive(Clone, Copy, Debug)]
pub struct DetectorInfo {
    pub(crate) id: &'static str,
    pub(crate) project_kind: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) markers: &'static [&'static str],
    pub(crate) priority: u32,
}

impl DetectorInfo {
    /// `id` is the plugin's name (`detect-node`), `project_kind` what it detects (`node`).
    #[must_use]
    pub const fn new(id: &'static str, project_kind: &'static str) -> Self {
        Self { id, project_kind, summary: "", markers: &[], priority: 50 }
    }

    /// One line for `dugout plugin list`.
    #[must_use]
    pub const fn summary(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// File names, of which at least one stands in the project's root; only then is the detector
    /// loaded and asked. `*` in a name stands for any characters, `?` for one.
    #[must_use]
    pub const fn markers(mut self, markers: &'static [&'static str]) -> Self {
        self.markers = markers;
        self
    }

    /// Breaks a tie between equally confident detectors: the higher one wins. 50 if not said.
    #[must_use]
    pub const fn priority(mut self, priority: u32) -> Self {
        self.priority = priority;
        self
    }
}

/// A recognised project and how to start it.
#[repr(C)]
#[derive(StableAbi, Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    kind: RString,
    command: RVec<RString>,
    confidence: u8,
    evidence: RVec<RString>,
    install_hint: ROption<RString>,
    extra_json: RString,
}

impl Detection {
    /// `kind` as in `--kind node`; `command` is the argument vector, never passed through a shell.
    pub fn new<A: Into<String>>(
        kind: impl Into<String>,
        command: impl IntoIterator<Item = A>,
    ) -> Self {
        Self {
            kind: kind.into().into(),
            command: command.into_iter().map(|argument| argument.into().into()).collect(),
            confidence: 50,
            evidence: RVec::new(),
            install_hint: ROption::RNone,
            extra_json: RString::new(),
        }
    }

    /// How sure the detector is, 0–100; 50 if not said. 90 and above: the project itself says so
    /// (a script of that name); below 50: a guess from a file's presence.
    #[must_use]
    pub fn confidence(mut self, confidence: u8) -> Self {
        self.confidence = confidence.min(100);
        self
    }

    /// Adds one line that says what the decision rests on.
    #[must_use]
    pub fn evidence(mut self, line: impl Into<String>) -> Self {
        self.evidence.push(line.into().into());
        self
    }

    /// How the command's program is usually installed: a command or an address.
    #[must_use]
    pub fn install_hint(mut self, hint: impl Into<String>) -> Self {
        self.install_hint = ROption::RSome(hint.into().into());
        self
    }

    /// The kind of project.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The argument vector; the first element is the program.
    pub fn command(&self) -> impl ExactSizeIterator<Item = &str> {
        self.command.iter().map(|argument| argument.as_str())
    }

    /// How sure the detector is, 0–100.
    pub fn get_confidence(&self) -> u8 {
        self.confidence.min(100)
    }

    /// What the decision rests on.
    pub fn evidence_lines(&self) -> impl ExactSizeIterator<Item = &str> {
        self.evidence.iter().map(|line| line.as_str())
    }

    /// How the command's program is usually installed.
    pub fn get_install_hint(&self) -> Option<&str> {
        self.install_hint.as_ref().into_option().map(|hint| hint.as_str())
    }
}

/// A read-only view of a project, served by the host.
///
/// Paths are relative to the project's root, with `/` between their parts on every system.
pub struct ProjectView<'a> {
    project: ProjectRef<'a>,
}

impl<'a> ProjectView<'a> {
    /// The most that [`read_text`](Self::read_text) reads: 1 MiB.
    pub const READ_LIMIT: u64 = 1024 * 1024;

    /// A view over what a host, or a test, serves.
    pub fn new(project: ProjectRef<'a>) -> Self {
        Self { project }
    }

    /// The root, for messages only.
    pub fn root(&self) -> String {
        self.project.root().into_string()
    }

    /// Whether a file or folder of that name exists.
    pub fn has(&self, path: &str) -> bool {
        self.project.has(path.into())
    }

    /// The bytes of a regular file of at most `limit` bytes.
    ///
    /// # Errors
    /// [`ErrorCode::NOT_FOUND`], [`ErrorCode::TOO_LARGE`], or [`ErrorCode::IO`] for what is not
    /// readable or not a regular file.
    pub fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, PluginError> {
        self.project.read(path.into(), limit).into_result().map(RVec::into_vec)
    }

    /// The text of a file of at most [`READ_LIMIT`](Self::READ_LIMIT) bytes; a byte order mark is
    /// dropped.
    ///
    /// # Errors
    /// As [`read`](Self::read), and [`ErrorCode::INVALID_DATA`] for what is not UTF-8.
    pub fn read_text(&self, path: &str) -> Result<String, PluginError> {
        let bytes = self.read(path, Self::READ_LIMIT)?;
        let text = String::from_utf8(bytes).map_err(|_| {
            PluginError::new(ErrorCode::INVALID_DATA, format!("{path} is not UTF-8 text"))
        })?;
        Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }

    /// The sorted names in a folder (`""` is the root). Ask only where markers do not tell: a
    /// folder may be large, and a host may cut the list at 10,000 names.
    ///
    /// # Errors
    /// [`ErrorCode::NOT_FOUND`] or [`ErrorCode::IO`].
    pub fn entries(&self, path: &str) -> Result<Vec<String>, PluginError> {
        let names = self.project.entries(path.into()).into_result()?;
        Ok(names.into_iter().map(RString::into_string).collect())
    }

    /// Whether a program of that name is on the user's `PATH`.
    pub fn has_tool(&self, name: &str) -> bool {
        self.project.has_tool(name.into())
    }
}

impl fmt::Debug for ProjectView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectView").field("root", &self.root()).finish()
    }
}
