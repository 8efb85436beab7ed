//! What actually crosses the boundary between a host and a plugin.
//!
//! Plugin authors do not need this module: they implement [`CipherBackend`](crate::CipherBackend) or
//! [`ProjectDetector`](crate::ProjectDetector) and [`export_plugin!`](crate::export_plugin) does the
//! rest. It is public for hosts, and for whoever wants to know what is promised.
//!
//! # How the interface grows
//!
//! * [`PluginMod`] and [`HostApi`] are prefix types: new functions are appended after the last
//!   field, and an older side simply has no such field.
//! * [`Cipher`], [`Detector`] and [`Project`] are trait objects with a prefix vtable: new methods
//!   are appended, with a default body.
//! * By-value types ([`PluginInfo`], [`Detection`],
//!   [`PluginError`], …) are frozen for a major version. Each has an
//!   `extra_json` field for what comes later.
//! * Codes are `u32` newtypes, never enums: an unknown value stays representable.
//! * `call(op, json)` exists on every object, so that an experiment needs no new version.

// abi_stable's macros expand to unsafe code, and `#[sabi_trait]` to impls inside a constant.
#![allow(unsafe_code, non_local_definitions)]

use abi_stable::{
    StableAbi, declare_root_module_statics,
    library::RootModule,
    package_version_strings, sabi_trait,
    sabi_types::{RRef, VersionStrings},
    std_types::{ROption, RResult, RSlice, RStr, RString, RVec},
};

use crate::{
    cipher::{Availability, KeyInfo},
    detector::Detection,
    error::PluginError,
    secret::SecretBuf,
};

/// The version of this interface: the version of the `dugout-plugin-api` crate.
pub const API_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What every exported root symbol starts with; the crate's own name follows, so that any number
/// of plugins can be linked into one program.
pub const ROOT_SYMBOL_PREFIX: &str = "dugout_plugin_root_";

/// The result of every call that can fail.
pub type CallResult<T> = RResult<T, PluginError>;

/// The root module of a plugin: the functions a host can call before it has any object.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = PluginModRef, prefix_fields = PluginModPrefix)))]
#[sabi(missing_field(option))]
pub struct PluginMod {
    /// What the plugin is and provides. Pure: may be called at any time.
    pub info: extern "C" fn() -> PluginInfo,
    /// Hands the plugin its host. Called before any object is opened, once or more often;
    /// `is_dynamic` is false for a plugin that is linked into the host's own program.
    pub init: extern "C" fn(host: HostApiRef, is_dynamic: bool) -> CallResult<()>,
    /// Makes a cipher from its configuration (a JSON object).
    pub open_cipher: for<'a> extern "C" fn(config_json: RStr<'a>) -> CallResult<CipherBox>,
    /// Makes a detector.
    pub open_detector: extern "C" fn() -> CallResult<DetectorBox>,
    /// Escape hatch: an operation that this version has no function for.
    #[sabi(last_prefix_field)]
    pub call: for<'a> extern "C" fn(op: RStr<'a>, json: RStr<'a>) -> CallResult<RString>,
}

impl RootModule for PluginModRef {
    declare_root_module_statics! {PluginModRef}
    const BASE_NAME: &'static str = "dugout_plugin";
    const NAME: &'static str = "dugout plugin";
    const VERSION_STRINGS: VersionStrings = package_version_strings!();
}

/// The functions a host offers to its plugins.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = HostApiRef, prefix_fields = HostApiPrefix)))]
#[sabi(missing_field(option))]
pub struct HostApi {
    /// The name and version of the host, as in `dugout-host/0.2.0`.
    pub name: extern "C" fn() -> RString,
    /// Whether an event of this level and target would be recorded.
    pub enabled: for<'a> extern "C" fn(level: LogLevel, target: RStr<'a>) -> bool,
    /// Records an event. `fields_json` is a JSON object; it and `message` hold no secret.
    pub event: for<'a> extern "C" fn(
        level: LogLevel,
        target: RStr<'a>,
        message: RStr<'a>,
        fields_json: RStr<'a>,
    ),
    /// Whether the user has asked to stop (Ctrl-C, or the embedder's own signal).
    pub cancelled: extern "C" fn() -> bool,
    /// Milliseconds that remain for the call under way, asked on the thread that it came in on;
    /// [`NO_DEADLINE`] when there is no limit.
    #[sabi(last_prefix_field)]
    pub remaining_ms: extern "C" fn() -> u64,
}

/// What [`HostApi::remaining_ms`] answers when a call has no deadline.
pub const NO_DEADLINE: u64 = u64::MAX;

/// The level of a log event, as in the `log` and `tracing` crates: 1 error … 5 trace.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogLevel(pub u32);

impl LogLevel {
    /// Something failed.
    pub const ERROR: Self = Self(1);
    /// Something is wrong, and the call went on.
    pub const WARN: Self = Self(2);
    /// Worth knowing.
    pub const INFO: Self = Self(3);
    /// For the plugin's developers.
    pub const DEBUG: Self = Self(4);
    /// For the plugin's developers, in detail.
    pub const TRACE: Self = Self(5);
}

/// What a plugin provides.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PluginKind(pub u32);

impl PluginKind {
    /// A cipher backend: see [`CipherBackend`](crate::CipherBackend).
    pub const CIPHER: Self = Self(1);
    /// A project detector: see [`ProjectDetector`](crate::ProjectDetector).
    pub const DETECTOR: Self = Self(2);

