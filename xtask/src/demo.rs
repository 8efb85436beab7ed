//! `cargo xtask demo`: the main job, done by the real program before the user's eyes.
//!
//! Everything happens in a scratch folder, which is removed at the end, and away from the user's
//! keys and settings.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use tempfile::TempDir;

use crate::{
    Result,
    artifacts::{self, Built},
    install,
};

const DATABASE_URL: &str = "postgres://shop:s3cret@localhost/shop";
const API_KEY: &str = "demo-key-123";

pub(crate) fn run() -> Result<()> {
    let built = artifacts::build(&artifacts::plugins()?)?;

    let started = Instant::now();
    let scratch = scratch_folder().map_err(|error| format!("no scratch folder: {error}"))?;
    let played = play(&built, scratch.path());
    // Not left to its drop, which would leave behind in silence what cannot be removed.
    let removed = scratch.close();
    let project = played?;
    removed.map_err(|error| format!("cannot remove the scratch folder: {error}"))?;

    println!(
        "{}, loaded as a library, started a {} program, which got both secrets: {:.1} s, and \
         nothing is left behind",
        project.detector,
        project.language,
        started.elapsed().as_secs_f32(),
    );
    Ok(())
}

fn play(built: &Built, scratch: &Path) -> Result<&'static Project> {
    let prefix = scratch.join("prefix");
    let stage = Stage::new(scratch, install::install_program(built, &prefix)?)?;
    let project = if stage.can_run(&["node", NPM]) { &NODE } else { &RUST };
    for (file, content) in project.files {
        write_file(&stage.shop.join(file), content)?;
    }

    stage.show("dugout", &install::plugin_arguments(built, &prefix))?;
    stage.show("git", &["init", "-q"])?;
    stage.show("dugout", &["setup"])?;
    stage.show("dugout", &["init", "--name", "alice"])?;
    stage.show_piped(DATABASE_URL, "dugout", &["set", "DATABASE_URL", "--stdin"])?;
    stage.show("dugout", &["set", "API_KEY", API_KEY])?;
    stage.show("dugout", &["list"])?;
    stage.check_vault()?;
    stage.show("git", &["add", "."])?;
    stage.show("git", &["commit", "-q", "-m", "the shop, with its secrets"])?;

    let plugins = stage.show("dugout", &["plugin", "list"])?;
    if !plugins.contains(project.detector) {
        return Err(format!("`dugout plugin list` does not list {}", project.detector));
    }
    stage.show("dugout", &[".", "--explain"])?;
    let output = stage.show("dugout", &["."])?;
    let proof = proof();
    if !output.contains(&proof) {
        return Err(format!("the program that `dugout .` started did not say {proof:?}"));
    }
    Ok(project)
}

/// What the started program says. It knows no secret, and so can say this only if it got them.
fn proof() -> String {
    let told = |name: &str, value: &str| {
        let end = &value[value.len() - 4..];
        format!("{name} ({} bytes, ending in {end})", value.len())
    };
    format!("got {} and {}", told("DATABASE_URL", DATABASE_URL), told("API_KEY", API_KEY))
}

/// A small project that `dugout .` starts.
struct Project {
    language: &'static str,
    /// The plugin that recognises it.
    detector: &'static str,
    /// Paths and contents.
    files: &'static [(&'static str, &'static str)],
}

const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

static NODE: Project = Project {
    language: "Node",
    detector: "detect-node",
    files: &[
        ("package.json", include_str!("../demo/node/package.json")),
        ("server.js", include_str!("../demo/node/server.js")),
    ],
};

/// For where there is no Node: there is cargo, or this would not run.
static RUST: Project = Project {
    language: "Rust",
    detector: "detect-rust",
    files: &[
        ("Cargo.toml", include_str!("../demo/rust/Cargo.toml")),
        ("src/main.rs", include_str!("../demo/rust/src/main.rs")),
    ],
};

