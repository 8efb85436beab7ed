//! The text of a vault, and edits that change one entry and nothing else.
//!
//! The text is parsed for the places of its entries, and an edit replaces bytes at such a place:
//! comments, order, spacing, line endings and what other tools have put there stay as they are,
//! byte for byte.

use std::{fmt::Write as _, ops::Range};

use toml_edit::{Item, TableLike};

use crate::error::{Error, ErrorKind, Result};

/// A parsed vault: its text, and where things stand in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    text: String,
    recipients: Section,
    secrets: Section,
    kms_key: Option<String>,
    recipients_hash: Option<String>,
}

/// A table whose values are all strings.
#[derive(Clone, Debug, Default)]
struct Section {
    entries: Vec<Entry>,
    place: Place,
}

/// Where a new entry of a section can go.
#[derive(Clone, Debug, Default)]
enum Place {
    /// There is no such table yet.
    #[default]
    Missing,
    /// Behind the line of its header, which begins at this byte.
    AfterHeader(usize),
    /// The table is written inline or with dotted keys, where nothing can be added line by line.
    Inline,
}

#[derive(Clone, Debug)]
struct Entry {
    name: String,
    value: String,
    key: Range<usize>,
    literal: Range<usize>,
}

/// The tables whose entries can be edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Recipients,
    Secrets,
}

impl Table {
    fn name(self) -> &'static str {
        match self {
            Self::Recipients => "recipients",
            Self::Secrets => "secrets",
        }
    }
}

impl Document {
    /// Parses a vault's text.
    ///
    /// # Errors
    /// [`ErrorKind::MalformedVault`], with line and column.
    pub(crate) fn parse(text: String) -> Result<Self> {
        let parsed = toml_edit::Document::parse(text.as_str())
            .map_err(|error| malformed(&text, error.span(), error.message()))?;
        let root = parsed.as_table();

        let recipients = Section::read(&text, root.get("recipients"), Table::Recipients)?;
        let secrets = Section::read(&text, root.get("secrets"), Table::Secrets)?;
        let string = |table: &str, key: &str| -> Result<Option<String>> {
            let Some(item) = root.get(table) else { return Ok(None) };
            let Some(table_like) = item.as_table_like() else {
                return Err(malformed(&text, item.span(), &format!("expected a table [{table}]")));
            };
            match table_like.get(key) {
                None => Ok(None),
                Some(item) => match item.as_str() {
                    Some(value) => Ok(Some(value.to_owned())),
                    None => {
                        let what = format!("expected a string for {table}.{key}");
                        Err(malformed(&text, item.span(), &what))
                    }
                },
            }
        };
        let kms_key = string("kms", "key")?;
        let recipients_hash = string("dugout", "recipients_hash")?;
        drop(parsed);
        Ok(Self { text, recipients, secrets, kms_key, recipients_hash })
    }

    /// The text of a vault that has recipients and no secrets yet.
    pub(crate) fn compose(version: &str, hash: &str, members: &[(&str, &str)]) -> String {
        let mut text = format!(
            "[dugout]\nversion = \"{version}\"\nrecipients_hash = \"{hash}\"\n\n[recipients]\n"
        );
        for (name, key) in members {
            let _infallible = writeln!(text, "{} = {}", key_literal(name), string_literal(key));
        }
        text.push_str("\n[secrets]\n");
        text
    }

    /// The vault's text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The key of `[kms]`.
    pub(crate) fn kms_key(&self) -> Option<&str> {
        self.kms_key.as_deref()
    }

    /// The fingerprint that the file claims for its recipients.
    pub(crate) fn recipients_hash(&self) -> Option<&str> {
        self.recipients_hash.as_deref()
    }

