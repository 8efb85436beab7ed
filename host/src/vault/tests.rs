use std::{
    fs,
    path::{Path, PathBuf},
};

use super::*;
use crate::Environment;

const FROZEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vaults");

/// A folder with a frozen vault in it, and a host whose user has one of the frozen keys.
struct Frozen {
    folder: tempfile::TempDir,
    host: Host,
}

impl Frozen {
    fn new(file: &str, vault_file: &str, key: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(Path::new(FROZEN).join(file), folder.path().join(vault_file)).unwrap();
        let key = fs::read_to_string(Path::new(FROZEN).join(key)).unwrap();
        let environment =
            Environment { identity: Some(Zeroizing::new(key)), ..Environment::default() };
        Self { folder, host: Host::new(environment, None).unwrap() }
    }

    fn open(&self) -> Vault {
        self.host.open(self.folder.path(), Selection::Only).unwrap()
    }

    fn text(&self) -> String {
        let file = self.open().location().file();
        fs::read_to_string(file).unwrap()
    }
}

fn value(vault: &Vault, name: &str) -> String {
    vault.get(name).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn the_frozen_team_vaults_open_for_every_member() {
    for file in ["team.dugout.toml", "commented.dugout.toml"] {
        for key in ["alice.key", "bob.key", "carol.key"] {
            let frozen = Frozen::new(file, ".dugout.toml", key);
            let vault = frozen.open();
            assert_eq!(value(&vault, "API_KEY"), "sk_test_4eC39HqLyjWDarjtT1zdp7dc");
            assert_eq!(
                value(&vault, "DATABASE_URL"),
                "postgres://user:pa$$w0rd@db.internal:5432/app?sslmode=require"
            );
            assert_eq!(
                value(&vault, "PRIVATE_KEY_PEM"),
                "line one\nline two with \"quotes\"\nline three"
            );
            assert_eq!(value(&vault, "UNICODE"), "héllo wörld ✓ 日本");
            assert_eq!(value(&vault, "_UNDER1"), "x");
            assert!(vault.recipients_match_fingerprint());
            assert_eq!(vault.decrypt_all().unwrap().len(), 5);
        }
    }
}

#[test]
fn the_frozen_named_vault_opens() {
    let frozen = Frozen::new("named.dugout.prod.toml", ".dugout.prod.toml", "alice.key");
    let vault = frozen.open();
    assert_eq!(vault.location().name().as_str(), "prod");
    assert_eq!(value(&vault, "API_KEY"), "live-value");
}

#[test]
fn the_frozen_hybrid_vault_opens_by_age() {
    let frozen = Frozen::new("hybrid.dugout.toml", ".dugout.toml", "alice.key");
    let vault = frozen.open();
    assert_eq!(value(&vault, "A_SECRET"), "one");
    assert_eq!(value(&vault, "B_SECRET"), "two words");
}

#[test]
fn every_frozen_vault_is_edited_without_touching_the_rest() {
    for (file, vault_file) in [
        ("team.dugout.toml", ".dugout.toml"),
        ("commented.dugout.toml", ".dugout.toml"),
        ("hybrid.dugout.toml", ".dugout.toml"),
        ("named.dugout.prod.toml", ".dugout.prod.toml"),
    ] {
        let frozen = Frozen::new(file, vault_file, "alice.key");
        let before = frozen.text();
        let mut vault = frozen.open();

        vault.set("NEW_ONE", b"new", SetOptions::default()).unwrap();
        let added = frozen.text();
        let added_lines: Vec<&str> = added.lines().filter(|line| !before.contains(line)).collect();
        assert!(added_lines[0].starts_with("NEW_ONE = \"\"\""), "{file}");
        assert_eq!(value(&frozen.open(), "NEW_ONE"), "new");

        vault.remove("NEW_ONE").unwrap();
        assert_eq!(frozen.text(), before, "{file}");

        let name = vault.secret_names()[0].to_owned();
        let others: Vec<String> =
            vault.secret_names()[1..].iter().map(|name| value(&vault, name)).collect();
        let replace = SetOptions { replace: true, ..SetOptions::default() };
        vault.set(&name, b"replaced", replace).unwrap();
        let vault = frozen.open();
        assert_eq!(value(&vault, &name), "replaced");
        let others_after: Vec<String> =
            vault.secret_names()[1..].iter().map(|name| value(&vault, name)).collect();
        assert_eq!(others_after, others);
        let (start, end) = (before.find("[secrets]").unwrap(), before.find("[x-owner]"));
        let after = frozen.text();
        assert!(after.starts_with(&before[..start]), "{file}");
        assert!(after.ends_with(end.map_or("", |end| &before[end..])), "{file}");
    }
}

#[test]
fn a_vault_with_a_key_service_says_that_servers_cannot_read_the_new_value() {
    let frozen = Frozen::new("hybrid.dugout.toml", ".dugout.toml", "alice.key");
    let notices = frozen.open().set("C", b"3", SetOptions::default()).unwrap();
    assert_eq!(notices, [Notice::NotForServers { name: "C".to_owned() }]);
}

#[test]
fn setting_one_secret_leaves_the_fingerprint_for_sync() {
    let frozen = Frozen::new("team.dugout.toml", ".dugout.toml", "alice.key");
    let file = frozen.folder.path().join(".dugout.toml");
    // Carol was taken out by hand: what is stored is still encrypted to her.
    let text = fs::read_to_string(&file).unwrap();
    let text: Vec<&str> = text.lines().filter(|line| !line.starts_with("carol")).collect();
    fs::write(&file, text.join("\n")).unwrap();
    let mut vault = frozen.open();
    assert!(!vault.recipients_match_fingerprint());
    vault.set("NEW", b"1", SetOptions::default()).unwrap();
    assert!(!frozen.open().recipients_match_fingerprint());
}

#[test]
fn what_set_refuses_changes_nothing() {
    let frozen = Frozen::new("team.dugout.toml", ".dugout.toml", "alice.key");
    let before = frozen.text();
    let mut vault = frozen.open();
    let mut refused = |name: &str, value: &[u8]| {
        vault.set(name, value, SetOptions::default()).unwrap_err().kind()
    };
    assert_eq!(refused("API_KEY", b"x"), ErrorKind::SecretExists);
    assert_eq!(refused("A-B", b"x"), ErrorKind::InvalidName);
    assert_eq!(refused("LD_PRELOAD", b"x"), ErrorKind::DangerousName);
    assert_eq!(refused("EMPTY", b""), ErrorKind::InvalidValue);
    assert_eq!(refused("BIG", &vec![b'x'; 131_072]), ErrorKind::InvalidValue);
    assert_eq!(frozen.text(), before);
}

#[test]
fn values_of_any_bytes_come_back() {
    let frozen = Frozen::new("team.dugout.toml", ".dugout.toml", "bob.key");
    let mut vault = frozen.open();
    let all: Vec<u8> = (0..=255).collect();
    for (name, value) in [
        ("BINARY", all.as_slice()),
        ("LINES", b"one\ntwo\r\n\n"),
        ("SPACES", b"  x  "),
        ("LARGEST", &vec![b'x'; 131_071 - 8]),
    ] {
        vault.set(name, value, SetOptions::default()).unwrap();
        assert_eq!(frozen.open().get(name).unwrap().as_bytes(), value, "{name}");
    }
    let empty = SetOptions { allow_empty: true, ..SetOptions::default() };
    vault.set("EMPTY", b"", empty).unwrap();
    assert!(frozen.open().get("EMPTY").unwrap().as_bytes().is_empty());
}

#[test]
fn a_stranger_is_denied_and_told_what_was_tried() {
    let frozen = Frozen::new("named.dugout.prod.toml", ".dugout.prod.toml", "bob.key");
    let error = frozen.open().get("API_KEY").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    assert!(error.to_string().contains("DUGOUT_IDENTITY (age1hzzc3g"), "{error}");
}

#[test]
fn an_unknown_name_is_answered_with_a_similar_one() {
    let frozen = Frozen::new("team.dugout.toml", ".dugout.toml", "alice.key");
    let error = frozen.open().get("API_KEX").unwrap_err();
    assert_eq!(error.to_string(), "secret not found: API_KEX (did you mean API_KEY?)");
}

#[test]
fn a_plaintext_value_in_the_file_is_damage_and_not_quoted() {
    let frozen = Frozen::new("team.dugout.toml", ".dugout.toml", "alice.key");
    let file = frozen.folder.path().join(".dugout.toml");
    fs::write(&file, frozen.text() + "PLAIN = \"hunter2\"\n").unwrap();
    let error = frozen.open().get("PLAIN").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Damaged);
    assert!(!error.to_string().contains("hunter2"));
}

