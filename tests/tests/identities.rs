//! Identities of every kind, and what is said when one does not fit.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "these are tests")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use dugout_tests::{Run, Sandbox, artifacts::workspace, sandbox::run};

/// Puts a key of `tests/keys` or `tests/vaults` where only its owner can read it.
fn key(sandbox: &Sandbox, name: &str) -> PathBuf {
    let copy = sandbox.path().join("key");
    fs::copy(workspace().join("tests").join(name), &copy).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
    copy
}

fn with_key(sandbox: &Sandbox, key: &Path, arguments: &[&str]) -> Run {
    run(sandbox.command(arguments).env("DUGOUT_IDENTITY_FILE", key))
}

/// Adds a member by hand, as long as there is no command for it.
fn admit(sandbox: &Sandbox, line: &str) {
    let text = sandbox.vault_text();
    sandbox
        .write(".dugout.toml", text.replace("[recipients]\n", &format!("[recipients]\n{line}\n")));
}

#[test]
fn ssh_keys_read_what_is_encrypted_to_them() {
    for name in ["ed25519", "rsa"] {
        let sandbox = Sandbox::with_vault();
        let public = workspace().join(format!("tests/keys/{name}.pub"));
        let public = fs::read_to_string(public).unwrap();
        admit(&sandbox, &format!("sam = {:?}", public.trim()));
        let set = sandbox.dugout(["set", "A", "for both"]);
        assert!(
            set.stderr.contains("sam's key is of a kind that dugout 0.1 cannot read"),
            "{set:?}"
        );
        set.succeeds();
        let key = key(&sandbox, &format!("keys/{name}"));
        assert_eq!(with_key(&sandbox, &key, &["get", "A"]).succeeds(), "for both\n", "{name}");
        assert_eq!(sandbox.dugout(["get", "A"]).succeeds(), "for both\n", "{name}");
    }
}

#[test]
fn a_locked_ssh_key_without_a_terminal_is_one_clear_error() {
    let sandbox = Sandbox::with_vault();
    let public = fs::read_to_string(workspace().join("tests/keys/locked.pub")).unwrap();
    admit(&sandbox, &format!("sam = {:?}", public.trim()));
    sandbox.dugout(["set", "A", "1"]).succeeds();
    let key = key(&sandbox, "keys/locked");
    let failed = with_key(&sandbox, &key, &["get", "A"]);
    assert!(failed.fails(4).contains("the SSH key could not be unlocked"), "{failed:?}");
}