/// Where the commands run: the project's folder and the environment.
struct Stage {
    shop: PathBuf,
    /// The installed program, which stands for `dugout` on a command line.
    dugout: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl Stage {
    fn new(scratch: &Path, dugout: PathBuf) -> Result<Self> {
        let shop = scratch.join("shop");
        install::create_folder(&shop)?;
        Ok(Self { shop, dugout, environment: environment(scratch)? })
    }

    /// Whether these programs start. That they are on `PATH` is not enough: those of a version
    /// manager may need settings in the user's home.
    fn can_run(&self, programs: &[&str]) -> bool {
        programs.iter().all(|program| {
            let mut command = self.command(program);
            command.arg("--version").stdin(Stdio::null());
            command.stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        })
    }

    /// Shows a command as a user would type it, runs it, and gives what it wrote to stdout.
    fn show(&self, program: &str, args: &[impl AsRef<OsStr>]) -> Result<String> {
        println!("$ {}", typed(program, args));
        self.run(program, args, None)
    }

    /// Like [`Stage::show`], with an input that is shown as the output of `printf`.
    fn show_piped(&self, input: &str, program: &str, args: &[impl AsRef<OsStr>]) -> Result<String> {
        println!("$ {} | {}", typed("printf", &["%s", input]), typed(program, args));
        self.run(program, args, Some(input))
    }

    fn run(
        &self,
        program: &str,
        args: &[impl AsRef<OsStr>],
        input: Option<&str>,
    ) -> Result<String> {
        let mut command = self.command(program);
        command.args(args).stdout(Stdio::piped());
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child =
            command.spawn().map_err(|error| format!("cannot start {program}: {error}"))?;
        let sent = match (child.stdin.take(), input) {
            (Some(mut pipe), Some(input)) => pipe.write_all(input.as_bytes()),
            _ => Ok(()),
        };
        let output = match child.stdout.take() {
            Some(pipe) => pass_on(pipe, io::stdout()),
            None => Ok(Vec::new()),
        };
        let status = child.wait().map_err(|error| format!("cannot wait for {program}: {error}"))?;

        if !status.success() {
            return Err(format!("`{}` failed ({status})", typed(program, args)));
        }
        sent.map_err(|error| format!("{program} did not take its input: {error}"))?;
        let output = output.map_err(|error| format!("cannot pass on the output: {error}"))?;
        Ok(String::from_utf8_lossy(&output).into_owned())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = match program {
            "dugout" => Command::new(&self.dugout),
            other => Command::new(other),
        };
        command.current_dir(&self.shop).env_clear();
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Before the vault is committed: it holds names, and no value.
    fn check_vault(&self) -> Result<()> {
        let vault = fs::read_to_string(self.shop.join(".dugout.toml"))
            .map_err(|error| format!("cannot read the vault: {error}"))?;
        if [DATABASE_URL, API_KEY].iter().any(|value| vault.contains(value)) {
            return Err("the vault holds a secret that is not encrypted".to_owned());
        }
        Ok(())
    }
}

/// Variables that are not passed on: they could lead to the user's own keys, settings and
/// repositories.
const PERSONAL: [&str; 5] = ["DUGOUT_", "GIT_", "NODE_", "NPM_", "XDG_"];

/// Variables that name a folder in the scratch folder. The temporary ones are among them since
/// npm keeps a cache of compiled code there.
const FOLDERS: [(&str, &str); 7] = [
    ("HOME", "home"),
    ("USERPROFILE", "home"),
    ("TMPDIR", "tmp"),
    ("TMP", "tmp"),
    ("TEMP", "tmp"),
    ("CARGO_TARGET_DIR", "target"),
    ("npm_config_cache", "npm"),
];

const SETTINGS: [(&str, &str); 7] = [
    ("GIT_AUTHOR_NAME", "alice"),
    ("GIT_AUTHOR_EMAIL", "alice@example.com"),
    ("GIT_COMMITTER_NAME", "alice"),
    ("GIT_COMMITTER_EMAIL", "alice@example.com"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    // No look-up over the network, and no advertisement.
    ("npm_config_update_notifier", "false"),
    ("npm_config_fund", "false"),
];

/// Where the Rust toolchain is found, if not by its variable: below the home folder, which is
/// another one here.
const TOOLCHAIN: [(&str, &str); 2] = [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")];

fn environment(scratch: &Path) -> Result<Vec<(OsString, OsString)>> {
    let mut environment: Vec<(OsString, OsString)> =
        env::vars_os().filter(|(name, _)| !is_personal(name)).collect();
    if let Some(home) = env::home_dir() {
        for (name, folder) in TOOLCHAIN {
            let folder = home.join(folder);
            if env::var_os(name).is_none() && folder.is_dir() {
                environment.push((name.into(), folder.into()));
            }
        }
    }
    for (name, folder) in FOLDERS {
        let folder = scratch.join(folder);
        install::create_folder(&folder)?;
        environment.push((name.into(), folder.into()));
    }
    for (name, value) in SETTINGS {
        environment.push((name.into(), value.into()));
    }
    Ok(environment)
}

fn is_personal(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    // Nor the secrets themselves: the program is to get them from the vault.
    let is_secret = ["DATABASE_URL", "API_KEY"].contains(&name.as_str());
    is_secret || PERSONAL.iter().any(|prefix| name.starts_with(prefix))
}

/// A folder that nobody else can enter, whatever the user's umask.
fn scratch_folder() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("dugout-demo-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o700));
    }
    builder.tempdir()
}

fn write_file(path: &Path, content: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        install::create_folder(folder)?;
    }
    fs::write(path, content).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// A command line as it would be typed into a shell.
fn typed(program: &str, args: &[impl AsRef<OsStr>]) -> String {
    let mut line = program.to_owned();
    for arg in args {
        let arg = arg.as_ref().to_string_lossy();
        let is_plain = |c: char| c.is_alphanumeric() || "-_./:@%+=,".contains(c);
        line.push(' ');
        if !arg.is_empty() && arg.chars().all(is_plain) {
            line.push_str(&arg);
        } else {
            line.push_str(&format!("'{}'", arg.replace('\'', r"'\''")));
        }
    }
    line
}

/// Copies a program's output as it comes, and gives it. What follows begins on a new line.
fn pass_on(mut output: impl Read, mut to: impl Write) -> io::Result<Vec<u8>> {
    let mut seen = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match output.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => {
                to.write_all(&chunk[..length])?;
                to.flush()?;
                seen.extend_from_slice(&chunk[..length]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    if seen.last().is_some_and(|&last| last != b'\n') {
        to.write_all(b"\n")?;
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_own_settings_stay_outside() {
        for name in ["DUGOUT_IDENTITY", "GIT_DIR", "npm_config_prefix", "API_KEY"] {
            assert!(is_personal(OsStr::new(name)), "{name}");
        }
        assert!(!is_personal(OsStr::new("PATH")));
    }

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        assert_eq!(typed("dugout", &["set", "A_B", "c-1"]), "dugout set A_B c-1");
        assert_eq!(typed("git", &["-m", "it's two words", ""]), r"git -m 'it'\''s two words' ''");
    }

    #[test]
    fn output_is_passed_on_with_its_line_completed() {
        let mut shown = Vec::new();
        let seen = pass_on(b"one\ntwo".as_slice(), &mut shown).unwrap();
        assert_eq!(
            (seen.as_slice(), shown.as_slice()),
            (b"one\ntwo".as_slice(), b"one\ntwo\n".as_slice())
        );
    }
}
