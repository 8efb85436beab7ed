//! Which file is meant.

use std::path::{Path, PathBuf};

use super::name::VaultName;
use crate::{
    error::{Error, ErrorKind, Result},
    settings::Trust,
};

/// A vault's file, and the repository that it is in.
#[derive(Clone, Debug)]
pub struct VaultLocation {
    pub(crate) folder: PathBuf,
    pub(crate) name: VaultName,
    pub(crate) repository: Option<PathBuf>,
}

impl VaultLocation {
    /// The vault's file.
    pub fn file(&self) -> PathBuf {
        self.folder.join(self.name.file_name())
    }

    /// The folder that the file is in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The repository's root; outside a repository, the vault's folder.
    pub(crate) fn top(&self) -> &Path {
        self.repository.as_deref().unwrap_or(&self.folder)
    }

    /// The vault's name.
    pub fn name(&self) -> &VaultName {
        &self.name
    }
}

/// Which vault to take where several may stand.
#[derive(Clone, Copy, Debug)]
pub enum Selection<'a> {
    /// The one of this name.
    Named(&'a VaultName),
    /// The only one; several are an error.
    Only,
    /// The default one where it exists, otherwise the only one.
    PreferDefault,
}

/// Finds a vault from a folder upwards to the root of its repository; outside a repository in the
/// folder alone, so that nobody else's file higher up is ever picked.
pub(crate) fn find(from: &Path, selection: Selection<'_>, trust: &Trust) -> Result<VaultLocation> {
    let from = from.canonicalize().map_err(|error| Error::io("open", from, error))?;
    let repository = repository_of(&from, trust);
    let at = |folder: &Path, name: VaultName| VaultLocation {
        folder: folder.to_owned(),
        name,
        repository: repository.clone(),
    };
    for folder in folders_to_search(&from, repository.as_deref()) {
        let exists = |name: &VaultName| folder.join(name.file_name()).symlink_metadata().is_ok();
        match selection {
            Selection::Named(name) if exists(name) => return Ok(at(folder, name.clone())),
            Selection::Named(_) => {}
            Selection::PreferDefault if exists(&VaultName::default()) => {
                return Ok(at(folder, VaultName::default()));
            }
            Selection::PreferDefault | Selection::Only => {
                let mut names = vaults_in(folder)?;
                match names.len() {
                    0 => {}
                    1 => return Ok(at(folder, names.remove(0))),
                    _ => return Err(several(folder, &names)),
                }
            }
        }
    }
    let what = match selection {
        Selection::Named(name) => name.file_name(),
        _ => "vault".to_owned(),
    };
    let place = match &repository {
        Some(root) if *root != from => format!("{} up to {}", from.display(), root.display()),
        _ => from.display().to_string(),
    };
    Err(Error::new(ErrorKind::NoVault, format!("no {what} in {place}")))
}

/// The names of the vaults in a folder, the default one first, the others sorted.
pub(crate) fn vaults_in(folder: &Path) -> Result<Vec<VaultName>> {
    let entries = folder.read_dir().map_err(|error| Error::io("list", folder, error))?;
    let mut names: Vec<VaultName> = entries
        .filter_map(|entry| VaultName::from_file_name(entry.ok()?.file_name().to_str()?))
        .collect();
    names.sort_by_key(|name| (*name != VaultName::default(), name.clone()));
    Ok(names)
}

/// The nearest folder upwards that git calls a work tree. As for git, one that belongs to another
/// user is none: whoever may write above a folder must not decide how far up is looked.
pub(crate) fn repository_of(folder: &Path, trust: &Trust) -> Option<PathBuf> {
    let is_repository = |folder: &&Path| {
        let git = folder.join(".git");
        git.exists() && trust.owns(folder, folder) && trust.owns(&git, folder)
    };
    folder.ancestors().find(is_repository).map(Path::to_owned)
}

/// From a folder up to its repository's root; outside a repository the folder alone.
pub(crate) fn folders_to_search<'a>(
    from: &'a Path,
    repository: Option<&'a Path>,
) -> impl Iterator<Item = &'a Path> {
    let top = repository.unwrap_or(from);
    from.ancestors().take_while(move |folder| folder.starts_with(top))
}

fn several(folder: &Path, names: &[VaultName]) -> Error {
    let list: Vec<&str> = names.iter().map(VaultName::as_str).collect();
    let list = list.join(", ");
    Error::new(ErrorKind::SeveralVaults, format!("several vaults in {}: {list}", folder.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        root
    }

    #[test]
    fn a_vault_is_found_from_a_sub_directory_of_its_repository() {
        let root = tree(&[".git/HEAD", ".dugout.toml", "a/b/x"]);
        let found = find(&root.path().join("a/b"), Selection::Only, &Trust::default()).unwrap();
        assert_eq!(found.folder(), root.path().canonicalize().unwrap());
    }

    #[test]
    fn the_search_ends_at_the_repository() {
        let root = tree(&[".dugout.toml", "repo/.git/HEAD", "repo/a/x"]);
        let error =
            find(&root.path().join("repo/a"), Selection::Only, &Trust::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoVault);
    }

    #[test]
    fn outside_a_repository_only_the_folder_itself_counts() {
        let root = tree(&[".dugout.toml", "a/x"]);
        assert!(find(root.path(), Selection::Only, &Trust::default()).is_ok());
        assert!(find(&root.path().join("a"), Selection::Only, &Trust::default()).is_err());
    }

    #[test]
    fn a_work_tree_whose_git_is_a_file_is_a_repository() {
        let root = tree(&[".git", ".dugout.toml", "a/x"]);
        assert!(find(&root.path().join("a"), Selection::Only, &Trust::default()).is_ok());
    }

    #[test]
    fn several_vaults_must_be_told_apart() {
        let root = tree(&[".dugout.toml", ".dugout.prod.toml", ".dugout.dev.toml"]);
        let error = find(root.path(), Selection::Only, &Trust::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SeveralVaults);
        assert!(error.to_string().ends_with("default, dev, prod"));
        let default = find(root.path(), Selection::PreferDefault, &Trust::default()).unwrap();
        assert_eq!(default.name(), &VaultName::default());
        let prod = "prod".parse().unwrap();
        assert_eq!(
            find(root.path(), Selection::Named(&prod), &Trust::default()).unwrap().name(),
            &prod
        );
    }

    #[test]
    fn the_only_vault_needs_no_name() {
        let root = tree(&[".dugout.prod.toml"]);
        assert_eq!(
            find(root.path(), Selection::Only, &Trust::default()).unwrap().name().as_str(),
            "prod"
        );
    }
}