#[test]
fn files_with_comments_and_read_only_mounts_are_fine() {
    let sandbox = Sandbox::new();
    let vault = workspace().join("tests/vaults/team.dugout.toml");
    fs::copy(vault, sandbox.vault()).unwrap();
    let bob = key(&sandbox, "vaults/bob.key");
    assert_eq!(with_key(&sandbox, &bob, &["get", "_UNDER1"]).succeeds(), "x\n");
    fs::set_permissions(&bob, fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(with_key(&sandbox, &bob, &["get", "_UNDER1"]).succeeds(), "x\n");
    fs::set_permissions(&bob, fs::Permissions::from_mode(0o444)).unwrap();
    let readable = with_key(&sandbox, &bob, &["get", "_UNDER1"]);
    assert!(readable.stderr.contains("can be read by other users"), "{readable:?}");
    assert_eq!(readable.succeeds(), "x\n");
    fs::set_permissions(&bob, fs::Permissions::from_mode(0o666)).unwrap();
    let writable = with_key(&sandbox, &bob, &["get", "_UNDER1"]);
    assert!(writable.fails(4).ends_with(&format!("run: chmod 600 {}", bob.display())));
}

#[test]
fn an_explicit_identity_that_is_no_good_is_an_error_and_not_passed_over() {
    let sandbox = Sandbox::with_vault();
    sandbox.dugout(["set", "A", "1"]).succeeds();
    let file = |content: &[u8]| {
        let path = sandbox.path().join("key");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    };
    let cases: [(&[u8], &str); 5] = [
        (b"", "holds no identity"),
        (b"hunter2\n", "is not an identity"),
        (b"\xff\xfe", "is not text"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n", "of a form that is not supported"),
        (&[b'#'; 100_000], "is too large"),
    ];
    for (content, reason) in cases {
        let failed = with_key(&sandbox, &file(content), &["get", "A"]);
        assert!(failed.fails(4).contains(reason), "{failed:?}");
        assert!(!failed.stderr.contains("hunter2"), "{failed:?}");
    }
    let missing = with_key(&sandbox, Path::new("/nonexistent/key"), &["get", "A"]);
    assert!(missing.fails(4).contains("/nonexistent/key does not exist"));
    let folder = with_key(&sandbox, sandbox.path(), &["get", "A"]);
    assert!(folder.fails(4).contains("is a folder"));
    let mut command = sandbox.command(["get", "A"]);
    let malformed = run(command.env("DUGOUT_IDENTITY", "AGE-SECRET-KEY-1HUNTER2"));
    assert!(malformed.fails(4).starts_with("DUGOUT_IDENTITY is not an identity"));
    assert!(!malformed.stderr.contains("HUNTER2"));
}

#[test]
fn recipients_that_cannot_be_encrypted_to_are_named_and_nothing_is_written() {
    for (line, reason) in [
        ("eve = \"age1nonsense\"", "recipient eve: \"age1nonsense\" is not a valid age public key"),
        ("eve = \"pgp:ABCD\"", "is not a public key"),
        ("eve = \"ssh-dss AAAA\"", "is not an ssh-ed25519 or ssh-rsa public key"),
        (
            "eve = \"age1yubikey1q2w7u3vpya839jxxuq8g0sedh3d740d4xvn639sqhr95ejj8vu3hyfumptt\"",
            "the age plugin \"yubikey\" is not allowed by your settings",
        ),
    ] {
        let sandbox = Sandbox::with_vault();
        sandbox.dugout(["set", "OLD", "1"]).succeeds();
        admit(&sandbox, line);
        let before = sandbox.vault_text();
        let failed = sandbox.dugout(["set", "A", "1"]);
        assert!(failed.fails(1).contains(reason), "{failed:?}");
        assert_eq!(sandbox.vault_text(), before);
        // Reading is not hindered by it.
        assert_eq!(sandbox.dugout(["get", "OLD"]).succeeds(), "1\n");
    }
}

#[test]
fn a_repositorys_own_age_plugin_is_never_run() {
    let sandbox = Sandbox::with_vault();
    fs::write(sandbox.home().join(".dugout/config.toml"), "[age]\nplugins = [\"yubikey\"]\n")
        .unwrap();
    let recipient = "age1yubikey1q2w7u3vpya839jxxuq8g0sedh3d740d4xvn639sqhr95ejj8vu3hyfumptt";
    admit(&sandbox, &format!("eve = \"{recipient}\""));
    sandbox.write("bin/age-plugin-yubikey", "#!/bin/sh\ntouch ran\n");
    let program = sandbox.repository().join("bin/age-plugin-yubikey");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let absolute = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    for (path, reason) in [
        (absolute.as_str(), "is inside the repository and is not run"),
        ("bin:/usr/bin:/bin", "PATH has the entry \"bin\""),
        ("/usr/bin:/bin", "age-plugin-yubikey is not on PATH"),
    ] {
        let failed = run(sandbox.command(["set", "A", "1"]).env("PATH", path));
        assert!(failed.fails(1).contains(reason), "{failed:?}");
    }
    assert!(!sandbox.repository().join("ran").exists());
}

#[test]
fn damaged_values_are_named_and_the_others_still_open() {
    let sandbox = Sandbox::with_vault();
    sandbox.dugout(["set", "GOOD", "1"]).succeeds();
    sandbox.dugout(["set", "HURT", "2"]).succeeds();
    let text = sandbox.vault_text();
    let hurt = text.find("HURT").unwrap();
    let cut = text[hurt..].find("-----END").unwrap() + hurt;
    sandbox.write(".dugout.toml", format!("{}{}", &text[..cut - 30], &text[cut..]));
    let failed = sandbox.dugout(["get", "HURT"]);
    assert!(failed.fails(1).starts_with("HURT: the ciphertext is damaged"), "{failed:?}");
    assert_eq!(sandbox.dugout(["get", "GOOD"]).succeeds(), "1\n");
    assert!(sandbox.dugout(["run", "--", "true"]).fails(1).starts_with("HURT:"));
}

#[test]
fn names_and_text_from_the_file_cannot_write_to_the_terminal() {
    let sandbox = Sandbox::with_vault();
    let text = sandbox.vault_text();
    let hostile = "\"X\\u001b[31mRED\\nFAKE\" = \"-----BEGIN AGE ENCRYPTED FILE-----\"\n";
    sandbox.write(".dugout.toml", format!("{text}{hostile}"));
    let list = sandbox.dugout(["list"]).succeeds();
    assert_eq!(list, "X\\u{1b}[31mRED\\u{a}FAKE\n");
    let run = sandbox.dugout(["run", "--", "true"]);
    assert!(!run.stderr.contains('\u{1b}'), "{run:?}");
    run.fails(1);
}

#[test]
fn a_home_that_would_be_another_one_in_every_clone_is_refused() {
    let sandbox = Sandbox::with_vault();
    let mut command = sandbox.command(["list"]);
    let failed = run(command.env("DUGOUT_HOME", ".dugout"));
    assert_eq!(failed.fails(1), ".dugout (DUGOUT_HOME) is not an absolute path");
}
