//! Programs that run with their secrets.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "these are tests")]

use std::{
    ffi::OsString,
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::{ffi::OsStringExt, fs::PermissionsExt},
    process::Stdio,
};

use dugout_tests::{Sandbox, sandbox::run};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_vault();
    sandbox.dugout(["set", "SECRET", "from the vault"]).succeeds();
    sandbox
}

#[test]
fn the_program_gets_the_secrets_and_its_own_arguments() {
    let sandbox = sandbox();
    let script = r#"printf '%s|' "$SECRET" "$@""#;
    let run = sandbox.dugout(["run", "--", "sh", "-c", script, "sh", "a b", "--flag"]);
    assert_eq!(run.succeeds(), "from the vault|a b|--flag|");
    // As dugout 0.1 allowed it.
    assert_eq!(sandbox.dugout(["run", "printenv", "SECRET"]).succeeds(), "from the vault\n");
}

#[test]
fn the_vault_wins_over_the_environment() {
    let sandbox = sandbox();
    let mut command = sandbox.command(["run", "--", "printenv", "SECRET", "OTHER"]);
    command.env("SECRET", "from outside").env("OTHER", "kept");
    assert_eq!(run(&mut command).succeeds(), "from the vault\nkept\n");
}

#[test]
fn identity_variables_do_not_reach_the_program() {
    let sandbox = sandbox();
    let key = sandbox.dugout(["setup", "--output", "-"]).succeeds();
    let file = sandbox.path().join("key");
    fs::write(&file, &key).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = sandbox.command(["run", "--", "env"]);
    command.env("DUGOUT_IDENTITY", key.trim()).env("DUGOUT_IDENTITY_FILE", &file);
    let environment = run(&mut command).succeeds();
    assert!(environment.contains("SECRET=from the vault"));
    assert!(!environment.contains("DUGOUT_IDENTITY"));
    assert!(!environment.contains("AGE-SECRET-KEY"));
}

#[test]
fn exit_codes_are_the_programs_own() {
    let sandbox = sandbox();
    let code = |arguments: &[&str]| sandbox.dugout(arguments).status.code();
    assert_eq!(code(&["run", "--", "sh", "-c", "exit 42"]), Some(42));
    assert_eq!(code(&["run", "--", "true"]), Some(0));
    let not_found = sandbox.dugout(["run", "--", "no-such-program-here"]);
    assert_eq!(not_found.fails(127), "command not found: no-such-program-here");
    sandbox.write("script", "#!/bin/sh\n");
    assert_eq!(sandbox.dugout(["run", "--", "./script"]).fails(126), "./script cannot be executed");
    assert_eq!(code(&["run"]), Some(2));
}

#[test]
fn signals_are_the_programs_own() {
    let sandbox = sandbox();
    let killed = sandbox.dugout(["run", "--", "sh", "-c", "kill -TERM $$"]);
    assert_eq!(killed.signal(), Some(15));

    // The program has dugout's own process id: what is sent to it reaches the program.
    let mut command = sandbox.command(["run", "--", "sh", "-c", "echo $$; exec sleep 60"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), child.id().to_string());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_program_has_the_usual_answer_to_a_closed_pipe() {
    let sandbox = sandbox();
    let mut command = sandbox.command(["run", "--", "yes"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 100]).unwrap();
    drop(stdout);
    let status = child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(13));
}

#[test]
fn arguments_need_not_be_text() {
    let sandbox = sandbox();
    let argument = OsString::from_vec(vec![b'a', 0xff, b'z']);
    let arguments =
        [OsString::from("run"), "--".into(), "printf".into(), "%s".into(), argument.clone()];
    let run = sandbox.dugout(arguments);
    assert_eq!(run.stdout, argument.into_vec());
}

#[test]
fn names_that_run_code_are_refused_at_injection_too() {
    let sandbox = sandbox();
    let set = ["set", "LD_PRELOAD", "/tmp/x.so"];
    assert!(sandbox.dugout(set).fails(1).contains("LD_PRELOAD"));
    // Whoever can push can write it to the file all the same.
    let allowed = ["set", "BASH_ENV", "/nonexistent", "--allow-name", "BASH_ENV"];
    sandbox.dugout(allowed).succeeds();
    for arguments in [&["run", "--", "true"][..], &["env"]] {
        assert!(sandbox.dugout(arguments).fails(1).contains("BASH_ENV"));
    }
    let smuggled = sandbox.vault_text().replace("BASH_ENV =", "\"NODE_OPTIONS=--require ./x\" =");
    sandbox.write(".dugout.toml", smuggled);
    assert!(sandbox.dugout(["run", "--", "true"]).fails(1).contains("NODE_OPTIONS=--require"));
    sandbox.dugout(["set", "BASH_ENV", "/nonexistent", "--allow-name", "BASH_ENV"]).succeeds();
    sandbox.write(
        ".dugout.toml",
        sandbox.vault_text().replace("\"NODE_OPTIONS=--require ./x\" =", "X ="),
    );
    let run = sandbox.dugout(["run", "--allow-name", "BASH_ENV", "--", "printenv", "BASH_ENV"]);
    assert_eq!(run.succeeds(), "/nonexistent\n");
}

