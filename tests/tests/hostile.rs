//! Libraries that are not what they should be: each is refused, or contained, with one line that
//! names the file and the reason, and the other plugins go on working.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "these are tests")]

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use dugout_tests::{Artifacts, Sandbox, sandbox::run};

fn install(sandbox: &Sandbox, library: &Path) {
    sandbox.dugout(["plugin", "install", library.to_str().unwrap()]).succeeds();
}

/// Refused at installation: one line, exit code 5, and nothing is left in the folder.
#[track_caller]
fn is_refused(sandbox: &Sandbox, file: &Path, reason: &str) {
    let refused = sandbox.dugout(["plugin", "install", file.to_str().unwrap()]);
    let line = refused.fails(5);
    let name = file.file_name().unwrap().to_str().unwrap();
    assert!(line.contains(name), "{line}");
    assert!(line.contains(reason) && !line.contains("crashed"), "{line}");
    assert!(line.len() < 400, "{} bytes: {line}", line.len());
    let left = sandbox.plugins().read_dir().map_or(0, Iterator::count);
    assert_eq!(left, 0, "something is left of {name}");
}

/// The library that is installed in the sandbox.
fn installed(sandbox: &Sandbox) -> PathBuf {
    let mut entries = sandbox.plugins().read_dir().unwrap().flatten();
    entries.find(|entry| entry.path().extension().is_some_and(|e| e == "so")).unwrap().path()
}

