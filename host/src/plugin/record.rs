//! What is known of a plugin without opening it.

use std::path::PathBuf;

use dugout_plugin_api::abi::{PluginInfo, PluginModRef};
use serde::{Deserialize, Serialize};

#[cfg(feature = "dynamic")]
use super::{index::Entry, loader::Library};

/// A plugin that was found.
#[derive(Clone, Debug)]
pub struct PluginRecord {
    id: String,
    version: String,
    api_version: String,
    summary: String,
    provides: Provides,
    origin: Origin,
    status: Status,
    pub(super) loading: Loading,
}

/// Where a plugin comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "origin")]
#[non_exhaustive]
pub enum Origin {
    /// It is part of the program.
    Linked,
    /// It is a library in a folder.
    Installed {
        /// The library's file.
        file: PathBuf,
    },
}

/// Whether a plugin is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "status")]
#[non_exhaustive]
pub enum Status {
    /// It is.
    Ready,
    /// One of the same id comes before it in the order of the search.
    Shadowed {
        /// Where that one is.
        by: String,
    },
    /// It is not, and neither is another of the same id that comes after it.
    Broken {
        /// Why.
        reason: String,
    },
}

/// What a plugin provides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
#[non_exhaustive]
pub enum Provides {
    /// A cipher backend.
    Cipher {
        /// Its name in an envelope.
        provider: String,
        /// Patterns (`*`, `?`) over the keys that it serves.
        key_patterns: Vec<String>,
        /// The largest plaintext in bytes; 0 is no limit.
        plaintext_limit: u64,
        /// How many calls may be under way at once.
        max_calls_in_flight: u32,
    },
    /// A project detector.
    Detector {
        /// The kind of project.
        project_kind: String,
        /// File names, or patterns (`*`, `?`) over them, one of which stands in the project's root.
        markers: Vec<String>,
        /// Breaks ties; the higher one wins.
        priority: u32,
    },
}

/// How a plugin is reached.
#[derive(Clone, Debug)]
pub(super) enum Loading {
    Linked(LinkedModule),
    #[cfg(feature = "dynamic")]
    Library(Box<Library>),
}

/// A root module that shows nothing of itself.
#[derive(Clone, Copy)]
pub(super) struct LinkedModule(pub(super) PluginModRef);

impl std::fmt::Debug for LinkedModule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkedModule")
    }
}

impl PluginRecord {
    pub(super) fn linked(module: PluginModRef) -> Self {
        let info = (module.info())();
        let (provides, status) = match Provides::from_info(&info) {
            Some(provides) => (provides, Status::Ready),
            None => (Provides::nothing(), Status::Broken { reason: "it provides nothing".into() }),
        };
        Self {
            id: info.id.into_string(),
            version: info.version.into_string(),
            api_version: dugout_plugin_api::abi::API_VERSION.to_owned(),
            summary: info.summary.into_string(),
            provides,
            origin: Origin::Linked,
            status,
            loading: Loading::Linked(LinkedModule(module)),
        }
    }

    #[cfg(feature = "dynamic")]
    pub(super) fn installed(folder: &std::path::Path, entry: Entry) -> Self {
        let file = folder.join(&entry.file);
        Self {
            id: entry.id.clone(),
            version: entry.version.clone(),
            api_version: entry.api.clone(),
            summary: entry.summary.clone(),
            provides: entry.provides.clone(),
            origin: Origin::Installed { file: file.clone() },
            status: Status::Ready,
            loading: Loading::Library(Box::new(Library { file, entry })),
        }
    }

    /// The plugin's name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The plugin's own version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The version of the interface that it was built for.
    pub fn api_version(&self) -> &str {
        &self.api_version
    }

    /// One line about it.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// What it provides.
    pub fn provides(&self) -> &Provides {
        &self.provides
    }

    /// Where it comes from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether it is used, as far as the indexes tell.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Whether it is used, after a look at the library's file: mode, owner, digest and form. The
    /// library is not opened.
    pub fn inspect(&self) -> Status {
        #[cfg(feature = "dynamic")]
        if let (Status::Ready, Loading::Library(library)) = (&self.status, &self.loading)
            && let Err(reason) = library.check()
        {
            return Status::Broken { reason };
        }
        self.status.clone()
    }

    pub(super) fn is_used(&self) -> bool {
        self.status == Status::Ready
    }

    pub(super) fn is_shadowed(&self) -> bool {
        matches!(self.status, Status::Shadowed { .. })
    }

    pub(super) fn shadow_by_first(&mut self, before: &[Self]) {
        let first = before.iter().find(|other| other.id == self.id);
        if let Some(first) = first {
            let by = match &first.origin {
                Origin::Linked => "the linked one".to_owned(),
                Origin::Installed { file } => file.display().to_string(),
            };
            self.status = Status::Shadowed { by };
        }
    }
}

impl Provides {
    /// What a plugin says of itself; `None` if that is nothing a host knows.
    pub(super) fn from_info(info: &PluginInfo) -> Option<Self> {
        let strings = |list: &abi_stable_strings::List| {
            list.iter().map(|item| item.as_str().to_owned()).collect()
        };
        if let Some(cipher) = info.cipher.as_ref().into_option() {
            return Some(Self::Cipher {
                provider: cipher.provider.as_str().to_owned(),
                key_patterns: strings(&cipher.key_patterns),
                plaintext_limit: cipher.plaintext_limit,
                max_calls_in_flight: cipher.max_calls_in_flight.max(1),
            });
        }
        let detector = info.detector.as_ref().into_option()?;
        Some(Self::Detector {
            project_kind: detector.project_kind.as_str().to_owned(),
            markers: strings(&detector.markers),
            priority: detector.priority,
        })
    }

    fn nothing() -> Self {
        Self::Detector { project_kind: String::new(), markers: Vec::new(), priority: 0 }
    }

    /// `cipher` or `detector`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Cipher { .. } => "cipher",
            Self::Detector { .. } => "detector",
        }
    }
}

/// The interface's list of strings.
mod abi_stable_strings {
    use dugout_plugin_api::__private::abi_stable::std_types::{RString, RVec};
    pub(super) type List = RVec<RString>;
}

/// Two plugins of one id in one folder: neither is used, since nothing says which was meant.
#[cfg(feature = "dynamic")]
pub(super) fn break_duplicates(records: &mut [PluginRecord]) {
    for at in 0..records.len() {
        let id = records[at].id.clone();
        let count = records.iter().filter(|other| other.id == id).count();
        if count > 1 {
            let reason = format!("the folder's index names it {count} times");
            records[at].status = Status::Broken { reason };
        }
    }
}