    /// The kind's name, as it stands in a plugin index.
    pub fn name(self) -> &'static str {
        match self {
            Self::CIPHER => "cipher",
            Self::DETECTOR => "detector",
            _ => "unknown",
        }
    }
}

/// Who a plugin is, and what it provides: all that a host needs to choose without opening it.
#[repr(C)]
#[derive(StableAbi, Clone, Debug)]
pub struct PluginInfo {
    /// The plugin's name: lower-case letters, digits and hyphens (`aws-kms`).
    pub id: RString,
    /// The plugin's own version (semver).
    pub version: RString,
    /// Cipher or detector.
    pub kind: PluginKind,
    /// One line for lists.
    pub summary: RString,
    /// Filled in when the plugin is a cipher.
    pub cipher: ROption<CipherFacts>,
    /// Filled in when the plugin is a detector.
    pub detector: ROption<DetectorFacts>,
    /// Room to grow: a JSON object, or empty.
    pub extra_json: RString,
}

/// What a host knows of a cipher without opening it.
#[repr(C)]
#[derive(StableAbi, Clone, Debug)]
pub struct CipherFacts {
    /// The provider's name in an envelope (`aws`).
    pub provider: RString,
    /// Patterns (`*`, `?`) that match the keys this cipher serves.
    pub key_patterns: RVec<RString>,
    /// The largest plaintext, in bytes; 0 is no limit.
    pub plaintext_limit: u64,
    /// How many calls may be under way at once; at least 1.
    pub max_calls_in_flight: u32,
}

/// What a host knows of a detector without opening it.
#[repr(C)]
#[derive(StableAbi, Clone, Debug)]
pub struct DetectorFacts {
    /// The kind of project, as in `--kind node`.
    pub project_kind: RString,
    /// File names, or patterns (`*`, `?`) over them, of which at least one stands in such a project's
    /// root.
    pub markers: RVec<RString>,
    /// Breaks a tie between equally confident detectors: the higher one wins.
    pub priority: u32,
}

/// A cipher object. Authors implement [`CipherBackend`](crate::CipherBackend) instead.
#[sabi_trait]
pub trait Cipher: Send + Sync {
    /// See [`CipherBackend::check_key`](crate::CipherBackend::check_key).
    fn check_key(&self, key: RStr<'_>) -> CallResult<KeyInfo>;
    /// See [`CipherBackend::available`](crate::CipherBackend::available).
    fn available(&self) -> CallResult<Availability>;
    /// See [`CipherBackend::encrypt`](crate::CipherBackend::encrypt). `context_json` is an object
    /// of strings.
    fn encrypt(
        &self,
        key: RStr<'_>,
        plaintext: RSlice<'_, u8>,
        context_json: RStr<'_>,
    ) -> CallResult<RVec<u8>>;
    /// See [`CipherBackend::decrypt`](crate::CipherBackend::decrypt).
    fn decrypt(
        &self,
        key: RStr<'_>,
        ciphertext: RSlice<'_, u8>,
        context_json: RStr<'_>,
    ) -> CallResult<SecretBuf>;
    /// Escape hatch.
    #[sabi(last_prefix_field)]
    fn call(&self, op: RStr<'_>, json: RStr<'_>) -> CallResult<RString>;
}

/// A detector object. Authors implement [`ProjectDetector`](crate::ProjectDetector) instead.
#[sabi_trait]
pub trait Detector: Send + Sync {
    /// See [`ProjectDetector::detect`](crate::ProjectDetector::detect).
    fn detect(&self, project: ProjectRef<'_>) -> CallResult<ROption<Detection>>;
    /// Escape hatch.
    #[sabi(last_prefix_field)]
    fn call(&self, op: RStr<'_>, json: RStr<'_>) -> CallResult<RString>;
}

/// The read-only view of a project that a host serves to detectors. Authors get it as a
/// [`ProjectView`](crate::ProjectView); a test can implement it over a map of files.
///
/// Paths are relative to the project's root, with `/` between their parts; a host refuses
/// absolute ones and `..`.
#[sabi_trait]
pub trait Project: Send + Sync {
    /// The root, for messages only: a path that is not UTF-8 is shown lossily.
    fn root(&self) -> RString;
    /// Whether a file or folder of that name exists.
    fn has(&self, path: RStr<'_>) -> bool;
    /// The content of a regular file of at most `limit` bytes.
    fn read(&self, path: RStr<'_>, limit: u64) -> CallResult<RVec<u8>>;
    /// The sorted names in a folder (`""` is the root); names that are not UTF-8 are left out.
    fn entries(&self, path: RStr<'_>) -> CallResult<RVec<RString>>;
    /// Whether a program of that name is on the user's `PATH`.
    fn has_tool(&self, name: RStr<'_>) -> bool;
    /// Escape hatch.
    #[sabi(last_prefix_field)]
    fn call(&self, op: RStr<'_>, json: RStr<'_>) -> CallResult<RString>;
}

/// An owned [`Cipher`].
pub type CipherBox = Cipher_TO<'static, abi_stable::std_types::RBox<()>>;
/// An owned [`Detector`].
pub type DetectorBox = Detector_TO<'static, abi_stable::std_types::RBox<()>>;
/// A borrowed [`Project`].
pub type ProjectRef<'a> = Project_TO<'a, RRef<'a, ()>>;
