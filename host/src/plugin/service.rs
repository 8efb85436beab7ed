//! A loaded plugin, in the host's own terms.

use std::fmt;

use dugout_plugin_api::{
    Availability, Context, Detection, KeyInfo, PluginError, SecretBuf,
    abi::{CallResult, CipherBox, DetectorBox, PluginInfo, PluginModRef, ProjectRef},
};

use super::{host_api::host_api, record::LinkedModule};
use crate::error::{Error, ErrorKind, Result};

/// A plugin whose root module is at hand and that has its host.
pub(super) struct Plugin {
    id: String,
    module: PluginModRef,
    detector: std::sync::OnceLock<std::result::Result<DetectorBox, PluginError>>,
}

impl Plugin {
    pub(super) fn linked(module: LinkedModule) -> Result<Self> {
        Self::start(module.0, false).map(|(plugin, _)| plugin)
    }

    /// Gives a plugin its host, and learns what it says of itself.
    pub(super) fn start(module: PluginModRef, is_dynamic: bool) -> Result<(Self, PluginInfo)> {
        let info = (module.info())();
        let id = info.id.as_str().to_owned();
        let started: std::result::Result<(), PluginError> =
            (module.init())(host_api(), is_dynamic).into();
        started.map_err(|error| failed(&id, &error))?;
        tracing::debug!(plugin = %id, version = %info.version, is_dynamic, "plugin started");
        let detector = std::sync::OnceLock::new();
        Ok((Self { id, module, detector }, info))
    }

    pub(super) fn open_cipher(&self, config_json: &str) -> Result<Cipher> {
        let id = self.id.clone();
        match (self.module.open_cipher())(config_json.into()).into_result() {
            Ok(object) => Ok(Cipher { id, object }),
            Err(error) => Err(failed(&id, &error)),
        }
    }

    pub(super) fn detect(&self, project: ProjectRef<'_>) -> Result<Option<Detection>> {
        let open = || (self.module.open_detector())().into_result();
        let detector = self.detector.get_or_init(open).as_ref();
        let detector = detector.map_err(|error| failed(&self.id, error))?;
        let answer = detector.detect(project).into_result();
        answer.map(Into::into).map_err(|error| failed(&self.id, &error))
    }
}

/// An open cipher of a plugin.
pub struct Cipher {
    id: String,
    object: CipherBox,
}

impl Cipher {
    /// The plugin's id.
    pub fn plugin(&self) -> &str {
        &self.id
    }

    /// Looks at a key id's form.
    ///
    /// # Errors
    /// [`ErrorKind::PluginFailed`].
    pub fn check_key(&self, key: &str) -> Result<KeyInfo> {
        self.answer(self.object.check_key(key.into()))
    }

    /// Whether calls have a chance.
    ///
    /// # Errors
    /// [`ErrorKind::PluginFailed`].
    pub fn available(&self) -> Result<Availability> {
        self.answer(self.object.available())
    }

    /// Encrypts a small value.
    ///
    /// # Errors
    /// [`ErrorKind::PluginFailed`].
    pub fn encrypt(&self, key: &str, plaintext: &[u8], context: &Context) -> Result<Vec<u8>> {
        let context = context.to_json();
        let answer = self.object.encrypt(key.into(), plaintext.into(), context.as_str().into());
        self.answer(answer).map(|bytes| bytes.into_vec())
    }

    /// Decrypts a small value. The bytes stay in the plugin's memory, and are wiped there when the
    /// buffer is dropped.
    ///
    /// # Errors
    /// [`ErrorKind::PluginFailed`].
    pub fn decrypt(&self, key: &str, ciphertext: &[u8], context: &Context) -> Result<SecretBuf> {
        let context = context.to_json();
        self.answer(self.object.decrypt(key.into(), ciphertext.into(), context.as_str().into()))
    }

    fn answer<T>(&self, result: CallResult<T>) -> Result<T> {
        result.into_result().map_err(|error| failed(&self.id, &error))
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cipher").field("plugin", &self.id).finish_non_exhaustive()
    }
}

fn failed(id: &str, error: &PluginError) -> Error {
    Error::new(ErrorKind::PluginFailed, format!("plugin {id}")).with_source(error.clone())
}