#[test]
fn what_is_no_vault_file_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::new(Environment::default(), None).unwrap();
    let file = folder.path().join(".dugout.toml");
    let refused = |what: &str| {
        let error = host.open(folder.path(), Selection::Only).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MalformedVault, "{error}");
        assert!(error.to_string().contains(what), "{error}");
    };
    fs::write(&file, "[secrets]\nA = \n").unwrap();
    refused("line 2, column");
    fs::write(&file, b"[secrets]\nA = \"\xff\"\n").unwrap();
    refused("line 2: not UTF-8");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    refused("not a regular file");
    fs::remove_dir(&file).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("elsewhere", &file).unwrap();
        refused("is a symbolic link");
        fs::remove_file(&file).unwrap();
    }
    let large = fs::File::create(&file).unwrap();
    large.set_len(100_000_000).unwrap();
    refused("100 MB");
}

#[test]
fn vaults_and_registries_cross_threads() {
    fn check<T: Send + Sync>() {}
    check::<Vault>();
    check::<crate::Registry>();
    check::<Host>();
}

#[test]
fn init_makes_a_vault_that_its_member_opens() {
    let folder = tempfile::tempdir().unwrap();
    let dugout_home = Some(PathBuf::from(folder.path()).join("home"));
    let host = Host::new(Environment { dugout_home, ..Environment::default() }, None).unwrap();
    let new = host.create_identity(false).unwrap();
    let key: Recipient = new.found.identity.public_key().unwrap().parse().unwrap();
    let mut vault = host.init(folder.path(), VaultName::default(), "alice", &key).unwrap();
    assert!(vault.recipients_match_fingerprint());
    vault.set("A", b"1", SetOptions::default()).unwrap();
    assert_eq!(value(&host.open(folder.path(), Selection::Only).unwrap(), "A"), "1");
    let error = host.init(folder.path(), VaultName::default(), "bob", &key).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::VaultExists);
}

#[test]
fn twenty_writers_at_once_keep_twenty_secrets() {
    let frozen = Frozen::new("team.dugout.toml", ".dugout.toml", "alice.key");
    thread::scope(|scope| {
        for number in 0..20 {
            let frozen = &frozen;
            scope.spawn(move || {
                let name = format!("PARALLEL_{number}");
                frozen.open().set(&name, b"x", SetOptions::default()).unwrap();
            });
        }
    });
    assert_eq!(frozen.open().secret_names().len(), 25);
}