    /// Names and values of a table, in the file's order.
    pub(crate) fn entries(&self, table: Table) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let entries = self.section(table).entries.iter();
        entries.map(|entry| (entry.name.as_str(), entry.value.as_str()))
    }

    /// The value of one entry.
    pub(crate) fn value(&self, table: Table, name: &str) -> Option<&str> {
        self.section(table).find(name).map(|entry| entry.value.as_str())
    }

    /// The document with an entry set: replaced in its place, or added. A section whose names are
    /// sorted stays sorted, so that additions of two branches seldom meet.
    ///
    /// # Errors
    /// [`ErrorKind::MalformedVault`] when the table is written in a way that cannot be added to.
    pub(crate) fn with(&self, table: Table, name: &str, value: &str) -> Result<Self> {
        let section = self.section(table);
        let end_of_line = if self.uses_crlf() { "\r\n" } else { "\n" };
        let literal = value_literal(value).replace('\n', end_of_line);
        let text = match section.find(name) {
            Some(entry) => splice(&self.text, entry.literal.clone(), &literal),
            None => {
                let line = format!("{} = {literal}{end_of_line}", key_literal(name));
                self.insert(table, name, &line, end_of_line)?
            }
        };
        let after = Self::parse(text)?;
        debug_assert_eq!(after.value(table, name), Some(value));
        Ok(after)
    }

    /// The document without an entry: its lines go, with a comment behind the value.
    pub(crate) fn without(&self, table: Table, name: &str) -> Result<Self> {
        let section = self.section(table);
        let Some(entry) = section.find(name) else { return Ok(self.clone()) };
        if matches!(section.place, Place::Inline) {
            return Err(self.inline(table));
        }
        let start = self.text[..entry.key.start].rfind('\n').map_or(0, |at| at + 1);
        let end = end_of_line(&self.text, entry.literal.end);
        Self::parse(splice(&self.text, start..end, ""))
    }

    fn insert(&self, table: Table, name: &str, line: &str, newline: &str) -> Result<String> {
        let section = self.section(table);
        let at = match section.place {
            Place::Inline => return Err(self.inline(table)),
            Place::Missing => {
                let mut text = self.text.clone();
                if !text.is_empty() && !text.ends_with('\n') {
                    text.push_str(newline);
                }
                let _infallible = write!(text, "{newline}[{}]{newline}{line}", table.name());
                return Ok(text);
            }
            Place::AfterHeader(header) => match section.predecessor(name) {
                Some(before) => end_of_line(&self.text, before.literal.end),
                None => end_of_line(&self.text, header),
            },
        };
        let needs_newline = at > 0 && !self.text[..at].ends_with('\n');
        let line = if needs_newline { format!("{newline}{line}") } else { line.to_owned() };
        Ok(splice(&self.text, at..at, &line))
    }

    fn section(&self, table: Table) -> &Section {
        match table {
            Table::Recipients => &self.recipients,
            Table::Secrets => &self.secrets,
        }
    }

    fn uses_crlf(&self) -> bool {
        self.text.find('\n').is_some_and(|at| self.text[..at].ends_with('\r'))
    }

    fn inline(&self, table: Table) -> Error {
        let name = table.name();
        Error::new(
            ErrorKind::MalformedVault,
            format!("[{name}] is written inline; write it as a table with one entry a line"),
        )
    }
}

impl Section {
    fn read(text: &str, item: Option<&Item>, table: Table) -> Result<Self> {
        let Some(item) = item else { return Ok(Self::default()) };
        let name = table.name();
        let Some(table_like) = item.as_table_like() else {
            return Err(malformed(text, item.span(), &format!("expected a table [{name}]")));
        };
        let mut entries = Vec::with_capacity(table_like.len());
        for (key, item) in table_like.iter() {
            let span = key_span(table_like, key);
            let (Some(value), Some(literal), Some(span)) = (item.as_str(), item.span(), span)
            else {
                let what = format!("expected a string for {name}.{key}");
                return Err(malformed(text, item.span(), &what));
            };
            entries.push(Entry {
                name: key.to_owned(),
                value: value.replace("\r\n", "\n"),
                key: span,
                literal,
            });
        }
        entries.sort_by_key(|entry| entry.key.start);
        let place = match item.as_table() {
            Some(table) if !table.is_dotted() => match table.span() {
                Some(span) => Place::AfterHeader(span.start),
                None => Place::Inline,
            },
            _ => Place::Inline,
        };
        Ok(Self { entries, place })
    }

