//! Opening a library: the only place where foreign code enters the process.

// The dynamic loader's functions, and a symbol whose type nobody but its name vouches for.
#![allow(unsafe_code)]

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use dugout_plugin_api::{
    __private::abi_stable::{
        StableAbi,
        abi_stability::abi_checking::{AbiInstabilityErrors, check_layout_compatibility},
        library::{AbiHeaderRef, LibHeader},
        type_layout::TLFieldOrFunction,
    },
    abi::{API_VERSION, PluginInfo, PluginModRef},
};
use object::read::ReadCache;
use semver::Version;
use sha2::{Digest, Sha256};

use super::{index::Entry, precheck, record::Provides, refused, service::Plugin};
use crate::{
    error::{Result, one_line},
    platform,
    vault::hex,
};

/// The largest library that is read.
const MAX_LIBRARY_LEN: u64 = 512 * 1024 * 1024;

/// A library that an index lists.
#[derive(Clone, Debug)]
pub(super) struct Library {
    pub(super) file: PathBuf,
    pub(super) entry: Entry,
}

impl Library {
    /// Everything that can be checked without opening the library. Gives its root symbol.
    ///
    /// # Errors
    /// One line that names the file and what is wrong.
    pub(super) fn check(&self) -> std::result::Result<Checked, String> {
        let shown = self.file.display();
        check_version(&self.entry.api).map_err(|reason| format!("{shown}: it {reason}"))?;
        let (path, mut file) = open_trusted(&self.file)?;
        // A piece at a time: a whole library would have to be brought into memory twice.
        let mut digest = Sha256::new();
        let len = io::copy(&mut file, &mut digest)
            .map_err(|error| format!("{shown} cannot be read: {error}"))?;
        let sha256 = hex(&digest.finalize());
        if sha256 != self.entry.sha256 {
            let pinned = &self.entry.sha256;
            return Err(format!(
                "{shown} was changed: its SHA-256 is {sha256}, installed was {pinned}"
            ));
        }
        let symbol = precheck::check(&ReadCache::new(file.into_inner()), len)
            .map_err(|what| format!("{shown}: {what}"))?;
        Ok(Checked { path, symbol })
    }
}

/// A library's file that may be opened.
#[derive(Debug)]
pub(super) struct Checked {
    /// The file, without links in its path.
    path: PathBuf,
    symbol: String,
}

/// Loads a plugin that an index lists.
///
/// # Errors
/// [`ErrorKind::PluginRefused`](crate::ErrorKind::PluginRefused), in one line.
pub(super) fn load(library: &Library) -> Result<Plugin> {
    let id = &library.entry.id;
    let checked = library.check().map_err(|reason| refused(id, &reason))?;
    let (module, _) = open(&checked).map_err(|reason| refused(id, &reason))?;
    let (plugin, info) = Plugin::start(module, true)?;
    if info.id.as_str() != id
        || Provides::from_info(&info).as_ref() != Some(&library.entry.provides)
    {
        let file = library.file.display();
        return Err(refused(id, &format!("{file} is not what the index says; install it again")));
    }
    Ok(plugin)
}

/// Opens a library that no index lists yet, and asks what it is and for which interface it was
/// built.
///
/// # Errors
/// [`ErrorKind::PluginRefused`](crate::ErrorKind::PluginRefused), in one line.
pub(super) fn introduce(file: &Path) -> Result<(PluginInfo, Version)> {
    let name = file.display().to_string();
    let (checked, _) = check_file(file).map_err(|reason| refused(&name, &reason))?;
    let (module, api) = open(&checked).map_err(|reason| refused(&name, &reason))?;
    let (_, info) = Plugin::start(module, true)?;
    Ok((info, api))
}

/// Checks owner, mode, size and form of a file that no index lists yet, and gives its content.
pub(super) fn check_file(file: &Path) -> std::result::Result<(Checked, Vec<u8>), String> {
    let shown = file.display();
    let (path, mut opened) = open_trusted(file)?;
    let mut bytes = Vec::new();
    opened.read_to_end(&mut bytes).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let symbol = precheck::check(&bytes[..], bytes.len() as u64)
        .map_err(|what| format!("{shown}: {what}"))?;
    Ok((Checked { path, symbol }, bytes))
}

