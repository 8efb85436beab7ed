//! `cargo xtask install`: the program into `PREFIX/bin`, plugins into `PREFIX/lib/dugout/plugins`.

use std::{
    env,
    env::consts::EXE_SUFFIX,
    ffi::OsString,
    fs::{DirBuilder, File},
    io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Result,
    artifacts::{self, Built, Plugin},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to install to [default: ~/.local]
    #[arg(long, value_name = "DIR")]
    prefix: Option<PathBuf>,
    /// Which plugins to install, separated by commas [default: all in plugins/]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    plugins: Option<Vec<String>>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let prefix = prefix(args.prefix.as_deref(), env::var_os("HOME").map(PathBuf::from))?;
    let plugins = choose(artifacts::plugins()?, args.plugins.as_deref())?;

    let built = artifacts::build(&plugins)?;
    let program = install_program(&built, &prefix)?;
    let mut command = Command::new(&program);
    for (name, _) in env::vars_os() {
        // The user's settings are for their vaults. Here they could only get in the way.
        if name.to_string_lossy().starts_with("DUGOUT_") {
            command.env_remove(name);
        }
    }
    let status = command
        .args(plugin_arguments(&built, &prefix))
        .status()
        .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
    if !status.success() {
        return Err(format!("{} could not install the plugins ({status})", program.display()));
    }

    let ids: Vec<&str> = plugins.iter().map(Plugin::id).collect();
    println!("installed {}", program.display());
    println!("installed {} into {}", ids.join(", "), plugin_folder(&prefix).display());
    let bin = bin_folder(&prefix);
    if !is_on_path(&bin) {
        println!("{} is not on PATH: add it to run dugout by its name", bin.display());
    }
    Ok(())
}

/// Puts the program into `PREFIX/bin`, and gives its path.
///
/// It is renamed into its place: the one that is there may be running, and could not be written to.
pub(crate) fn install_program(built: &Built, prefix: &Path) -> Result<PathBuf> {
    let bin = bin_folder(prefix);
    create_folder(&bin)?;
    let program = bin.join(format!("dugout{EXE_SUFFIX}"));
    copy_and_rename(&built.program, &bin, &program)
        .map_err(|error| format!("cannot write {}: {error}", program.display()))?;
    Ok(program)
}

/// What makes the installed program install the plugins. It is the product that loads them,
/// and that writes their index with digests.
pub(crate) fn plugin_arguments(built: &Built, prefix: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = ["plugin", "install", "--to"].map(OsString::from).into();
    arguments.push(plugin_folder(prefix).into());
    arguments.extend(built.libraries.iter().map(OsString::from));
    arguments
}

/// Makes a folder and those above it, in which nobody else can write: a plugin under any other
/// is refused.
pub(crate) fn create_folder(folder: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o755);
    builder.create(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))
}

fn bin_folder(prefix: &Path) -> PathBuf {
    prefix.join("bin")
}

fn plugin_folder(prefix: &Path) -> PathBuf {
    prefix.join("lib").join("dugout").join("plugins")
}

fn prefix(asked: Option<&Path>, home: Option<PathBuf>) -> Result<PathBuf> {
    let home = home.filter(|home| !home.as_os_str().is_empty());
    let asked = asked.unwrap_or(Path::new("~/.local"));
    // Most shells leave the tilde of `--prefix=~/.local` to the program.
    let Ok(below_home) = asked.strip_prefix("~") else {
        return std::path::absolute(asked)
            .map_err(|error| format!("cannot install into {}: {error}", asked.display()));
    };
    match home {
        Some(home) => Ok(home.join(below_home)),
        None => Err("HOME is not set: say where to install to with --prefix".to_owned()),
    }
}

fn choose(known: Vec<Plugin>, wanted: Option<&[String]>) -> Result<Vec<Plugin>> {
    if known.is_empty() {
        return Err("there are no plugins in plugins/".to_owned());
    }
    let Some(wanted) = wanted else { return Ok(known) };
    let unknown = wanted.iter().find(|name| known.iter().all(|plugin| plugin.id() != *name));
    if let Some(unknown) = unknown {
        let ids: Vec<&str> = known.iter().map(Plugin::id).collect();
        return Err(format!("there is no plugin {unknown:?}, only {}", ids.join(", ")));
    }
    Ok(known.into_iter().filter(|plugin| wanted.iter().any(|name| name == plugin.id())).collect())
}

fn copy_and_rename(from: &Path, folder: &Path, to: &Path) -> io::Result<()> {
    let mut temporary = tempfile::Builder::new().prefix(".dugout-").tempfile_in(folder)?;
    io::copy(&mut File::open(from)?, &mut temporary)?;
    #[cfg(unix)]
    {
        use std::{fs::Permissions, os::unix::fs::PermissionsExt};
        temporary.as_file().set_permissions(Permissions::from_mode(0o755))?;
    }
    temporary.as_file().sync_all()?;
    // Closed at once: a program that is open for writing cannot be started.
    temporary.persist(to).map(drop).map_err(|error| error.error)
}

fn is_on_path(folder: &Path) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let same = |other: &PathBuf| match (other.canonicalize(), folder.canonicalize()) {
        (Ok(other), Ok(folder)) => other == folder,
        _ => false,
    };
    env::split_paths(&path).any(|other| same(&other))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn known() -> Vec<Plugin> {
        artifacts::plugins().unwrap()
    }

    #[test]
    fn every_plugin_is_installed_unless_some_are_named() {
        assert_eq!(choose(known(), None).unwrap(), known());
        let wanted = ["detect-rust".to_owned(), "detect-rust".to_owned()];
        let chosen = choose(known(), Some(&wanted)).unwrap();
        assert_eq!(chosen.iter().map(Plugin::id).collect::<Vec<_>>(), ["detect-rust"]);
    }

    #[test]
    fn an_unknown_plugin_is_an_error_that_lists_the_known_ones() {
        let error = choose(known(), Some(&["detect-nod".to_owned()])).unwrap_err();
        assert!(error.contains("\"detect-nod\""), "{error}");
        assert!(error.contains("detect-node, "), "{error}");
        assert_eq!(error.lines().count(), 1);
    }

    #[test]
    fn the_home_folder_is_needed_only_for_a_prefix_in_it() {
        let home = || Some(PathBuf::from("/home/alice"));
        assert_eq!(prefix(None, home()).unwrap(), Path::new("/home/alice/.local"));
        let asked = Path::new("~/tools");
        assert_eq!(prefix(Some(asked), home()).unwrap(), Path::new("/home/alice/tools"));
        assert!(prefix(None, None).unwrap_err().contains("--prefix"));
        assert!(prefix(None, Some(PathBuf::new())).unwrap_err().contains("--prefix"));
        assert!(prefix(Some(Path::new("here")), None).unwrap().ends_with("here"));
    }

    #[test]
    fn a_program_is_replaced_and_can_be_executed() {
        let prefix = tempfile::tempdir().unwrap();
        let new = prefix.path().join("new");
        let built = |content: &str| {
            fs::write(&new, content).unwrap();
            Built {
                program: new.clone(),
                libraries: Vec::new(),
                _folder: tempfile::tempdir().unwrap(),
            }
        };
        install_program(&built("one"), prefix.path()).unwrap();
        let program = install_program(&built("two"), prefix.path()).unwrap();
        assert_eq!(fs::read_to_string(&program).unwrap(), "two");
        assert_eq!(fs::read_dir(prefix.path().join("bin")).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(program.metadata().unwrap().permissions().mode() & 0o777, 0o755);
        }
    }
}