    fn find(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The entry that a new one goes behind; `None` for the first place.
    fn predecessor(&self, name: &str) -> Option<&Entry> {
        if self.entries.is_sorted_by(|a, b| a.name < b.name) {
            self.entries.iter().rfind(|entry| entry.name.as_str() < name)
        } else {
            self.entries.last()
        }
    }
}

fn key_span(table: &dyn TableLike, key: &str) -> Option<Range<usize>> {
    table.get_key_value(key)?.0.span()
}

fn splice(text: &str, range: Range<usize>, new: &str) -> String {
    let mut result = String::with_capacity(text.len() + new.len());
    result.push_str(&text[..range.start]);
    result.push_str(new);
    result.push_str(&text[range.end..]);
    result
}

/// The byte behind the line feed that ends the line at `from`.
fn end_of_line(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |at| from + at + 1)
}

/// Armor is written over several lines, which lets a merge work line by line.
fn value_literal(value: &str) -> String {
    let is_plain = |c: char| c == '\n' || (c.is_ascii() && !c.is_ascii_control() && c != '\\');
    if value.ends_with('\n') && value.chars().all(is_plain) && !value.contains('"') {
        format!("\"\"\"\n{value}\"\"\"")
    } else {
        string_literal(value)
    }
}

fn string_literal(value: &str) -> String {
    toml_edit::Value::from(value).to_string().trim().to_owned()
}

fn key_literal(name: &str) -> String {
    toml_edit::Key::new(name).to_string().trim().to_owned()
}

fn malformed(text: &str, span: Option<Range<usize>>, what: &str) -> Error {
    let place = match span {
        Some(span) => {
            let (line, column) = line_and_column(text, span.start);
            format!("line {line}, column {column}: ")
        }
        None => String::new(),
    };
    Error::new(ErrorKind::MalformedVault, format!("{place}{}", what.trim().replace('\n', ", ")))
}

fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VAULT: &str = "\
# top
[dugout]
version = \"0.1.10\" # kept

[recipients]
alice = \"age1a\"

[secrets] # here
# about B
B = \"1\"   # behind B
D = '''
two
'''