/// Opens a file that nobody but this user and root can change. Gives its path without links.
fn open_trusted(file: &Path) -> std::result::Result<(PathBuf, io::Take<File>), String> {
    let shown = file.display();
    let cannot_read = |error: io::Error| format!("{shown} cannot be read: {error}");
    let path = file.canonicalize().map_err(cannot_read)?;
    let opened = platform::open_without_blocking(&path).map_err(cannot_read)?;
    let metadata = opened.metadata().map_err(cannot_read)?;
    if !metadata.is_file() {
        return Err(format!("{shown} is not a regular file"));
    }
    if metadata.len() > MAX_LIBRARY_LEN {
        return Err(format!("{shown} is too large"));
    }
    match platform::unsafe_ancestor(&path) {
        Ok(None) => Ok((path, opened.take(MAX_LIBRARY_LEN))),
        Ok(Some(what)) => Err(what),
        Err(error) => Err(cannot_read(error)),
    }
}

/// Opens a checked library, and checks its interface.
fn open(checked: &Checked) -> std::result::Result<(PluginModRef, Version), String> {
    let shown = checked.path.display();
    let library = dlopen(&checked.path)
        .map_err(|error| format!("{shown} cannot be opened: {}", one_line(&error.to_string())))?;
    // Never unloaded: layouts, vtables and log callsites of the host point into it.
    let library = std::mem::ManuallyDrop::new(library);
    // SAFETY: the precheck has found this export, whose name is made by the export macro alone,
    // and the macro gives it the type `LibHeader`, which begins with an `AbiHeader`. A library
    // that lies about that is code that already runs.
    let header: AbiHeaderRef = match unsafe { library.get(checked.symbol.as_bytes()) } {
        Ok(symbol) => *symbol,
        Err(error) => return Err(format!("{shown}: {}", one_line(&error.to_string()))),
    };
    let header = header.upgrade().map_err(|_| {
        format!("{shown} was built with another version of abi_stable than this program")
    })?;
    check_interface(header).map_err(|reason| format!("{shown}: it {reason}"))
}

/// Compares versions and layouts, then takes the root module.
fn check_interface(
    header: &'static LibHeader,
) -> std::result::Result<(PluginModRef, Version), String> {
    let (theirs, order) = check_version(&header.version_strings().version)?;
    let Some(layout) = header.layout() else {
        return Err("carries no description of its interface".to_owned());
    };
    let ours = <PluginModRef as StableAbi>::LAYOUT;
    // The older side first: fields may only have been added since.
    let result = match order {
        std::cmp::Ordering::Greater => check_layout_compatibility(ours, layout),
        _ => check_layout_compatibility(layout, ours),
    };
    result.map_err(|errors| {
        format!(
            "does not fit: it was built for plugin interface {theirs}, this program has \
             {API_VERSION}, and they differ in {}",
            difference(&errors)
        )
    })?;
    // SAFETY: the layouts were compared just now.
    let module = unsafe { header.init_root_module_with_unchecked_layout::<PluginModRef>() };
    module.map(|module| (module, theirs)).map_err(|_| "failed to initialise".to_owned())
}

/// Compares a plugin's interface version to ours; another major version is refused.
fn check_version(theirs: &str) -> std::result::Result<(Version, std::cmp::Ordering), String> {
    let parse = |text: &str| {
        Version::parse(text).map_err(|_| format!("names {text:?} as its interface's version"))
    };
    let (plugin, host) = (parse(theirs)?, parse(API_VERSION)?);
    if plugin.major != host.major {
        return Err(format!(
            "was built for plugin interface {plugin}, and this program has {host}"
        ));
    }
    let order = plugin.cmp(&host);
    Ok((plugin, order))
}

/// The first difference in a few words; abi_stable's own report has up to 90 KB.
fn difference(errors: &AbiInstabilityErrors) -> String {
    let named = errors.errors.iter().find(|error| !error.errs.is_empty());
    let Some(error) = named else { return "their layout".to_owned() };
    let what = error.errs.first().map(|error| format!("{error:?}")).unwrap_or_default();
    let what = what.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let place = error.stack_trace.iter().map(|step| match &step.expected {
        TLFieldOrFunction::Field(field) => field.full_type().to_string(),
        TLFieldOrFunction::Function(function) => function.name.to_string(),
    });
    let place: Vec<String> = place.collect();
    match place.as_slice() {
        [] => one_line(what),
        [.., last] if last.len() < 100 => one_line(&format!("{last} ({what})")),
        _ => one_line(what),
    }
}

#[cfg(unix)]
fn dlopen(path: &Path) -> std::result::Result<libloading::Library, libloading::Error> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
    // SAFETY: constructors run; that the file may do so was decided by its owner, mode and digest.
    // All symbols are resolved now, so that a missing one is an error here and no crash later.
    unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map(Into::into)
}

#[cfg(not(unix))]
fn dlopen(path: &Path) -> std::result::Result<libloading::Library, libloading::Error> {
    // SAFETY: as above.
    unsafe { libloading::Library::new(path) }
}
