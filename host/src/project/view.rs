//! What a detector sees of a project.

use std::{
    ffi::OsString,
    io::{self, Read},
    path::{Component, Path, PathBuf},
    sync::OnceLock,
};

use dugout_plugin_api::{
    __private::abi_stable::{
        erased_types::TD_Opaque,
        std_types::{RResult, RStr, RString, RVec},
    },
    ErrorCode, Guard, PluginError,
    abi::{CallResult, Project, Project_TO, ProjectRef},
};

use crate::platform;

/// The most names that a folder's listing has.
const MAX_ENTRIES: usize = 10_000;

/// A project's root folder, served to detectors. Everything below it can be read; links that lead
/// out of it, and what is not a regular file, can not.
#[derive(Debug)]
pub struct ProjectRoot {
    path: PathBuf,
    search_path: Option<OsString>,
    names: OnceLock<Vec<String>>,
}

impl ProjectRoot {
    /// A project's root; `search_path` is the `PATH` on which its tools are looked for.
    pub fn new(path: &Path, search_path: Option<OsString>) -> Self {
        Self { path: path.to_owned(), search_path, names: OnceLock::new() }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names in the root, read once.
    pub(super) fn names(&self) -> &[String] {
        self.names.get_or_init(|| list(&self.path).unwrap_or_default())
    }

    pub(super) fn contains(&self, path: &str) -> bool {
        self.resolve(path).is_ok()
    }

    pub(crate) fn as_view(&self) -> ProjectRef<'_> {
        Project_TO::from_ptr(self, TD_Opaque)
    }

    /// The real path behind a relative one.
    fn resolve(&self, path: &str) -> Result<PathBuf, PluginError> {
        let relative = Path::new(path);
        let is_inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if !relative.components().all(is_inside) {
            let line = format!("{path} is not inside the project");
            return Err(PluginError::new(ErrorCode::IO, line));
        }
        let outside = || {
            let line = format!("{path} leads out of the project");
            PluginError::new(ErrorCode::IO, line)
        };
        let real = self.path.join(relative).canonicalize().map_err(|e| io_error(path, &e))?;
        let root = self.path.canonicalize().map_err(|error| io_error(path, &error))?;
        if real.starts_with(root) { Ok(real) } else { Err(outside()) }
    }

    fn read_file(&self, path: &str, limit: u64) -> Result<Vec<u8>, PluginError> {
        let real = self.resolve(path)?;
        let metadata = real.metadata().map_err(|error| io_error(path, &error))?;
        if !metadata.is_file() {
            let line = format!("{path} is not a regular file");
            return Err(PluginError::new(ErrorCode::IO, line));
        }
        let too_large = || {
            let line = format!("{path} is larger than {limit} bytes");
            PluginError::new(ErrorCode::TOO_LARGE, line)
        };
        if metadata.len() > limit {
            return Err(too_large());
        }
        let mut bytes = Vec::with_capacity(metadata.len() as usize);
        platform::open_without_blocking(&real)
            .and_then(|file| file.take(limit.saturating_add(1)).read_to_end(&mut bytes))
            .map_err(|error| io_error(path, &error))?;
        // It may have grown, or have had no size to tell.
        if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
    }

    fn has_program(&self, name: &str) -> bool {
        let is_name = !name.is_empty() && !name.contains(['/', '\\']);
        is_name && which::which_in(name, self.search_path.as_deref(), &self.path).is_ok()
    }
}

impl Project for ProjectRoot {
    fn root(&self) -> RString {
        RString::from(self.path.to_string_lossy().into_owned())
    }

    fn has(&self, path: RStr<'_>) -> bool {
        contained(|| Ok(self.contains(path.as_str()))).unwrap_or(false)
    }

    fn read(&self, path: RStr<'_>, limit: u64) -> CallResult<RVec<u8>> {
        contained(|| self.read_file(path.as_str(), limit)).map(RVec::from).into()
    }

    fn entries(&self, path: RStr<'_>) -> CallResult<RVec<RString>> {
        let names = contained(|| match path.as_str() {
            "" => Ok(self.names().to_vec()),
            path => list(&self.resolve(path)?).map_err(|error| io_error(path, &error)),
        });
        names.map(|names| names.into_iter().map(RString::from).collect()).into()
    }

    fn has_tool(&self, name: RStr<'_>) -> bool {
        contained(|| Ok(self.has_program(name.as_str()))).unwrap_or(false)
    }

    fn call(&self, op: RStr<'_>, _json: RStr<'_>) -> CallResult<RString> {
        let line = format!("operation {:?} is not supported", op.as_str());
        RResult::RErr(PluginError::new(ErrorCode::UNSUPPORTED, line))
    }
}

/// The wall in the other direction: a panic of the host does not pass through a plugin.
fn contained<T>(call: impl FnOnce() -> Result<T, PluginError>) -> Result<T, PluginError> {
    Guard::new().run(call)
}

fn list(folder: &Path) -> io::Result<Vec<String>> {
    let names =
        folder.read_dir()?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.take(MAX_ENTRIES).collect();
    names.sort_unstable();
    Ok(names)
}

fn io_error(path: &str, error: &io::Error) -> PluginError {
    let code = match error.kind() {
        io::ErrorKind::NotFound => ErrorCode::NOT_FOUND,
        _ => ErrorCode::IO,
    };
    PluginError::new(code, format!("{path}: {error}"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use dugout_plugin_api::ProjectView;

    use super::*;

    #[test]
    fn files_are_read_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("sub/file"), "12345").unwrap();
        let root = ProjectRoot::new(folder.path(), None);
        let view = ProjectView::new(root.as_view());
        assert_eq!(view.read("sub/file", 5).unwrap(), b"12345");
        let code = |path: &str, limit| view.read(path, limit).unwrap_err().code();
        assert_eq!(code("sub/file", 4), ErrorCode::TOO_LARGE);
        assert_eq!(code("sub/none", 4), ErrorCode::NOT_FOUND);
        assert_eq!(code("sub", 4), ErrorCode::IO);
        assert!(view.has("sub") && !view.has("none"));
        assert_eq!(view.entries("").unwrap(), ["sub"]);
        assert_eq!(view.entries("sub").unwrap(), ["file"]);
    }

    #[test]
    fn nothing_outside_the_project_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("secret"), "x").unwrap();
        fs::create_dir(folder.path().join("project")).unwrap();
        let root = ProjectRoot::new(&folder.path().join("project"), None);
        let view = ProjectView::new(root.as_view());
        let absolute = folder.path().join("secret");
        for path in ["../secret", "a/../../secret", absolute.to_str().unwrap()] {
            assert_eq!(view.read(path, 10).unwrap_err().code(), ErrorCode::IO, "{path}");
            assert!(!view.has(path));
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_project_and_loops_are_errors() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("secret"), "x").unwrap();
        let project = folder.path().join("project");
        fs::create_dir(&project).unwrap();
        symlink("../secret", project.join("out")).unwrap();
        symlink("loop", project.join("loop")).unwrap();
        symlink("/dev/zero", project.join("device")).unwrap();
        let root = ProjectRoot::new(&project, None);
        let view = ProjectView::new(root.as_view());
        for path in ["out", "loop", "device"] {
            assert_eq!(view.read(path, 10).unwrap_err().code(), ErrorCode::IO, "{path}");
        }
    }
}
