//! A save that is interrupted at any moment leaves the old vault or the new one.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "these are tests")]

use std::{
    fs, io,
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
    thread,
};

use dugout_tests::{
    Artifacts, Sandbox,
    sandbox::run,
    trace::{Stop, Tracee},
};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_vault();
    sandbox.dugout(["set", "OLD", "old value"]).succeeds();
    sandbox
}

/// Runs a command, and kills it at its `at`th stop before or after a system call. Whether it lived
/// that long.
fn kill_at(command: &mut Command, at: usize) -> bool {
    let tracee = Tracee::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
    for _ in 0..at {
        if tracee.to_next_system_call() != Stop::SystemCall {
            tracee.kill();
            return false;
        }
    }
    tracee.kill();
    true
}

/// Kills a command at every system call that it makes; `check` looks at what is left each time.
fn kill_everywhere(sandbox: &Sandbox, arguments: &[&str], mut check: impl FnMut(usize)) {
    let before = sandbox.vault_text();
    let mut kills = 0;
    while kill_at(&mut sandbox.command(arguments), kills) {
        check(kills);
        // A lost update must not hide behind the one before it.
        fs::write(sandbox.vault(), &before).unwrap();
        kills += 1;
    }
    assert!(kills > 100, "only {kills} system calls were seen");
}

#[test]
fn a_kill_at_any_system_call_of_set_leaves_a_vault_that_opens() {
    let sandbox = sandbox();
    let (old, mut new) = (sandbox.vault_text(), 0);
    kill_everywhere(&sandbox, &["set", "NEW", "new value"], |at| {
        let text = sandbox.vault_text();
        if text == old {
            return;
        }
        new += 1;
        let get = |name: &str| sandbox.dugout(["get", name]).succeeds();
        assert_eq!((get("OLD"), get("NEW")), ("old value\n".into(), "new value\n".into()), "{at}");
    });
    assert!(new > 0, "no kill came after the rename");
    // What was left behind is swept by the next writer.
    sandbox.dugout(["set", "LAST", "1"]).succeeds();
    let names: Vec<String> = sandbox
        .repository()
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".tmp"))
        .collect();
    assert!(names.is_empty(), "{names:?}");
}

#[test]
fn a_kill_at_any_system_call_of_setup_never_loses_an_identity() {
    let sandbox = sandbox();
    let home = sandbox.home().join(".dugout");
    let identity = fs::read_to_string(home.join("identity")).unwrap();
    let key = identity.lines().last().unwrap().to_owned();
    let (mut kills, mut replaced) = (0, 0);
    while kill_at(&mut sandbox.command(["setup", "--force"]), kills) {
        let mut files = vec![home.join("identity")];
        files.extend(
            home.join("archive")
                .read_dir()
                .into_iter()
                .flatten()
                .map(|entry| entry.unwrap().path()),
        );
        let holds_key =
            |path: &Path| fs::read_to_string(path).is_ok_and(|text| text.contains(&key));
        assert!(files.iter().any(|path| holds_key(path)), "lost after {kills} stops");
        replaced += usize::from(!holds_key(&home.join("identity")));
        fs::write(home.join("identity"), &identity).unwrap();
        let _not_made_yet = fs::remove_dir_all(home.join("archive"));
        kills += 1;
    }
    assert!(kills > 100 && replaced > 0, "{kills} kills, {replaced} after the replacement");
}

#[test]
fn twenty_programs_at_once_keep_twenty_secrets() {
    let sandbox = sandbox();
    thread::scope(|scope| {
        for number in 0..20 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                sandbox.dugout(["set", &format!("KEY_{number}"), &number.to_string()]).succeeds();
            });
        }
    });
    for number in 0..20 {
        let value = sandbox.dugout(["get", &format!("KEY_{number}")]).succeeds();
        assert_eq!(value, format!("{number}\n"));
    }
}

#[test]
fn a_full_disk_changes_nothing() {
    let sandbox = sandbox();
    let before = sandbox.vault_text();
    let mut command = sandbox.command(["set", "NEW", "x"]);
    // A file may not grow beyond 100 bytes, and the signal for that is ignored: writing fails, as
    // on a full disk.
    // SAFETY: plain system calls, fine between fork and exec.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(|| {
            let limit = libc::rlimit { rlim_cur: 100, rlim_max: 100 };
            libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
            match libc::setrlimit(libc::RLIMIT_FSIZE, &limit) {
                0 => Ok(()),
                _ => Err(io::Error::last_os_error()),
            }
        });
    }
    let failed = run(&mut command);
    assert!(failed.fails(1).contains("cannot write"), "{failed:?}");
    assert_eq!(sandbox.vault_text(), before);
    let left = sandbox.repository().read_dir().unwrap().map(|entry| entry.unwrap().path());
    assert!(!left.into_iter().any(|path| path.extension().is_some_and(|end| end == "tmp")));
}

#[test]
fn a_read_only_folder_is_one_clear_error() {
    let sandbox = sandbox();
    let before = sandbox.vault_text();
    // Root may write everywhere, so a run as root is one of another user, who owns all of it.
    // SAFETY: no arguments.
    #[allow(unsafe_code)]
    let is_root = unsafe { libc::geteuid() } == 0;
    let program = sandbox.path().join("dugout");
    fs::copy(Artifacts::get().program("dugout"), &program).unwrap();
    let mut command = Command::new(program);
    command
        .args(["set", "NEW", "x"])
        .current_dir(sandbox.repository())
        .env_clear()
        .env("HOME", sandbox.home())
        .stdin(Stdio::null());
    if is_root {
        give_away(sandbox.path());
        command.uid(65534).gid(65534);
    }
    fs::set_permissions(sandbox.repository(), fs::Permissions::from_mode(0o555)).unwrap();
    let failed = run(&mut command);
    fs::set_permissions(sandbox.repository(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(failed.fails(1).contains("cannot write"), "{failed:?}");
    assert_eq!(sandbox.vault_text(), before);
}

fn give_away(path: &Path) {
    chown(path, Some(65534), Some(65534)).unwrap();
    if path.is_dir() {
        for entry in path.read_dir().unwrap() {
            give_away(&entry.unwrap().path());
        }
    }
}
