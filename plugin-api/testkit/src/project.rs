//! A project that exists in memory alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use dugout_plugin_api::{
    __private::abi_stable::{
        erased_types::TD_Opaque,
        std_types::{RResult, RStr, RString, RVec},
    },
    ErrorCode, PluginError, ProjectView,
    abi::{CallResult, Project, Project_TO},
};

/// A project in memory, which keeps the rules of a host: paths are relative, absolute ones and
/// `..` are refused, a limit on reading is kept, and entries are sorted.
#[derive(Clone, Debug)]
pub struct FakeProject {
    /// By path, without `.` and without a slash at either end; the root is `""`. Every file's
    /// folders are in it too.
    nodes: BTreeMap<String, Node>,
    tools: BTreeSet<String>,
}

#[derive(Clone, Debug)]
enum Node {
    Folder,
    File(Vec<u8>),
}

impl Default for FakeProject {
    fn default() -> Self {
        Self { nodes: BTreeMap::from([(String::new(), Node::Folder)]), tools: BTreeSet::new() }
    }
}

impl FakeProject {
    /// An empty folder, and no tool on `PATH`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text file, and the folders above it.
    ///
    /// # Panics
    /// If the path leaves the project, or is already a folder or inside a file.
    #[must_use]
    pub fn file(self, path: &str, text: impl Into<String>) -> Self {
        let text: String = text.into();
        self.file_bytes(path, text)
    }

    /// Adds a file of any content, and the folders above it.
    ///
    /// # Panics
    /// As [`file`](Self::file).
    #[must_use]
    pub fn file_bytes(self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.with(path, Node::File(content.into()))
    }

    /// Adds a folder, and those above it.
    ///
    /// # Panics
    /// If the path leaves the project, or is already a file or inside one.
    #[must_use]
    pub fn dir(self, path: &str) -> Self {
        self.with(path, Node::Folder)
    }

    /// Puts a program on the user's `PATH`.
    #[must_use]
    pub fn tool(mut self, name: impl Into<String>) -> Self {
        self.tools.insert(name.into());
        self
    }

    /// The view that a detector gets.
    pub fn view(&self) -> ProjectView<'_> {
        ProjectView::new(Project_TO::from_ptr(self, TD_Opaque))
    }

    /// Writes the files and folders, but no tools, to a folder on disk; makes it if need be.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write_to(&self, folder: &Path) -> io::Result<()> {
        // A folder sorts before what is in it.
        for (path, node) in &self.nodes {
            let path = folder.join(path);
            match node {
                Node::Folder => fs::create_dir_all(path)?,
                Node::File(content) => fs::write(path, content)?,
            }
        }
        Ok(())
    }

    fn with(mut self, path: &str, node: Node) -> Self {
        let place = normalised(path).unwrap_or_default();
        assert!(!place.is_empty(), "{path:?} is no path inside a project");
        for (end, _) in place.match_indices('/') {
            let parent = self.nodes.entry(place[..end].to_owned()).or_insert(Node::Folder);
            assert!(matches!(parent, Node::Folder), "{path:?} is inside a file");
        }
        let is_folder = matches!(node, Node::Folder);
        if let Some(before) = self.nodes.insert(place, node) {
            let was_folder = matches!(before, Node::Folder);
            assert_eq!(was_folder, is_folder, "{path:?} is both a file and a folder");
        }
        self
    }

    fn node(&self, path: &str) -> Result<&Node, PluginError> {
        let place = normalised(path)?;
        self.nodes
            .get(&place)
            .ok_or_else(|| PluginError::new(ErrorCode::NOT_FOUND, format!("no such file: {path}")))
    }

    fn content(&self, path: &str, limit: u64) -> Result<RVec<u8>, PluginError> {
        match self.node(path)? {
            Node::Folder => {
                Err(PluginError::new(ErrorCode::IO, format!("{path} is not a regular file")))
            }
            Node::File(content) if content.len() as u64 > limit => Err(PluginError::new(
                ErrorCode::TOO_LARGE,
                format!("{path} is larger than {limit} bytes"),
            )),
            Node::File(content) => Ok(RVec::from(content.clone())),
        }
    }

    fn names_in(&self, path: &str) -> Result<RVec<RString>, PluginError> {
        if let Node::File(_) = self.node(path)? {
            return Err(PluginError::new(ErrorCode::IO, format!("{path} is not a folder")));
        }
        let mut prefix = normalised(path)?;
        if !prefix.is_empty() {
            prefix.push('/');
        }
        let inside = self.nodes.keys().filter_map(|path| path.strip_prefix(prefix.as_str()));
        Ok(inside
            .filter(|name| !name.is_empty() && !name.contains('/'))
            .map(RString::from)
            .collect())
    }
}

