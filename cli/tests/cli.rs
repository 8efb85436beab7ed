//! The commands as they are typed, with what they print and their exit codes: `tests/cmd/*.trycmd`.
//!
//! Each file is a session of one user with an empty home, in a copy of the folder `*.in` beside it.

#![allow(clippy::expect_used, reason = "a failure here is a failed test")]

use std::path::PathBuf;

#[test]
fn sessions() {
    let files = std::fs::read_dir("tests/cmd").expect("the sessions").flatten();
    let sessions: Vec<PathBuf> = files
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|end| end == "trycmd"))
        .collect();
    // A pattern that matches nothing would pass.
    assert!(sessions.len() >= 12);
    for session in sessions {
        let home = tempfile::tempdir().expect("a home");
        let cases = trycmd::TestCases::new();
        cases
            .default_bin_name("dugout")
            .env("HOME", home.path().to_str().expect("text"))
            .env("USER", "tester")
            .env("DUGOUT_HOME", "")
            .env("DUGOUT_VAULT", "")
            .env("DUGOUT_IDENTITY", "")
            .env("DUGOUT_IDENTITY_FILE", "")
            .env("DUGOUT_PLUGIN_DIR", "")
            .env("DUGOUT_LOG", "")
            .env("SHELL", "/bin/sh")
            .env("NO_COLOR", "1")
            .insert_var("[HOME]", home.path().to_str().expect("text").to_owned())
            .expect("a variable");
        cases.case(session);
        cases.run();
    }
}
