//! The promise of the plugin interface, with real builds: minor versions load each other in both
//! directions, another major and a changed layout are refused in one line.
//!
//! The other versions are copies of this workspace with the interface edited, built apart.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "these are tests")]

use std::{
    env::consts::{DLL_PREFIX, DLL_SUFFIX, EXE_SUFFIX},
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

use dugout_tests::{
    Sandbox,
    artifacts::{cargo, workspace},
    sandbox::run,
};

/// One build at a time: they share the folder in which dependencies are built.
static BUILDING: Mutex<()> = Mutex::new(());

/// A copy of the workspace in which the interface is another version.
struct Edited {
    folder: PathBuf,
}

impl Edited {
    fn new(name: &str) -> Self {
        let folder = target().join("workspaces").join(name);
        let _made_by_an_earlier_run = fs::remove_dir_all(&folder);
        for part in ["plugin-api/src", "host/src", "host/examples", "plugins/detect-node/src"] {
            copy(&workspace().join(part), &folder.join(part));
        }
        for file in [
            "Cargo.lock",
            "plugin-api/Cargo.toml",
            "host/Cargo.toml",
            "plugins/detect-node/Cargo.toml",
        ] {
            fs::copy(workspace().join(file), folder.join(file)).unwrap();
        }
        let manifest = fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
        let packages = manifest.find("[workspace.package]").unwrap();
        let profiles = manifest.find("[profile.dev]").unwrap();
        let members = "[workspace]\nresolver = \"3\"\n\
             members = [\"plugin-api\", \"host\", \"plugins/detect-node\"]\n\n";
        let manifest = format!("{members}{}", &manifest[packages..profiles]);
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        let edited = Self { folder };
        // Tests and benchmarks are not copied, and what they need is not built.
        edited.cut("host/Cargo.toml", "[dev-dependencies]", "[lints]");
        edited.cut("host/Cargo.toml", "[[bench]]", "");
        edited.cut("plugins/detect-node/Cargo.toml", "[dev-dependencies]", "[lints]");
        edited
    }

    /// Replaces a text that must be there.
    fn replace(&self, file: &str, old: &str, new: &str) -> &Self {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{file} has no {old:?}");
        fs::write(path, text.replace(old, new)).unwrap();
        self
    }

    fn cut(&self, file: &str, from: &str, to: &str) {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path).unwrap();
        let Some(start) = text.find(from) else { return };
        let end = if to.is_empty() { None } else { text[start..].find(to).map(|at| start + at) };
        let rest = end.map_or("", |end| &text[end..]);
        fs::write(path, format!("{}{rest}", &text[..start])).unwrap();
    }

    fn version(&self, version: &str) -> &Self {
        self.replace(
            "plugin-api/Cargo.toml",
            "version = \"1.0.0\"",
            &format!("version = \"{version}\""),
        );
        let dependency = "dugout-plugin-api = { version = \"1.0.0\"";
        self.replace("Cargo.toml", dependency, &dependency.replace("1.0.0", version))
    }

    /// The next minor version: something is appended wherever something may be.
    fn next_minor(&self) -> &Self {
        let call = "fn call(&self, op: RStr<'_>, json: RStr<'_>) -> CallResult<RString>;\n}";
        let appended = "fn call(&self, op: RStr<'_>, json: RStr<'_>) -> CallResult<RString>;\n\
             /// Appended.\n\
             fn appended(&self) -> RString {\n    RString::from(\"the default\")\n}\n}";
        self.version("1.1.0")
            .replace("plugin-api/src/abi.rs", call, appended)
            .replace(
                "plugin-api/src/abi.rs",
                "    pub call: for<'a> extern \"C\" fn(op: RStr<'a>, json: RStr<'a>) -> CallResult<RString>,\n}",
                "    pub call: for<'a> extern \"C\" fn(op: RStr<'a>, json: RStr<'a>) -> CallResult<RString>,\n\
                 /// Appended.\n    pub appended: extern \"C\" fn() -> u32,\n}",
            )
            .replace(
                "plugin-api/src/abi.rs",
                "    pub remaining_ms: extern \"C\" fn() -> u64,\n}",
                "    pub remaining_ms: extern \"C\" fn() -> u64,\n\
                 /// Appended.\n    pub appended: extern \"C\" fn() -> u32,\n}",
            )
            .replace("plugin-api/src/export.rs", "        call: no_call,", "        call: no_call,\n        appended,")
            .replace(
                "plugin-api/src/export.rs",
                "extern \"C\" fn no_detector()",
                "extern \"C\" fn appended() -> u32 {\n    7\n}\n\nextern \"C\" fn no_detector()",
            )
            .replace("host/src/plugin/host_api.rs", "cancelled, remaining_ms }", "cancelled, remaining_ms, appended }")
            .replace(
                "host/src/plugin/host_api.rs",
                "extern \"C\" fn cancelled()",
                "extern \"C\" fn appended() -> u32 {\n    7\n}\n\nextern \"C\" fn cancelled()",
            )
            // The new host uses what is new: an old plugin answers with the default.
            .replace(
                "host/src/plugin/service.rs",
                "let answer = detector.detect(project).into_result();",
                "assert_eq!(detector.appended().as_str(), \"the default\");\n\
                 assert!(self.module.appended().is_none_or(|appended| appended() == 7));\n\
                 let answer = detector.detect(project).into_result();",
            )
    }

    fn build(&self, arguments: &[&str]) {
        let _one_at_a_time = BUILDING.lock().unwrap_or_else(|poison| poison.into_inner());
        let status = cargo()
            .current_dir(&self.folder)
            .args(["build", "--quiet", "--offline", "--target-dir"])
            .arg(self.built())
            .args(arguments)
            .status()
            .unwrap();
        assert!(status.success(), "the edited workspace does not build");
        // The next build overwrites what this one has made.
        for (from, to) in [
            (self.built().join("debug").join(library_name()), self.library()),
            (self.built().join(format!("debug/examples/detect{EXE_SUFFIX}")), self.program()),
        ] {
            if from.is_file() {
                fs::copy(from, to).unwrap();
            }
        }
    }

    fn built(&self) -> PathBuf {
        target().join("built")
    }

    fn library(&self) -> PathBuf {
        self.folder.join(library_name())
    }

    fn program(&self) -> PathBuf {
        self.folder.join(format!("detect{EXE_SUFFIX}"))
    }
}

