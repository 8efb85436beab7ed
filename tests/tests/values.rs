//! Values on their way in and out.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "these are tests")]

use std::{
    ffi::OsString,
    fs,
    os::unix::ffi::OsStringExt,
    process::{Command, Stdio},
};

use dugout_tests::{Artifacts, Sandbox, sandbox::run};

fn get(sandbox: &Sandbox, name: &str) -> Vec<u8> {
    let run = sandbox.dugout(["get", name, "--raw"]);
    assert!(run.status.success(), "{run:?}");
    run.stdout
}

#[test]
fn a_piped_line_loses_its_line_feed_and_more_lines_do_not() {
    let sandbox = Sandbox::with_vault();
    let inputs: [(&[u8], &[u8]); 6] = [
        (b"value\n", b"value"),
        (b"value\r\n", b"value"),
        (b"value", b"value"),
        (b"one\ntwo\n", b"one\ntwo\n"),
        (
            b"-----BEGIN KEY-----\nx\n-----END KEY-----\n",
            b"-----BEGIN KEY-----\nx\n-----END KEY-----\n",
        ),
        (b"\xff\x00\n", b"\xff\x00"),
    ];
    for (input, expected) in inputs {
        sandbox.dugout_with_input(["set", "A", "--stdin", "--force"], input).succeeds();
        assert_eq!(get(&sandbox, "A"), expected);
        sandbox.dugout_with_input(["add", "A", "--force"], input).succeeds();
        assert_eq!(get(&sandbox, "A"), expected);
    }
}

#[test]
fn a_file_is_stored_byte_for_byte() {
    let sandbox = Sandbox::with_vault();
    let all: Vec<u8> = (0..=255).chain(*b"\n").collect();
    sandbox.write("file", &all);
    sandbox.dugout(["set", "A", "--file", "file"]).succeeds();
    assert_eq!(get(&sandbox, "A"), all);
}

#[test]
fn get_ends_text_with_a_line_feed_and_leaves_bytes_alone() {
    let sandbox = Sandbox::with_vault();
    for (value, shown) in
        [(&b"text"[..], &b"text\n"[..]), (b"text\n\n", b"text\n\n"), (b"\xffbytes", b"\xffbytes")]
    {
        sandbox.write("file", value);
        sandbox.dugout(["set", "A", "--file", "file", "--force"]).succeeds();
        assert_eq!(sandbox.dugout(["get", "A"]).stdout, shown);
    }
}

#[test]
fn a_value_on_the_command_line_may_be_of_any_bytes() {
    let sandbox = Sandbox::with_vault();
    let value = OsString::from_vec(b"a\xffz".to_vec());
    sandbox.dugout([OsString::from("set"), "A".into(), value]).succeeds();
    assert_eq!(get(&sandbox, "A"), b"a\xffz");
}

#[test]
fn a_value_that_no_environment_takes_is_refused_with_the_limit() {
    let sandbox = Sandbox::with_vault();
    let before = sandbox.vault_text();
    sandbox.write("file", vec![b'x'; 140_000]);
    let refused = sandbox.dugout(["set", "A", "--file", "file"]);
    let expected = "value of A is 140000 bytes, and a variable of that name can have 131069";
    assert_eq!(refused.fails(1), expected);
    sandbox.write("file", vec![b'x'; 3_000_000]);
    assert!(sandbox.dugout(["set", "A", "--file", "file"]).fails(1).contains("1 MiB"));
    assert_eq!(sandbox.vault_text(), before);
    // The largest one really starts a program.
    sandbox.write("file", vec![b'x'; 131_069]);
    sandbox.dugout(["set", "A", "--file", "file"]).succeeds();
    assert_eq!(sandbox.dugout(["run", "--", "sh", "-c", "echo ${#A}"]).succeeds(), "131069\n");
}

#[test]
fn a_closed_output_is_no_error() {
    let sandbox = Sandbox::with_vault();
    sandbox.dugout(["set", "A", "1"]).succeeds();
    for arguments in [&["get", "A"][..], &["list"], &["--help"], &["plugin", "list", "--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let closed = run(sandbox.command(arguments).stdout(writer));
        assert!(closed.status.success() && closed.stderr.is_empty(), "{arguments:?}: {closed:?}");
    }
}

#[test]
fn logs_say_nothing_of_values_and_keys() {
    let sandbox = Sandbox::with_vault();
    sandbox.dugout(["set", "A", "hunter2"]).succeeds();
    let key = fs::read_to_string(sandbox.home().join(".dugout/identity")).unwrap();
    let key = key.lines().last().unwrap();
    let mut command = sandbox.command(["-v", "get", "A"]);
    let verbose = run(command.env("DUGOUT_LOG", "trace"));
    assert!(verbose.stderr.contains("debug: vault read"), "{verbose:?}");
    assert!(!verbose.stderr.contains("hunter2") && !verbose.stderr.contains(key), "{verbose:?}");
}

#[test]
fn completions_are_scripts() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "elvish", "fish", "powershell", "power-shell", "zsh"] {
        let script = sandbox.dugout(["completions", shell]).succeeds();
        assert!(script.contains("dugout") && script.contains("whoami"), "{shell}");
    }
    let script = sandbox.dugout(["completions", "bash"]).stdout;
    let mut bash = Command::new("bash");
    let mut child = bash.arg("-n").stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), &script).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_embedding_example_reads_a_secret() {
    let sandbox = Sandbox::with_vault();
    sandbox.dugout(["set", "A", "12345"]).succeeds();
    let mut command = Command::new(Artifacts::get().example("embed"));
    command.arg("A").current_dir(sandbox.repository()).env_clear().env("HOME", sandbox.home());
    assert_eq!(run(&mut command).succeeds(), "A has 5 bytes\n");
}

#[test]
fn a_name_that_is_not_text_is_one_clear_error() {
    let sandbox = Sandbox::with_vault();
    let name = OsString::from_vec(b"A\xff".to_vec());
    for command in ["get", "rm", "add"] {
        let failed = sandbox.dugout([OsString::from(command), name.clone()]);
        assert!(failed.fails(2).contains("invalid UTF-8"), "{failed:?}");
    }
}
