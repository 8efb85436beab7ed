//! The fingerprint of a set of recipients, by which `sync` sees that it has changed.

use sha2::{Digest, Sha256};

/// SHA-256, in lower-case hexadecimal, of the sorted public keys joined by line feeds: the same
/// as dugout 0.1 computes.
pub(crate) fn of<'a>(keys: impl IntoIterator<Item = &'a str>) -> String {
    let mut keys: Vec<&str> = keys.into_iter().collect();
    keys.sort_unstable();
    hex(&Sha256::digest(keys.join("\n")))
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_dugout_0_1() {
        let keys = [
            "age15hph8jjr4d4xz0j7tzcktzxpfkfhg7fvtrk5ghym0galr07dcu5q6es3sw",
            "age1ssha0qvj8jjg6spj4g5wxwhfxlyfga4wpxszcj258telse2h25as25ej5m",
            "age1hzzc3gzwq4a3dcu5v2pfxtpdrf26g48afphfu99s4srt0znm04tq93j5m5",
        ];
        let expected = "673500479485ee90bcd04f348dfed19a3e54d5f8da79e1cf89ef7008f509547f";
        assert_eq!(of(keys), expected);
    }
}
