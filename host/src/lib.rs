//! The embeddable host of dugout: opens vaults, finds identities, loads plugins, recognises
//! projects and prepares programs to run with their secrets.
//!
//! The `dugout` program is one embedder of this crate; it adds arguments and output. The library
//! itself prints nothing, ends no process, and reads environment variables in one place,
//! [`Environment::from_process`], which an embedder can replace.
//!
//! ```no_run
//! use dugout_host::{Host, Selection};
//!
//! let host = Host::from_env()?;
//! let vault = host.open(&std::env::current_dir()?, Selection::Only)?;
//! let url = vault.get("DATABASE_URL")?;
//! println!("{} bytes", url.as_bytes().len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A [`Host`] is cheap to clone and, like [`Vault`] and [`Registry`], `Send + Sync`. All calls
//! block.
//!
//! # Memory
//!
//! Secrets and keys are held in [zeroize]d memory. Parsers and ciphers underneath make copies that
//! no wrapper reaches; a program that must not leave them behind sets an allocator that wipes what
//! it frees, as the `dugout` program does.

#![warn(missing_docs)]

mod age;
mod atomic;
mod env;
mod error;
mod identity;
mod platform;
mod plugin;
mod project;
mod run;
mod settings;
mod vault;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

#[cfg(feature = "dynamic")]
pub use crate::plugin::{Described, describe, install, remove, verify};
/// Whether this thread is in a plugin's call: a panic hook need not report a panic there.
pub use dugout_plugin_api::is_contained;

pub use crate::{
    age::{Identity, Interaction, Recipient, RecipientKind},
    env::{Environment, IDENTITY_VARIABLES},
    error::{Error, ErrorKind, Result, one_line},
    identity::{FoundIdentity, IdentitySource, NewIdentity},
    plugin::{
        Cipher, Folder, Origin, PluginRecord, Provides, Registry, Status, set_cancelled,
        with_deadline,
    },
    project::{Candidate, Detected, Failure, ProjectRoot},
    run::{RunOptions, RunPlan, protect_memory},
    vault::{
        Notice, Secret, Selection, SetOptions, Vault, VaultLocation, VaultName, check_member_name,
        check_secret_name, is_dangerous,
    },
};

use crate::{
    age::Callbacks,
    settings::{Settings, Trust},
};

/// Everything that vaults and plugins have in common: the environment, the user's settings, and
/// the registry of plugins.
#[derive(Clone)]
pub struct Host {
    shared: Arc<Shared>,
}

struct Shared {
    environment: Environment,
    settings: Settings,
    trust: Trust,
    callbacks: Callbacks,
    registry: OnceLock<Registry>,
}

impl Host {
    /// A host for this process's environment, whose user cannot be asked anything.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidSettings`].
    pub fn from_env() -> Result<Self> {
        Self::new(Environment::from_process(), None)
    }

    /// A host for an environment; `interaction` is how its user is asked for passphrases.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidSettings`].
    pub fn new(
        environment: Environment,
        interaction: Option<Arc<dyn Interaction>>,
    ) -> Result<Self> {
        if let Some(home) = environment.dugout_home.as_ref().filter(|home| !home.is_absolute()) {
            // It would be another folder in every clone.
            let line = format!("{} (DUGOUT_HOME) is not an absolute path", home.display());
            return Err(Error::new(ErrorKind::InvalidSettings, line));
        }
        let settings = Settings::load(&environment)?;
        let trust = settings.trust(&environment);
        let callbacks = Callbacks(interaction);
        let registry = OnceLock::new();
        let shared = Shared { environment, settings, trust, callbacks, registry };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Finds a vault, from a folder up to its repository's root.
    ///
    /// # Errors
    /// [`ErrorKind::NoVault`] or [`ErrorKind::SeveralVaults`].
    pub fn find(&self, from: &Path, selection: Selection<'_>) -> Result<VaultLocation> {
        vault::find(from, selection, self.trust())
    }

    /// Finds and reads a vault.
    ///
    /// # Errors
    /// Those of [`find`](Self::find), [`ErrorKind::ForeignVault`] and
    /// [`ErrorKind::MalformedVault`].
    pub fn open(&self, from: &Path, selection: Selection<'_>) -> Result<Vault> {
        Vault::open(self.clone(), self.find(from, selection)?)
    }

    /// Makes a vault in a folder, with one member.
    ///
    /// # Errors
    /// [`ErrorKind::VaultExists`], [`ErrorKind::InvalidLabel`] or [`ErrorKind::Io`].
    pub fn init(
        &self,
        folder: &Path,
        name: VaultName,
        member: &str,
        recipient: &Recipient,
    ) -> Result<Vault> {
        Vault::init(self.clone(), folder, name, member, recipient)
    }

    /// The identity that the user has, whatever vault it is for.
    ///
    /// # Errors
    /// [`ErrorKind::NoIdentity`] or [`ErrorKind::InvalidIdentity`].
    pub fn identity(&self) -> Result<FoundIdentity> {
        identity::first(self.environment())
    }

    /// The file of the user's global identity, if there is one.
    pub fn identity_file(&self) -> Option<PathBuf> {
        identity::exists(self.environment())
    }

    /// The user's global identity, whatever the variables name.
    ///
    /// # Errors
    /// [`ErrorKind::NoIdentity`] or [`ErrorKind::InvalidIdentity`].
    pub fn global_identity(&self) -> Result<FoundIdentity> {
        identity::global(self.environment())
    }

    /// Makes the user's global identity. With `replace`, the existing one is archived first.
    ///
    /// # Errors
    /// [`ErrorKind::IdentityExists`] or [`ErrorKind::Io`].
    pub fn create_identity(&self, replace: bool) -> Result<NewIdentity> {
        identity::create(self.environment(), replace)
    }

    /// The plugins: linked ones, and installed ones by their indexes. Made at the first call; no
    /// library is opened by it.
    pub fn registry(&self) -> &Registry {
        self.shared.registry.get_or_init(|| Registry::scan(self.environment()))
    }

    /// What the host takes from its surroundings.
    pub fn environment(&self) -> &Environment {
        &self.shared.environment
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    pub(crate) fn trust(&self) -> &Trust {
        &self.shared.trust
    }

    pub(crate) fn callbacks(&self) -> &Callbacks {
        &self.shared.callbacks
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("environment", &self.environment()).finish_non_exhaustive()
    }
}