[x-other]
keep = { this = true }
";

    fn parse(text: &str) -> Document {
        Document::parse(text.to_owned()).unwrap()
    }

    fn names(document: &Document) -> Vec<&str> {
        document.entries(Table::Secrets).map(|(name, _)| name).collect()
    }

    #[test]
    fn replacing_changes_the_value_alone() {
        let after = parse(VAULT).with(Table::Secrets, "B", "new").unwrap();
        assert_eq!(after.text(), VAULT.replace("\"1\"", "\"new\""));
    }

    #[test]
    fn adding_keeps_the_order_and_everything_else() {
        let after = parse(VAULT).with(Table::Secrets, "C", "x\n").unwrap();
        let expected = VAULT.replace("# behind B\n", "# behind B\nC = \"\"\"\nx\n\"\"\"\n");
        assert_eq!(after.text(), expected);
        let after = parse(VAULT).with(Table::Secrets, "A", "x").unwrap();
        assert_eq!(after.text(), VAULT.replace("# here\n", "# here\nA = \"x\"\n"));
        let after = parse(VAULT).with(Table::Secrets, "E", "x").unwrap();
        assert_eq!(after.text(), VAULT.replace("two\n'''\n", "two\n'''\nE = \"x\"\n"));
    }

    #[test]
    fn an_unsorted_section_grows_at_its_end() {
        let text = "[secrets]\nZ = \"1\"\nA = \"2\"\n[other]\n";
        let after = parse(text).with(Table::Secrets, "M", "3").unwrap();
        assert_eq!(after.text(), "[secrets]\nZ = \"1\"\nA = \"2\"\nM = \"3\"\n[other]\n");
    }

    #[test]
    fn removing_takes_the_entry_with_its_own_comment() {
        let after = parse(VAULT).without(Table::Secrets, "B").unwrap();
        assert_eq!(after.text(), VAULT.replace("B = \"1\"   # behind B\n", ""));
        let after = parse(VAULT).without(Table::Secrets, "D").unwrap();
        assert_eq!(after.text(), VAULT.replace("D = '''\ntwo\n'''\n", ""));
    }

    #[test]
    fn a_missing_section_and_a_missing_line_feed_are_made() {
        let after = parse("[dugout]\nversion = \"1.0\"").with(Table::Secrets, "A", "1").unwrap();
        assert_eq!(after.text(), "[dugout]\nversion = \"1.0\"\n\n[secrets]\nA = \"1\"\n");
        let after = parse("[secrets]").with(Table::Secrets, "A", "1").unwrap();
        assert_eq!(after.text(), "[secrets]\nA = \"1\"\n");
        let after = parse("[secrets]\nA = \"1\"").with(Table::Secrets, "B", "2").unwrap();
        assert_eq!(after.text(), "[secrets]\nA = \"1\"\nB = \"2\"\n");
    }

    #[test]
    fn line_endings_stay() {
        let crlf = VAULT.replace('\n', "\r\n");
        let after = parse(&crlf).with(Table::Secrets, "C", "x\ny\n").unwrap();
        assert!(!after.text().replace("\r\n", "").contains('\n'));
        assert_eq!(after.value(Table::Secrets, "C"), Some("x\ny\n"));
        let removed = after.without(Table::Secrets, "C").unwrap();
        assert_eq!(removed.text(), crlf);
    }

    #[test]
    fn inline_tables_are_read_and_replaced_in_but_not_added_to() {
        let document = parse("secrets = { A = \"1\" }\n");
        assert_eq!(names(&document), ["A"]);
        let after = document.with(Table::Secrets, "A", "2").unwrap();
        assert_eq!(after.text(), "secrets = { A = \"2\" }\n");
        let error = document.with(Table::Secrets, "B", "2").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MalformedVault);
        assert!(parse("secrets.A = \"1\"\n").with(Table::Secrets, "B", "2").is_err());
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let message = |text: &str| Document::parse(text.to_owned()).unwrap_err().to_string();
        assert!(message("[secrets]\nA = \n").starts_with("line 2, column 5"));
        assert_eq!(
            message("[secrets]\nA = 1\n"),
            "line 2, column 5: expected a string for secrets.A"
        );
        assert_eq!(message("secrets = 1\n"), "line 1, column 11: expected a table [secrets]");
        assert!(message("[secrets]\nA = \"1\"\nA = \"2\"\n").contains("line 3"));
    }

    #[test]
    fn a_composed_vault_reads_back() {
        let text = Document::compose("0.2.0", "00", &[("alice@example.org", "age1a")]);
        let document = parse(&text);
        let members: Vec<_> = document.entries(Table::Recipients).collect();
        assert_eq!(members, [("alice@example.org", "age1a")]);
        assert_eq!(document.recipients_hash(), Some("00"));
    }

    proptest! {
        #[test]
        fn any_value_reads_back(value in ".*", name in "[A-Z_][A-Z0-9_]{0,8}") {
            let value = value.replace("\r\n", "\n");
            let after = parse(VAULT).with(Table::Secrets, &name, &value).unwrap();
            prop_assert_eq!(after.value(Table::Secrets, &name), Some(value.as_str()));
        }

        #[test]
        fn setting_and_removing_leaves_no_trace(name in "[A-Z_][A-Z0-9_]{1,8}") {
            let before = parse(VAULT);
            let after = before.with(Table::Secrets, &name, "x\n").unwrap();
            let removed = after.without(Table::Secrets, &name).unwrap();
            prop_assert_eq!(removed.text(), VAULT);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "(\\[secrets\\]\n)?[ -~\n]{0,80}") {
            let _any_result = Document::parse(text);
        }
    }
}
