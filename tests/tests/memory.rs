//! What is left in a program's memory when it ends: neither a value nor an identity.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "these are tests")]

use std::{
    fs::{self, File},
    process::{Command, Stdio},
};

use dugout_tests::{
    Artifacts, Sandbox,
    trace::{Stop, Tracee},
};

const VALUE: &str = "a-value-that-stands-nowhere-else-8c1f2e";

/// Runs a command to its end, where it must have this exit code, and looks through its memory;
/// gives what it found of the needles.
fn left_in_memory(command: &mut Command, code: i32, needles: &[Vec<u8>]) -> Vec<String> {
    let tracee = Tracee::start(command.stderr(Stdio::null()));
    assert_eq!(tracee.to_end(), Stop::Exiting);
    assert_eq!(tracee.exit_code(), code, "{command:?}");
    let found = needles.iter().filter_map(|needle| {
        let place = tracee.find(needle)?;
        Some(format!("{:?} in {place}", String::from_utf8_lossy(&needle[..8])))
    });
    let found = found.collect();
    tracee.kill();
    found
}

/// The user's private key in all its forms: the text without what all keys begin with, the same in
/// lower case, and the bytes.
fn key(sandbox: &Sandbox) -> [Vec<u8>; 3] {
    let text = fs::read_to_string(sandbox.home().join(".dugout/identity")).unwrap();
    let text = text.lines().last().unwrap();
    let (_, bytes) = bech32::decode(text).unwrap();
    assert_eq!(bytes.len(), 32);
    let text = text.strip_prefix("AGE-SECRET-KEY-1").unwrap();
    [text.into(), text.to_lowercase().into(), bytes]
}

fn with_value(key: [Vec<u8>; 3], value: &str) -> Vec<Vec<u8>> {
    key.into_iter().chain([value.into()]).collect()
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_vault();
    sandbox.dugout_with_input(["set", "SECRET", "--stdin"], VALUE.as_bytes()).succeeds();
    sandbox
}

#[test]
fn the_search_finds_what_is_there() {
    let sandbox = sandbox();
    let needles = with_value(key(&sandbox), VALUE);
    let mut command = sandbox.command(["get", "SECRET"]);
    let tracee = Tracee::start(command.stdout(Stdio::null()));
    let mut seen = vec![false; needles.len()];
    while tracee.to_next_system_call() == Stop::SystemCall {
        for (needle, seen) in needles.iter().zip(&mut seen) {
            *seen = *seen || tracee.find(needle).is_some();
        }
    }
    tracee.kill();
    // While the program works, it has the value and the key's text.
    assert!(seen[0] && seen[3], "{seen:?}");
}

#[test]
fn get_leaves_neither_value_nor_identity() {
    let sandbox = sandbox();
    let output = sandbox.path().join("output");
    let mut command = sandbox.command(["get", "SECRET"]);
    command.stdout(File::create(&output).unwrap());
    let found = left_in_memory(&mut command, 0, &with_value(key(&sandbox), VALUE));
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
    for arguments in [&["get", "SECRET"][..], &["run", "--", "true"]] {
        let mut command = sandbox.command(arguments);
        command.stdout(Stdio::null());
        let found = left_in_memory(&mut command, 1, &with_value(key(&sandbox), VALUE));
        assert!(found.is_empty(), "{arguments:?}: {found:?}");
    }
}

#[test]
fn no_command_leaves_the_identity() {
    let sandbox = sandbox();
    let file = sandbox.path().join("value");
    let value = VALUE.replace("8c1f2e", "another");
    fs::write(&file, &value).unwrap();
    let exported = sandbox.path().join("exported");
    for arguments in [
        &["set", "OTHER", "--file", file.to_str().unwrap()][..],
        &["whoami"],
        &["setup", "--output", exported.to_str().unwrap()],
        &["rm", "SECRET"],
    ] {
        let mut command = sandbox.command(arguments);
        command.stdout(Stdio::null());
        let found = left_in_memory(&mut command, 0, &with_value(key(&sandbox), &value));
        assert!(found.is_empty(), "{arguments:?}: {found:?}");
    }
    assert_eq!(sandbox.dugout(["get", "OTHER"]).succeeds().trim(), value);
}

#[test]
fn a_loaded_cipher_leaves_no_plaintext_on_either_side() {
    let sandbox = Sandbox::new();
    let library = sandbox.library("dugout-cipher-local");
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

    let found = left_in_memory(command("decrypt").stdin(Stdio::null()), 0, &[VALUE.into()]);
    assert!(found.is_empty(), "{found:?}");
    // It did decrypt: it tells the digest.
    let output = command("decrypt").output().unwrap();
    use sha2::Digest;
    let digest = format!("{:x}", sha2::Sha256::digest(VALUE));
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), digest);
}
