//! The members of a workspace.
//!
//! The rules: <https://doc.rust-lang.org/cargo/reference/workspaces.html#the-members-and-exclude-fields>.
//! Of glob patterns only `*` is known, which stands for any part of one folder's name.

use std::{collections::BTreeSet, path::Path};

use dugout_plugin_api::{ErrorCode, PluginError, ProjectView};

use crate::manifest::{self, Workspace, inside};

/// The most members that are looked at, and the most patterns that name them.
const MEMBER_LIMIT: usize = 256;

/// The most folders that a pattern may stand for, members or not: a pattern of several parts in a
/// tree of symlinks that point upwards stands for any number of them.
const FOLDER_LIMIT: usize = 10_000;

/// The folders of the members that `cargo run` considers: the `default-members`, or else all.
pub(crate) fn folders(
    project: &ProjectView<'_>,
    workspace: &Workspace,
) -> Result<BTreeSet<String>, PluginError> {
    let patterns = workspace.default_members.as_ref().unwrap_or(&workspace.members);
    if patterns.len() > MEMBER_LIMIT {
        return Err(too_many());
    }
    let mut found = BTreeSet::new();
    for pattern in patterns {
        let is_glob = pattern.contains('*');
        for folder in matching(project, pattern)? {
            // A member that is named in full is one in spite of `exclude`.
            let is_excluded = is_glob && excludes(workspace, &folder);
            if !is_excluded && project.has(&inside(&folder, manifest::FILE)) {
                found.insert(folder);
            }
        }
        if found.len() > MEMBER_LIMIT {
            return Err(too_many());
        }
    }
    Ok(found)
}

/// The paths that a pattern stands for, whether or not there is anything.
fn matching(project: &ProjectView<'_>, pattern: &str) -> Result<Vec<String>, PluginError> {
    if pattern.starts_with('/') {
        // As out of the view's sight as `..` is.
        return Ok(Vec::new());
    }
    let mut folders = vec![String::new()];
    for part in pattern.split('/').filter(|part| !part.is_empty() && *part != ".") {
        let mut next = Vec::new();
        for folder in &folders {
            if !part.contains('*') {
                next.push(inside(folder, part));
                continue;
            }
            // What is no folder, or none that can be read, holds no members.
            let names = project.entries(folder).unwrap_or_default();
            let fitting = names.iter().filter(|name| fits(part, name));
            next.extend(fitting.map(|name| inside(folder, name)));
            if next.len() > FOLDER_LIMIT {
                return Err(too_many());
            }
        }
        folders = next;
    }
    Ok(folders)
}

fn too_many() -> PluginError {
    PluginError::new(
        ErrorCode::OTHER,
        format!(
            "the workspace has too many members to look at: name some in default-members of {}, \
             or: dugout run -- cargo run -p NAME",
            manifest::FILE,
        ),
    )
}

/// Whether a name fits a pattern in which each `*` stands for any letters or none.
fn fits(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let (Some(first), Some(last)) = (pieces.next(), pieces.next_back()) else {
        return pattern == name;
    };
    let Some(mut middle) = name.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else {
        return false;
    };
    for piece in pieces {
        let Some((_, rest)) = middle.split_once(piece) else { return false };
        middle = rest;
    }
    true
}

/// `exclude` has no patterns: each is a folder, with all that is in it.
fn excludes(workspace: &Workspace, folder: &str) -> bool {
    let mut excluded = workspace.exclude.iter().map(|it| it.strip_prefix("./").unwrap_or(it));
    excluded.any(|it| Path::new(folder).starts_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_letters_of_a_name() {
        for (pattern, name) in
            [("*", "app"), ("*", ""), ("app-*", "app-web"), ("*-*-x", "a-b-c-x"), ("a*a", "aa")]
        {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("app-*", "app"), ("a*a", "a"), ("*b*", "aca"), ("app", "apps"), ("*-x", "a-xy")]
        {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_takes_no_time() {
        assert!(!fits(&"*a".repeat(100_000), &"a".repeat(90_000)));
    }
}