impl Project for FakeProject {
    fn root(&self) -> RString {
        RString::from("/project")
    }

    fn has(&self, path: RStr<'_>) -> bool {
        self.node(path.as_str()).is_ok()
    }

    fn read(&self, path: RStr<'_>, limit: u64) -> CallResult<RVec<u8>> {
        self.content(path.as_str(), limit).into()
    }

    fn entries(&self, path: RStr<'_>) -> CallResult<RVec<RString>> {
        self.names_in(path.as_str()).into()
    }

    fn has_tool(&self, name: RStr<'_>) -> bool {
        self.tools.contains(name.as_str())
    }

    fn call(&self, op: RStr<'_>, _json: RStr<'_>) -> CallResult<RString> {
        RResult::RErr(PluginError::new(ErrorCode::UNSUPPORTED, format!("no operation {op}")))
    }
}

/// A path without `.` and needless slashes.
fn normalised(path: &str) -> Result<String, PluginError> {
    if path.starts_with('/') || path.split('/').any(|part| part == "..") {
        let message = format!("{path} is not inside the project");
        return Err(PluginError::new(ErrorCode::IO, message));
    }
    let parts: Vec<&str> =
        path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> FakeProject {
        FakeProject::new().file("b.toml", "b").file("a/x/main.rs", "").dir("a-z").tool("cargo")
    }

    #[test]
    fn a_file_brings_its_folders() {
        let project = project();
        let view = project.view();
        assert!(view.has("a/x/main.rs") && view.has("./a/x/") && view.has(""));
        assert!(!view.has("a/x/lib.rs"));
        assert_eq!(view.entries("").unwrap(), ["a", "a-z", "b.toml"]);
        assert_eq!(view.entries("a").unwrap(), ["x"]);
        assert!(view.entries("a-z").unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_told_apart() {
        let project = project();
        let view = project.view();
        assert_eq!(view.read("b.toml", 1).unwrap(), b"b");
        assert_eq!(view.read("b.toml", 0).unwrap_err().code(), ErrorCode::TOO_LARGE);
        assert_eq!(view.read("c.toml", 9).unwrap_err().code(), ErrorCode::NOT_FOUND);
        assert_eq!(view.read("a", 9).unwrap_err().code(), ErrorCode::IO);
        assert_eq!(view.entries("c").unwrap_err().code(), ErrorCode::NOT_FOUND);
        assert_eq!(view.entries("b.toml").unwrap_err().code(), ErrorCode::IO);
    }

    #[test]
    fn paths_out_of_the_project_are_refused() {
        let project = project();
        let view = project.view();
        for path in ["/b.toml", "../b.toml", "a/../b.toml", "a/.."] {
            assert!(!view.has(path), "{path}");
            assert_eq!(view.read(path, 9).unwrap_err().code(), ErrorCode::IO, "{path}");
            assert_eq!(view.entries(path).unwrap_err().code(), ErrorCode::IO, "{path}");
        }
    }

    #[test]
    fn only_named_tools_are_on_the_path() {
        let project = project();
        assert!(project.view().has_tool("cargo"));
        assert!(!project.view().has_tool("npm"));
    }

    #[test]
    #[should_panic(expected = "is inside a file")]
    fn a_file_holds_no_files() {
        let _ = project().file("b.toml/c", "");
    }

    #[test]
    fn on_disk_it_is_the_same_project() {
        let folder = tempfile::tempdir().unwrap();
        project().write_to(folder.path()).unwrap();
        assert_eq!(fs::read(folder.path().join("b.toml")).unwrap(), b"b");
        assert!(folder.path().join("a/x/main.rs").is_file());
        assert!(folder.path().join("a-z").is_dir());
    }
}