#[test]
fn a_value_with_a_nul_byte_is_named() {
    let sandbox = sandbox();
    sandbox.dugout_with_input(["set", "BINARY", "--stdin"], b"a\0b").succeeds();
    let run = sandbox.dugout(["run", "--", "true"]);
    assert!(run.fails(1).contains("secret BINARY cannot be an environment variable"));
    assert_eq!(sandbox.dugout(["get", "BINARY"]).stdout, b"a\0b");
}

#[test]
fn env_starts_the_users_shell() {
    let sandbox = sandbox();
    sandbox.write("shell", "#!/bin/sh\nprintf 'shell with %s' \"$SECRET\"\n");
    let shell = sandbox.repository().join("shell");
    fs::set_permissions(&shell, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = sandbox.command(["env"]);
    assert_eq!(run(command.env("SHELL", &shell)).succeeds(), "shell with from the vault");
}

#[test]
fn a_vault_is_used_from_a_sub_directory() {
    let sandbox = sandbox();
    sandbox.write("a/b/file", "");
    let mut command = sandbox.command(["get", "SECRET"]);
    command.current_dir(sandbox.repository().join("a/b"));
    assert_eq!(run(&mut command).succeeds(), "from the vault\n");
}

/// A program called `npm` that tells what it was called with.
fn with_recorder(sandbox: &Sandbox) -> OsString {
    let folder = sandbox.path().join("bin");
    fs::create_dir(&folder).unwrap();
    let npm = folder.join("npm");
    fs::write(&npm, "#!/bin/sh\necho \"$(basename \"$PWD\"): npm $* with $SECRET\"\n").unwrap();
    fs::set_permissions(&npm, fs::Permissions::from_mode(0o755)).unwrap();
    let mut path = folder.into_os_string();
    path.push(":/usr/bin:/bin");
    path
}

#[test]
fn the_dot_starts_the_project_in_its_root() {
    let sandbox = sandbox();
    let path = with_recorder(&sandbox);
    sandbox.write("package.json", r#"{"scripts": {"dev": "x"}}"#);
    sandbox.write("src/deep/file", "");
    let mut command = sandbox.command([".", "--", "--port", "1"]);
    command.env("PATH", &path).current_dir(sandbox.repository().join("src/deep"));
    let dot = run(&mut command);
    assert_eq!(dot.stderr, "✓ node project, 1 secret → npm run dev\n");
    assert_eq!(dot.succeeds(), "repository: npm run dev --port 1 with from the vault\n");
}

#[test]
fn the_tool_that_is_missing_is_named_with_how_to_get_it() {
    let sandbox = sandbox();
    sandbox.write("package.json", r#"{"scripts": {"dev": "x"}, "packageManager": "pnpm@9.0.0"}"#);
    let mut command = sandbox.command(["."]);
    let missing = run(command.env("PATH", "/nonexistent"));
    let expected = "command not found: pnpm (usually installed by: corepack enable pnpm)";
    assert_eq!(missing.fails(127), expected);
}

#[test]
fn a_broken_manifest_is_one_clear_line() {
    let sandbox = sandbox();
    sandbox.write("package.json", "{\"scripts\": ");
    let line = sandbox.dugout(["."]).fails(5).to_owned();
    assert!(line.contains("package.json"), "{line}");
}

#[test]
fn an_empty_folder_is_no_project() {
    let sandbox = sandbox();
    assert!(sandbox.dugout(["."]).fails(1).starts_with("could not detect the project type"));
}

#[test]
fn an_ambiguous_project_is_said_and_chosen_by_kind() {
    let sandbox = sandbox();
    sandbox.write("package.json", r#"{"scripts": {"start": "x"}}"#);
    sandbox.write("Cargo.toml", "[package]\nname = \"x\"\nversion = \"0.1.0\"\n");
    sandbox.write("src/main.rs", "fn main() {}");
    let line = sandbox.dugout([".", "--print"]).fails(1).to_owned();
    assert!(line.ends_with("could be a project of node or rust"), "{line}");
    assert_eq!(sandbox.dugout([".", "--print", "--kind", "rust"]).succeeds(), "cargo run\n");
    let none = sandbox.dugout([".", "--print", "--kind", "cobol"]);
    assert!(none.fails(5).contains("cobol"));
}
