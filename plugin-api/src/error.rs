//! Errors that cross the boundary.

use std::fmt;

use abi_stable::{StableAbi, std_types::RString};

/// The cause of a failure, for programs; the message is for people.
///
/// A number rather than an enum, so that a code from a newer version survives an older host.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ErrorCode(pub u32);

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $value:literal, $word:literal;)*) => {
        impl ErrorCode {
            $($(#[$doc])* pub const $name: Self = Self($value);)*

            /// The code's name, for logs and `--json`; `"unknown"` for a code of a newer version.
            pub fn name(self) -> &'static str {
                match self.0 {
                    $($value => $word,)*
                    _ => "unknown",
                }
            }
        }
    };
}

error_codes! {
    /// Anything that no other code names.
    OTHER = 0, "other";
    /// The plugin panicked; it serves no further call.
    PANIC = 1, "panic";
    /// The plugin has no such operation.
    UNSUPPORTED = 2, "unsupported";
    /// The configuration does not fit.
    INVALID_CONFIG = 3, "invalid-config";
    /// The key id is not of a form that this backend knows.
    INVALID_KEY = 4, "invalid-key";
    /// The data is not what it should be: a broken file, a malformed ciphertext.
    INVALID_DATA = 5, "invalid-data";
    /// No such file, folder or object.
    NOT_FOUND = 6, "not-found";
    /// Larger than the limit that applies.
    TOO_LARGE = 7, "too-large";
    /// Reading or writing failed.
    IO = 8, "io";
    /// No credentials were found.
    NO_CREDENTIALS = 20, "no-credentials";
    /// The credentials have expired.
    EXPIRED_CREDENTIALS = 21, "expired-credentials";
    /// The credentials do not permit the operation.
    ACCESS_DENIED = 22, "access-denied";
    /// The key does not exist, or not in this region.
    KEY_NOT_FOUND = 23, "key-not-found";
    /// The key is disabled.
    KEY_DISABLED = 24, "key-disabled";
    /// The key is about to be deleted.
    KEY_PENDING_DELETION = 25, "key-pending-deletion";
    /// The ciphertext was made under another key or context, or was changed.
    WRONG_CONTEXT = 26, "wrong-context";
    /// Too many calls.
    THROTTLED = 40, "throttled";
    /// The service could not be reached.
    NETWORK = 41, "network";
    /// The service's certificate was not accepted.
    TLS = 42, "tls";
    /// The service answered that it cannot serve now.
    UNAVAILABLE = 43, "unavailable";
    /// The time for the call ran out.
    TIMEOUT = 44, "timeout";
    /// The user asked to stop.
    CANCELLED = 45, "cancelled";
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name(), self.0)
    }
}

/// Why a call failed.
///
/// The message is one line in lower case without a full stop, names what was tried, and never
/// holds a secret or a credential: hosts print and log it.
#[repr(C)]
#[derive(StableAbi, Clone, Debug)]
pub struct PluginError {
    code: ErrorCode,
    message: RString,
    retryable: bool,
    extra_json: RString,
}

impl PluginError {
    /// An error with a code and a one-line message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: RString::from(message.into()),
            retryable: false,
            extra_json: RString::new(),
        }
    }

    /// Marks the error as one that may pass by itself (throttling, a network hiccup).
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    /// The cause.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// One line for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether trying again may help.
    pub fn is_retryable(&self) -> bool {
        self.retryable
    }
}

impl fmt::Display for PluginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PluginError {}
