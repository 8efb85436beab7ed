//! Tables of project trees and what a detector makes of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
};

use dugout_plugin_api::{Detection, PluginError, ProjectDetector};
use serde::{Deserialize, de::Error as _};

use crate::{outcome::Outcome, project::FakeProject};

/// A table of cases, read from TOML: one `[[case]]` after the other, at least one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cases {
    #[serde(rename = "case")]
    cases: Vec<Case>,
}

/// A small project and what a detector makes of it.
///
/// ```toml
/// [[case]]
/// name = "…"                         # the behaviour that the case pins; unique in the table
/// files."package.json" = '{"a": 1}'  # text files by path; their folders come with them
/// file_bytes."a.bin" = [255, 254]    # files that are not text
/// file_sizes."big.json" = 1048577    # files of so many spaces
/// dirs = ["src"]                     # folders
/// tools = ["npm"]                    # programs on PATH
/// outcome = "not-mine"               # or outcome.detected… or outcome.error…
/// ```
///
/// All but `name` and `outcome` may be left out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The behaviour that the case pins.
    pub name: String,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    file_bytes: BTreeMap<String, Vec<u8>>,
    #[serde(default)]
    file_sizes: BTreeMap<String, usize>,
    #[serde(default)]
    dirs: Vec<String>,
    /// The programs on `PATH`. [`write_to`](Self::write_to) does not make them.
    #[serde(default)]
    pub tools: Vec<String>,
    /// What the detector makes of the project.
    pub outcome: Outcome,
}

impl Cases {
    /// Reads a table.
    ///
    /// # Errors
    /// For what is not such a table, for a table without cases, and for a name given twice.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        let table: Self = toml::from_str(text)?;
        if table.cases.is_empty() {
            return Err(toml::de::Error::custom("the table has no cases"));
        }
        let mut names = BTreeSet::new();
        if let Some(case) = table.cases.iter().find(|case| !names.insert(case.name.as_str())) {
            let message = format!("two cases are named {:?}", case.name);
            return Err(toml::de::Error::custom(message));
        }
        Ok(table)
    }

    /// Asks a detector about every case. It may be linked, loaded, or behind a whole host that
    /// looks at the case's [files on disk](Case::write_to).
    ///
    /// # Panics
    /// If any answer is not the expected one; the message lists all that are not.
    #[track_caller]
    pub fn check(
        &self,
        mut detect: impl FnMut(&Case, &FakeProject) -> Result<Option<Detection>, PluginError>,
    ) {
        let failures: Vec<String> = self
            .cases
            .iter()
            .filter_map(|case| {
                let why = case.outcome.mismatch(&detect(case, &case.project()))?;
                Some(format!("\n  {}: {why}", case.name))
            })
            .collect();
        assert!(
            failures.is_empty(),
            "{} of {} cases failed:{}",
            failures.len(),
            self.cases.len(),
            failures.concat()
        );
    }
}

/// Runs a table on a detector that is linked into the test.
///
/// # Panics
/// If the table is not valid, or any answer is not the expected one.
#[track_caller]
pub fn check_linked<D: ProjectDetector>(table: &str) {
    let cases = match Cases::from_toml(table) {
        Ok(cases) => cases,
        #[allow(clippy::panic, reason = "a failed check is a failed test")]
        Err(error) => panic!("not a table of cases: {error}"),
    };
    let detector = D::default();
    cases.check(|_, project| detector.detect(&project.view()));
}

impl Case {
    /// The project, in memory.
    ///
    /// # Panics
    /// If a path leaves the project, or is both a file and a folder.
    pub fn project(&self) -> FakeProject {
        let mut project = FakeProject::new();
        for (path, text) in &self.files {
            project = project.file(path, text);
        }
        for (path, bytes) in &self.file_bytes {
            project = project.file_bytes(path, bytes.as_slice());
        }
        for (path, &size) in &self.file_sizes {
            project = project.file_bytes(path, vec![b' '; size]);
        }
        for path in &self.dirs {
            project = project.dir(path);
        }
        for name in &self.tools {
            project = project.tool(name);
        }
        project
    }

