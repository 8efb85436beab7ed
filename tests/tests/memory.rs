//! What is left in a program's memory when it ends: neither a value nor an identity.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "these are tests")]

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
};

use dugout_tests::{
    Artifacts, Sandbox,
    trace::{Stop, Tracee},
};

const VALUE: &str = "a-value-that-stands-nowhere-else-8c1f2e";

/// Runs a command to its end and looks through its memory; gives what it found of the needles.
fn left_in_memory(command: &mut Command, needles: &[&[u8]]) -> Vec<String> {
    let tracee = Tracee::start(command.stderr(Stdio::null()));
    assert_eq!(tracee.to_end(), Stop::Exiting);
    let found = needles.iter().filter_map(|needle| {
        let place = tracee.find(needle)?;
        Some(format!("{:?} in {place}", String::from_utf8_lossy(&needle[..8])))
    });
    let found = found.collect();
    tracee.kill();
    found
}

/// The user's private key without what all keys begin with.
fn key(sandbox: &Sandbox) -> String {
    let text = fs::read_to_string(sandbox.home().join(".dugout/identity")).unwrap();
    text.lines().last().unwrap().strip_prefix("AGE-SECRET-KEY-1").unwrap().to_owned()
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_vault();
    sandbox.dugout_with_input(["set", "SECRET", "--stdin"], VALUE.as_bytes()).succeeds();
    sandbox
}

#[test]
fn the_search_finds_what_is_there() {
    let sandbox = sandbox();
    let mut command = sandbox.command(["list"]);
    let found = left_in_memory(
        command.stdout(Stdio::null()),
        &[b"AGE ENCRYPTED FILE", b"no such text here"],
    );
    assert!(found.len() <= 1, "{found:?}");
    // An argument stays where the kernel has put it.
    let mut command = sandbox.command(["get", "AN_ARGUMENT"]);
    let found = left_in_memory(command.stdout(Stdio::null()), &[b"AN_ARGUMENT"]);
    assert_eq!(found.len(), 1);
}

#[test]
fn get_leaves_neither_value_nor_identity() {
    let sandbox = sandbox();
    let output = sandbox.path().join("output");
    let mut command = sandbox.command(["get", "SECRET"]);
    command.stdout(File::create(&output).unwrap());
    let key = key(&sandbox);
    let found = left_in_memory(
        &mut command,
        &[VALUE.as_bytes(), key.as_bytes(), key.to_lowercase().as_bytes()],
    );
    assert_eq!(fs::read_to_string(&output).unwrap().trim(), VALUE);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_failed_decryption_leaves_no_identity() {
    let sandbox = sandbox();
    let text = sandbox.vault_text();
    let armor: Vec<&str> = text.lines().filter(|line| line.len() == 64).collect();
    // Damage in the last full line: the payload.
    let last = armor.last().unwrap();
    let damaged: String = last.chars().rev().collect();
    sandbox.write(".dugout.toml", text.replace(last, &damaged));
    let key = key(&sandbox);
    let mut command = sandbox.command(["get", "SECRET"]);
    let found = left_in_memory(command.stdout(Stdio::null()), &[VALUE.as_bytes(), key.as_bytes()]);
    assert!(found.is_empty(), "{found:?}");
    sandbox.dugout(["get", "SECRET"]).fails(1);
}

#[test]
fn setting_leaves_neither_value_nor_identity() {
    let sandbox = sandbox();
    let file = sandbox.path().join("value");
    let value = VALUE.replace("8c1f2e", "another");
    fs::write(&file, &value).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let key = key(&sandbox);
    let mut command = sandbox.command(["set", "OTHER", "--file", file.to_str().unwrap()]);
    let found = left_in_memory(command.stdout(Stdio::null()), &[value.as_bytes(), key.as_bytes()]);
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(sandbox.dugout(["get", "OTHER"]).succeeds().trim(), value);
}

#[test]
fn a_loaded_cipher_leaves_no_plaintext_on_either_side() {
    let sandbox = Sandbox::new();
    let library = Artifacts::get().library("dugout-cipher-local");
    sandbox.dugout(["plugin", "install", library.to_str().unwrap()]).succeeds();
    let sealed = sandbox.path().join("sealed");
    let program = Artifacts::get().program("cipher-roundtrip");
    let command = |mode: &str| {
        let mut command = Command::new(&program);
        command.arg(mode).arg(sandbox.plugins()).arg(&sealed);
        command
    };
    let mut seal = command("encrypt");
    let mut child = seal.stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), VALUE.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());

    let found = left_in_memory(command("decrypt").stdin(Stdio::null()), &[VALUE.as_bytes()]);
    assert!(found.is_empty(), "{found:?}");
    // It did decrypt: it tells the digest.
    let output = command("decrypt").output().unwrap();
    use sha2::Digest;
    let digest = format!("{:x}", sha2::Sha256::digest(VALUE));
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), digest);
}
