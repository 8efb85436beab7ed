//! What the author of a cipher backend implements.

use std::collections::BTreeMap;

use abi_stable::{
    StableAbi,
    std_types::{ROption, RString},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::{
    error::{ErrorCode, PluginError},
    host::Host,
};

/// A key service that encrypts small values: a cloud KMS, a hardware module, a transit engine.
///
/// Calls come from any thread, up to [`CipherInfo::max_calls_in_flight`] at once, and block until
/// they are done. A backend that needs an async runtime owns one, on a thread of its own.
///
/// ```
/// use dugout_plugin_api::{
///     Availability, CipherBackend, CipherInfo, Config, Context, ErrorCode, Host, KeyInfo,
///     PluginError, Zeroizing, export_plugin,
/// };
///
/// struct Backwards;
///
/// impl CipherBackend for Backwards {
///     const INFO: CipherInfo = CipherInfo::new("backwards", "backwards")
///         .summary("Turns bytes around (an example, not a cipher)")
///         .key_patterns(&["backwards:*"])
///         .plaintext_limit(4096);
///
///     fn open(_config: &Config, _host: &Host) -> Result<Self, PluginError> {
///         Ok(Self)
///     }
///     fn check_key(&self, key: &str) -> Result<KeyInfo, PluginError> {
///         match key.strip_prefix("backwards:") {
///             Some(name) if !name.is_empty() => Ok(KeyInfo::new(key)),
///             _ => Err(PluginError::new(ErrorCode::INVALID_KEY, "expected backwards:NAME")),
///         }
///     }
///     fn available(&self) -> Result<Availability, PluginError> {
///         Ok(Availability::available())
///     }
///     fn encrypt(&self, _: &str, plain: &[u8], _: &Context) -> Result<Vec<u8>, PluginError> {
///         Ok(plain.iter().rev().copied().collect())
///     }
///     fn decrypt(
///         &self, _: &str, cipher: &[u8], _: &Context,
///     ) -> Result<Zeroizing<Vec<u8>>, PluginError> {
///         Ok(Zeroizing::new(cipher.iter().rev().copied().collect()))
///     }
/// }
///
/// export_plugin! { cipher: Backwards }
/// ```
pub trait CipherBackend: Send + Sync + Sized + 'static {
    /// What the backend is: a constant, so that it is known without opening it.
    const INFO: CipherInfo;

    /// Makes the backend. Cheap: reads its configuration, and touches no network.
    ///
    /// # Errors
    /// [`ErrorCode::INVALID_CONFIG`] when the configuration does not fit.
    fn open(config: &Config, host: &Host) -> Result<Self, PluginError>;

    /// Looks at a key id's form alone, offline.
    ///
    /// # Errors
    /// [`ErrorCode::INVALID_KEY`], with a message that shows the right form.
    fn check_key(&self, key: &str) -> Result<KeyInfo, PluginError>;

    /// Whether calls have a chance: are there credentials? Bounded in time, and uses no key.
    ///
    /// # Errors
    /// Only when the question itself could not be answered.
    fn available(&self) -> Result<Availability, PluginError>;

    /// Encrypts `plaintext` under `key`, bound to `context`.
    ///
    /// # Errors
    /// The code says the cause; mark what may pass by itself as
    /// [retryable](PluginError::retryable). No message quotes plaintext or credentials.
    fn encrypt(
        &self,
        key: &str,
        plaintext: &[u8],
        context: &Context,
    ) -> Result<Vec<u8>, PluginError>;

    /// Decrypts what [`encrypt`](Self::encrypt) made under the same key and context.
    ///
    /// # Errors
    /// [`ErrorCode::WRONG_CONTEXT`] for another key or context, or a changed ciphertext; otherwise
    /// as for `encrypt`.
    fn decrypt(
        &self,
        key: &str,
        ciphertext: &[u8],
        context: &Context,
    ) -> Result<Zeroizing<Vec<u8>>, PluginError>;

    /// An operation that this version of the interface has no method for.
    ///
    /// # Errors
    /// [`ErrorCode::UNSUPPORTED`] unless overridden.
    fn call(&self, op: &str, json: &str) -> Result<String, PluginError> {
        let _ = json;
        Err(unsupported(op))
    }
}

pub(crate) fn unsupported(op: &str) -> PluginError {
    PluginError::new(ErrorCode::UNSUPPORTED, format!("operation {op:?} is not supported"))
}

/// What a cipher backend is. Built in a constant: `CipherInfo::new(…).key_patterns(&[…])`.
#[derive(Clone, Copy, Debug)]
pub struct CipherInfo {
    pub(crate) id: &'static str,
    pub(crate) provider: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) key_patterns: &'static [&'static str],
    pub(crate) plaintext_limit: u64,
    pub(crate) max_calls_in_flight: u32,
}

impl CipherInfo {
    /// `id` is the plugin's name (`aws-kms`), `provider` what envelopes call it (`aws`).
    #[must_use]
    pub const fn new(id: &'static str, provider: &'static str) -> Self {
        Self {
            id,
            provider,
            summary: "",
            key_patterns: &[],
            plaintext_limit: 0,
            max_calls_in_flight: 8,
        }
    }