    /// Writes the project's files and folders to a folder on disk; makes it if need be.
    ///
    /// # Errors
    /// What the file system says.
    ///
    /// # Panics
    /// As [`project`](Self::project).
    pub fn write_to(&self, folder: &Path) -> io::Result<()> {
        self.project().write_to(folder)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use dugout_plugin_api::ErrorCode;

    use super::*;

    const TABLE: &str = r#"
        [[case]]
        name = "first"
        files."a.txt" = "a"
        file_bytes."b.bin" = [255]
        file_sizes."c.txt" = 3
        dirs = ["src"]
        tools = ["zig"]
        outcome.detected = { kind = "zig", command = ["zig", "run"], evidence_contains = ["b"] }

        [[case]]
        name = "second"
        outcome = "not-mine"

        [[case]]
        name = "third"
        outcome.error = { code = "io", contains = ["disk"] }
    "#;

    type Answer = Result<Option<Detection>, PluginError>;

    fn right(case: &Case) -> Answer {
        match case.name.as_str() {
            "first" => Ok(Some(Detection::new("zig", ["zig", "run"]).evidence("a b c"))),
            "second" => Ok(None),
            _ => Err(PluginError::new(ErrorCode::IO, "the disk is gone")),
        }
    }

    fn failure(answer: impl Fn(&Case) -> Answer) -> String {
        let cases = Cases::from_toml(TABLE).unwrap();
        let check = AssertUnwindSafe(|| cases.check(|case, _| answer(case)));
        *catch_unwind(check).unwrap_err().downcast::<String>().unwrap()
    }

    #[test]
    fn right_answers_pass() {
        Cases::from_toml(TABLE).unwrap().check(|case, project| {
            if case.name == "first" {
                let view = project.view();
                assert_eq!(view.entries("").unwrap(), ["a.txt", "b.bin", "c.txt", "src"]);
                assert_eq!(view.read("b.bin", 9).unwrap(), [255_u8]);
                assert_eq!(view.read_text("c.txt").unwrap(), "   ");
                assert!(view.has_tool("zig"));
            }
            right(case)
        });
    }

    #[test]
    fn every_wrong_answer_is_listed() {
        let message = failure(|_| Ok(Some(Detection::new("zig", ["zig", "build"]))));
        assert!(message.starts_with("3 of 3 cases failed:"), "{message}");
        assert_eq!(message.lines().count(), 4, "{message}");
    }

    #[test]
    fn an_error_of_another_code_or_message_fails() {
        for (code, text) in [(ErrorCode::OTHER, "the disk"), (ErrorCode::IO, "the network")] {
            let message = failure(|case| match case.name.as_str() {
                "third" => Err(PluginError::new(code, text)),
                _ => right(case),
            });
            assert!(message.contains("third"), "{message}");
            assert!(!message.contains("first"), "{message}");
        }
    }

    #[test]
    fn a_table_that_checks_nothing_is_refused() {
        assert!(Cases::from_toml("").is_err());
        let error = Cases::from_toml("case = []").unwrap_err();
        assert!(error.message().contains("no cases"));
    }

    #[test]
    fn a_misspelt_field_or_outcome_is_refused() {
        for case in [
            "name = 'x'\noutcome = 'not-mine'\nfile = {}",
            "name = 'x'\noutcome = 'none'",
            "name = 'x'\noutcome.detected = { kind = 'x', command = [], evidence = [] }",
            "name = 'x'",
        ] {
            assert!(Cases::from_toml(&format!("[[case]]\n{case}")).is_err(), "{case}");
        }
    }

    #[test]
    fn a_name_is_given_once() {
        let case = "[[case]]\nname = 'x'\noutcome = 'not-mine'\n";
        let error = Cases::from_toml(&case.repeat(2)).unwrap_err();
        assert!(error.message().contains("\"x\""));
    }
}