fn target() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    target.map_or(workspace().join("target"), PathBuf::from).join("interface")
}

fn library_name() -> String {
    format!("{DLL_PREFIX}dugout_detect_node{DLL_SUFFIX}")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in from.read_dir().unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn project() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("package.json", r#"{"scripts": {"dev": "x"}}"#);
    sandbox
}

#[test]
fn minor_versions_load_each_other_in_both_directions() {
    let next = Edited::new("next");
    next.next_minor().build(&[
        "--package",
        "dugout-detect-node",
        "--package",
        "dugout-host",
        "--lib",
        "--example",
        "detect",
    ]);
    let detect = |sandbox: &Sandbox, program: &Path| {
        let mut command = Command::new(program);
        command.arg(sandbox.plugins()).arg(sandbox.repository()).env_clear();
        run(&mut command).succeeds()
    };

    // A plugin of 1.1 on this host, which is 1.0.
    let sandbox = project();
    sandbox
        .dugout(["plugin", "install", sandbox.own_copy(&next.library()).to_str().unwrap()])
        .succeeds();
    let list = sandbox.dugout(["plugin", "list", "--json"]).succeeds();
    assert!(list.contains("\"api\": \"1.1.0\""), "{list}");
    assert_eq!(sandbox.dugout([".", "--print"]).succeeds(), "npm run dev\n");
    // And on its own.
    assert_eq!(detect(&sandbox, &next.program()), "node: npm run dev\n");

    // A plugin of 1.0 on a host of 1.1.
    let sandbox = project();
    let old = sandbox.library("dugout-detect-node");
    sandbox.dugout(["plugin", "install", old.to_str().unwrap()]).succeeds();
    assert_eq!(detect(&sandbox, &next.program()), "node: npm run dev\n");
}

#[test]
fn another_major_version_is_refused_in_one_line() {
    let other = Edited::new("major");
    other.version("2.0.0").build(&["--package", "dugout-detect-node"]);
    let sandbox = project();
    let refused =
        sandbox.dugout(["plugin", "install", sandbox.own_copy(&other.library()).to_str().unwrap()]);
    let line = refused.fails(5);
    assert!(line.contains(&library_name()), "{line}");
    assert!(
        line.ends_with("was built for plugin interface 2.0.0, and this program has 1.0.0"),
        "{line}"
    );
}

#[test]
fn a_changed_layout_is_refused_in_one_line_that_names_it() {
    let changed = Edited::new("changed");
    changed
        .replace("plugin-api/src/detector.rs", "    confidence: u8,\n", "    confidence: u64,\n")
        .replace(
            "plugin-api/src/detector.rs",
            "self.confidence = confidence.min(100);",
            "self.confidence = u64::from(confidence.min(100));",
        )
        .replace(
            "plugin-api/src/detector.rs",
            "self.confidence.min(100)",
            "self.confidence.min(100) as u8",
        )
        .build(&["--package", "dugout-detect-node"]);
    let sandbox = project();
    let refused = sandbox.dugout([
        "plugin",
        "install",
        sandbox.own_copy(&changed.library()).to_str().unwrap(),
    ]);
    let line = refused.fails(5);
    assert!(line.contains(&library_name()) && line.contains("they differ in"), "{line}");
    assert!(line.contains("Detection") || line.contains("u64") || line.contains("u8"), "{line}");
    assert!(line.len() < 600, "{} bytes: {line}", line.len());
}