    /// One line for `dugout plugin list`.
    #[must_use]
    pub const fn summary(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// Patterns over key ids, by which a host picks the backend: `*` stands for any characters, `?`
    /// for one.
    #[must_use]
    pub const fn key_patterns(mut self, patterns: &'static [&'static str]) -> Self {
        self.key_patterns = patterns;
        self
    }

    /// The largest plaintext, in bytes. Without it there is no limit.
    #[must_use]
    pub const fn plaintext_limit(mut self, bytes: u64) -> Self {
        self.plaintext_limit = bytes;
        self
    }

    /// How many calls the service likes at once; 8 if not said.
    #[must_use]
    pub const fn max_calls_in_flight(mut self, calls: u32) -> Self {
        self.max_calls_in_flight = calls;
        self
    }
}

/// A key id that [`CipherBackend::check_key`] has accepted.
#[repr(C)]
#[derive(StableAbi, Clone, Debug)]
pub struct KeyInfo {
    key: RString,
    region: ROption<RString>,
    extra_json: RString,
}

impl KeyInfo {
    /// The key in its normal form, as it should be stored.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into().into(), region: ROption::RNone, extra_json: RString::new() }
    }

    /// Adds the region that the key lives in.
    #[must_use]
    pub fn with_region(mut self, region: impl Into<String>) -> Self {
        self.region = ROption::RSome(region.into().into());
        self
    }

    /// The key in its normal form.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The key's region, where its form names one.
    pub fn region(&self) -> Option<&str> {
        self.region.as_ref().into_option().map(|region| region.as_str())
    }
}

/// Whether a backend's calls have a chance.
#[repr(C)]
#[derive(StableAbi, Clone, Debug)]
pub struct Availability {
    available: bool,
    detail: RString,
    extra_json: RString,
}

impl Availability {
    /// Credentials were found.
    pub fn available() -> Self {
        Self { available: true, detail: RString::new(), extra_json: RString::new() }
    }

    /// No call can succeed; `reason` is one line that names what was looked for.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self { available: false, detail: reason.into().into(), extra_json: RString::new() }
    }

    /// Whether calls have a chance.
    pub fn is_available(&self) -> bool {
        self.available
    }

    /// Why not.
    pub fn reason(&self) -> &str {
        &self.detail
    }
}

/// A backend's configuration: a JSON object, from the user's own configuration and never from a
/// repository.
#[derive(Clone, Debug, Default)]
pub struct Config(Map<String, Value>);

impl Config {
    /// Parses a JSON object; an empty string is an empty configuration.
    ///
    /// # Errors
    /// [`ErrorCode::INVALID_CONFIG`] when it is not a JSON object.
    pub fn from_json(json: &str) -> Result<Self, PluginError> {
        if json.trim().is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_str(json).map(Self).map_err(|error| {
            PluginError::new(ErrorCode::INVALID_CONFIG, format!("not a JSON object: {error}"))
        })
    }

    /// A string setting.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// All settings as a type of the author's own.
    ///
    /// # Errors
    /// [`ErrorCode::INVALID_CONFIG`], naming the field.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, PluginError> {
        serde_json::from_value(Value::Object(self.0.clone()))
            .map_err(|error| PluginError::new(ErrorCode::INVALID_CONFIG, error.to_string()))
    }
}

/// What a ciphertext is bound to: names and values that are not secret and must be the same at
/// decryption (AWS encryption context, additional authenticated data elsewhere).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context(BTreeMap<String, String>);

impl Context {
    /// An empty context.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pair.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// The pairs, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One unambiguous byte string for services that bind to bytes: the JSON object with sorted
    /// names, or nothing for an empty context.
    pub fn to_bytes(&self) -> Vec<u8> {
        if self.is_empty() { Vec::new() } else { self.to_json().into_bytes() }
    }

    /// The pairs as a JSON object with sorted names.
    pub fn to_json(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| (name.clone(), Value::from(value.clone())));
        Value::Object(pairs.collect()).to_string()
    }

    /// Parses what [`to_json`](Self::to_json) writes; an empty string is an empty context.
    ///
    /// # Errors
    /// [`ErrorCode::INVALID_DATA`] when it is not a JSON object of strings.
    pub fn from_json(json: &str) -> Result<Self, PluginError> {
        if json.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_str(json).map(Self).map_err(|error| {
            PluginError::new(ErrorCode::INVALID_DATA, format!("malformed context: {error}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_survives_json_and_sorts_its_names() {
        let context = Context::new().with("b", "2").with("a", "1\"");
        assert_eq!(context.to_json(), r#"{"a":"1\"","b":"2"}"#);
        assert_eq!(Context::from_json(&context.to_json()).unwrap(), context);
        assert!(Context::new().to_bytes().is_empty());
        assert!(Context::from_json("[1]").is_err());
    }

    #[test]
    fn a_configuration_is_an_object() {
        assert_eq!(Config::from_json("").unwrap().get("x"), None);
        assert_eq!(Config::from_json(r#"{"x":"y"}"#).unwrap().get("x"), Some("y"));
        let error = Config::from_json("[]").unwrap_err();
        assert_eq!(error.code(), ErrorCode::INVALID_CONFIG);
    }
}