#[test]
fn what_is_no_library_is_refused() {
    let sandbox = Sandbox::new();
    let file = |name: &str, content: &[u8]| {
        let path = sandbox.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    is_refused(&sandbox, &file("text.so", b"hello"), "not a library");
    is_refused(&sandbox, &file("empty.so", b""), "not a library");
    is_refused(&sandbox, &file("zeros.so", &[0; 8192]), "not a library");
    is_refused(&sandbox, &sandbox.path().join("missing.so"), "cannot be read");
    let folder = sandbox.path().join("folder.so");
    fs::create_dir(&folder).unwrap();
    is_refused(&sandbox, &folder, "not a regular file");
    let dangling = sandbox.path().join("dangling.so");
    symlink("nowhere", &dangling).unwrap();
    is_refused(&sandbox, &dangling, "cannot be read");
}

#[test]
fn a_library_that_is_cut_off_is_refused_at_every_length() {
    let sandbox = Sandbox::new();
    let whole = fs::read(sandbox.library("dugout-detect-node")).unwrap();
    let file = sandbox.path().join("cut.so");
    // Everything that a loader maps ends before the section headers do.
    let mut refused = 0;
    for part in 0..40 {
        let length = whole.len() * part / 40;
        fs::write(&file, &whole[..length]).unwrap();
        is_refused(&sandbox, &file, "it is not a library");
        refused += 1;
    }
    assert_eq!(refused, 40);

    // Headers that are whole, and a segment that ends behind the file. ELF64: the program headers
    // begin at 64, each has 56 bytes, its type (1 is a segment to load) at 0 and its size at 32.
    let mut bytes = whole;
    let header = (64..).step_by(56).find(|at| bytes[*at..at + 4] == 1_u32.to_le_bytes()).unwrap();
    bytes[header + 32..header + 40].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    fs::write(&file, bytes).unwrap();
    is_refused(&sandbox, &file, "it is cut off");
}

#[test]
fn libraries_for_other_machines_are_refused() {
    let sandbox = Sandbox::new();
    let whole = fs::read(sandbox.library("dugout-detect-node")).unwrap();
    let with = |name: &str, at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        let path = sandbox.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    // ELF: e_machine at 18 (183 is AArch64, 62 is x86-64), EI_CLASS at 4 (1 is 32-bit), e_type at
    // 16 (2 is an executable at a fixed address).
    let foreign = if cfg!(target_arch = "aarch64") { 62 } else { 183 };
    is_refused(&sandbox, &with("foreign.so", 18, foreign), "it is for");
    is_refused(&sandbox, &with("bits32.so", 4, 1), "it is ");
    is_refused(&sandbox, &with("executable.so", 16, 2), "not a dynamic library");
}

#[test]
fn a_library_that_is_no_plugin_is_refused() {
    let sandbox = Sandbox::new();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let libc = maps.split_whitespace().find(|word| word.contains("/libc")).unwrap();
    is_refused(&sandbox, Path::new(libc), "exports no root");
    is_refused(&sandbox, &Artifacts::get().program("dugout"), "exports no root");
}

#[test]
fn a_library_that_was_changed_is_refused_with_both_digests() {
    let sandbox = Sandbox::with_vault();
    install(&sandbox, &sandbox.library("dugout-detect-node"));
    install(&sandbox, &sandbox.library("dugout-misbehaving"));
    sandbox.write("package.json", r#"{"scripts": {"dev": "x"}}"#);
    sandbox.write("misbehave", "nothing");
    let library = sandbox
        .plugins()
        .read_dir()
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.to_str().unwrap().contains("detect-node-"))
        .unwrap();
    let mut bytes = fs::read(&library).unwrap();
    bytes.push(0);
    fs::write(&library, bytes).unwrap();

    let list = sandbox.dugout(["plugin", "list"]).succeeds();
    let line = list.lines().find(|line| line.starts_with("detect-node")).unwrap();
    assert!(line.contains("broken:") && line.contains("was changed"), "{line}");
    let digests = line.split(|c: char| !c.is_ascii_hexdigit()).filter(|word| word.len() == 64);
    assert_eq!(digests.count(), 2, "{line}");
    let verify = sandbox.dugout(["plugin", "verify", "detect-node"]);
    assert!(verify.fails(5).contains("was changed"));

    // It is not used, and neither is the linked one of the same id; the others are.
    let explained = sandbox.dugout([".", "--explain"]).succeeds();
    assert!(explained.contains("no answer: plugin \"detect-node\" refused"), "{explained}");
    assert!(explained.contains("winner: misbehaving"), "{explained}");
}

#[test]
fn a_folder_or_file_that_others_can_write_is_refused() {
    let sandbox = Sandbox::new();
    install(&sandbox, &sandbox.library("dugout-detect-node"));
    let library = installed(&sandbox);
    let list = || sandbox.dugout(["plugin", "list", "--json"]).succeeds();
    assert!(list().contains("\"status\": \"ready\""));

    fs::set_permissions(&library, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(list().contains("is writable by everyone"));
    fs::set_permissions(&library, fs::Permissions::from_mode(0o644)).unwrap();

    fs::set_permissions(sandbox.plugins(), fs::Permissions::from_mode(0o777)).unwrap();
    let listed = sandbox.dugout(["plugin", "list", "--json"]);
    assert!(listed.stderr.starts_with("warning: plugins in"), "{listed:?}");
    assert!(listed.stderr.contains("is writable by everyone"), "{listed:?}");
    assert!(!listed.succeeds().contains("plugins/detect-node-"));
}

#[test]
fn an_index_that_is_broken_or_points_elsewhere_is_refused() {
    let sandbox = Sandbox::new();
    install(&sandbox, &sandbox.library("dugout-detect-node"));
    let index = sandbox.plugins().join("plugins.toml");
    let good = fs::read_to_string(&index).unwrap();
    let file = installed(&sandbox).file_name().unwrap().to_str().unwrap().to_owned();
    for (bad, reason) in [
        ("[[plugin]\n".to_owned(), "line 1"),
        (good.replace(&file, "../evil.so"), "is not a file name"),
        (good.replace(&file, "/tmp/evil.so"), "is not a file name"),
    ] {
        fs::write(&index, bad).unwrap();
        let listed = sandbox.dugout(["plugin", "list"]);
        assert!(listed.stderr.contains(reason), "{listed:?}");
    }
    // The same id twice in one folder: neither is used.
    let entry = good.split_once("[[plugin]]").unwrap().1;
    fs::write(&index, format!("{good}\n[[plugin]]{entry}")).unwrap();
    let list = sandbox.dugout(["plugin", "list"]).succeeds();
    assert!(list.contains("broken: the folder's index names it 2 times"), "{list}");
}

#[test]
fn another_major_version_is_refused_before_it_is_opened() {
    let sandbox = Sandbox::with_vault();
    install(&sandbox, &sandbox.library("dugout-misbehaving"));
    let index = sandbox.plugins().join("plugins.toml");
    let text = fs::read_to_string(&index).unwrap();
    fs::write(&index, text.replace("api = \"1.0.0\"", "api = \"2.0.0\"")).unwrap();
    sandbox.write("misbehave", "nothing");
    let mut command = sandbox.command(["."]);
    // Its constructor would end the program.
    let refused = run(command.env("MISBEHAVE_AT_LOAD", "abort"));
    let line = refused.fails(5);
    assert!(line.contains("was built for plugin interface 2.0.0, and this program has 1.0.0"));
}

#[test]
fn what_happens_at_the_first_load_is_contained() {
    let sandbox = Sandbox::new();
    let library = sandbox.library("dugout-misbehaving");
    let library = library.to_str().unwrap();
    for (how, reason) in [
        ("abort", "crashed while it was loaded"),
        ("exit", "gave no answer"),
        ("hang", "did not load within 10 seconds"),
    ] {
        let mut command = sandbox.command(["plugin", "install", library]);
        let refused = run(command.env("MISBEHAVE_AT_LOAD", how));
        let line = refused.fails(5);
        assert!(line.contains(reason) && line.contains("misbehaving"), "{line}");
        assert_eq!(sandbox.plugins().read_dir().unwrap().count(), 0, "{how}");
    }
    // What it prints is not taken for an answer.
    let mut command = sandbox.command(["plugin", "install", library]);
    let installed = run(command.env("MISBEHAVE_AT_LOAD", "print")).succeeds();
    assert!(installed.starts_with("✓ installed misbehaving 0.1.0"), "{installed}");
}

#[test]
fn what_a_plugin_does_when_it_is_asked_is_contained() {
    let sandbox = Sandbox::with_vault();
    fs::write(sandbox.path().join("secret"), "hunter2").unwrap();
    install(&sandbox, &sandbox.library("dugout-misbehaving"));
    install(&sandbox, &sandbox.library("dugout-detect-node"));
    for (what, reason) in [
        ("panic", "the plugin panicked at"),
        ("panic-with-object", "the plugin panicked at"),
        ("no-command", "it named no command"),
        ("error", r"first\u{a}second \u{1b}[31mred"),
        ("outside", "../secret is not inside the project"),
    ] {
        sandbox.write("misbehave", what);
        let failed = sandbox.dugout(["."]);
        let line = failed.fails(5);
        assert!(line.contains(reason) && line.contains("misbehaving"), "{what}: {line}");
        assert!(!failed.stderr.contains("hunter2"), "{what}: {failed:?}");

        // Another detector's answer is taken all the same.
        sandbox.write("package.json", r#"{"scripts": {"dev": "x"}}"#);
        assert_eq!(sandbox.dugout([".", "--print"]).succeeds(), "npm run dev\n", "{what}");
        fs::remove_file(sandbox.repository().join("package.json")).unwrap();
    }
    sandbox.write("misbehave", "escape");
    let explained = sandbox.dugout([".", "--explain"]).succeeds();
    assert!(explained.contains(r"\u{1b}[2Jgone\u{a}second line"), "{explained}");
}

#[test]
fn a_loaded_plugins_events_are_the_hosts_to_show() {
    let sandbox = Sandbox::with_vault();
    install(&sandbox, &sandbox.library("dugout-misbehaving"));
    sandbox.write("misbehave", "log");
    let explained = sandbox.dugout([".", "--explain"]);
    assert_eq!(explained.stderr, "warning: noted plugin=dugout_misbehaving\n");
    let mut command = sandbox.command([".", "--explain"]);
    assert_eq!(run(command.env("DUGOUT_LOG", "off")).stderr, "");
}

#[test]
fn an_installed_plugin_shadows_the_linked_one_and_removal_uncovers_it() {
    let sandbox = Sandbox::new();
    install(&sandbox, &sandbox.library("dugout-detect-node"));
    let list = sandbox.dugout(["plugin", "list"]).succeeds();
    let lines: Vec<&str> = list.lines().filter(|line| line.starts_with("detect-node")).collect();
    assert_eq!(lines.len(), 2, "{list}");
    assert!(lines[0].ends_with("ready"), "{list}");
    assert!(lines[1].contains("linked") && lines[1].contains("shadowed by"), "{list}");

    // Installing it again replaces it.
    install(&sandbox, &sandbox.library("dugout-detect-node"));
    assert_eq!(sandbox.plugins().read_dir().unwrap().count(), 2);

    sandbox.dugout(["plugin", "remove", "detect-node"]).succeeds();
    let list = sandbox.dugout(["plugin", "list"]).succeeds();
    assert_eq!(list.matches("detect-node").count(), 1, "{list}");
    assert!(sandbox.dugout(["plugin", "remove", "detect-node"]).fails(5).contains("detect-node"));
}

#[test]
fn the_repository_and_the_working_directory_are_never_looked_at() {
    let sandbox = Sandbox::with_vault();
    let beside = sandbox.repository().join("plugins");
    let arguments = [
        "plugin",
        "install",
        "--to",
        beside.to_str().unwrap(),
        sandbox.library("dugout-detect-node").to_str().unwrap(),
    ]
    .map(str::to_owned);
    sandbox.dugout(arguments).succeeds();
    for entry in beside.read_dir().unwrap().flatten() {
        for folder in [".", ".dugout/plugins", "lib/dugout/plugins", "repository/.dugout/plugins"] {
            let name = entry.file_name().into_string().unwrap();
            sandbox.write(&format!("{folder}/{name}"), fs::read(entry.path()).unwrap());
        }
    }
    let list = sandbox.dugout(["plugin", "list"]).succeeds();
    assert!(!list.contains(sandbox.repository().to_str().unwrap()), "{list}");
    // A relative folder in the environment would be one of the repository's.
    let mut command = sandbox.command(["plugin", "list"]);
    let listed = run(command.env("DUGOUT_PLUGIN_DIR", "plugins"));
    assert!(listed.stderr.contains("is not an absolute path"), "{listed:?}");
    // Naming it on the command line is the user's own decision.
    let list = sandbox.dugout(["--plugin-dir", "plugins", "plugin", "list"]).succeeds();
    assert!(list.contains(beside.to_str().unwrap()), "{list}");
}
