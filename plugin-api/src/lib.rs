//! Write a plugin for [dugout](https://crates.io/crates/dugout), the secrets manager that lives in
//! git.
//!
//! dugout knows two kinds of plugins. A **cipher** wraps small values with a key service, so that
//! servers can open a vault through cloud IAM. A **detector** recognises a kind of project, so that
//! `dugout .` knows what to start. Both are ordinary safe Rust: implement one trait, export it
//! once, and the same crate works as a dynamic library that a host loads and as a crate that a host
//! links in. Host and plugin need not be built by the same compiler.
//!
//! # A detector in five steps
//!
//! 1. `cargo new --lib detect-zig`, and in its `Cargo.toml`:
//!
//!    ```toml
//!    [lib]
//!    crate-type = ["rlib", "cdylib"]
//!
//!    [dependencies]
//!    dugout-plugin-api = "1"
//!    ```
//!
//! 2. In `src/lib.rs`, implement [`ProjectDetector`] (there is a complete example on its page):
//!    a constant [`DetectorInfo`] with the id, the kind and the marker files, and a `detect` that
//!    looks at a [`ProjectView`] and returns a [`Detection`], or `None`.
//! 3. Add `export_plugin! { detector: Zig }`.
//! 4. `cargo build --release`.
//! 5. `dugout plugin install target/release/libdetect_zig.so` (`.dylib` on macOS, `detect_zig.dll`
//!    on Windows). It is loaded once, and what it provides is written to the index; from then on
//!    `dugout .` asks it wherever one of its markers stands. `dugout . --explain` shows its
//!    evidence.
//!
//! A **cipher** takes the same steps with [`CipherBackend`] and `export_plugin! { cipher: … }`.
//!
//! # Rules of the house
//!
//! * **Panics** are caught at the boundary. The call becomes an error of code
//!   [`ErrorCode::PANIC`], and the plugin is not used again in that process; the host lives on.
//!   This needs unwinding: a crate with `panic = "abort"` does not compile against this one.
//! * **Secrets.** Plaintext comes in as a borrowed slice: do not keep it. It goes out as
//!   [`Zeroizing`], whose memory is wiped where it was allocated. No error message and no log event
//!   quotes plaintext, credentials or tokens.
//! * **Logs** go through the [`tracing`](https://docs.rs/tracing) crate. In a dynamic library the
//!   host receives the events of your own crate, and those of your dependencies from warnings
//!   upwards; in a linked one they go where the program's own events go. Never print.
//! * **Threads.** Calls come from any thread and block. If you need an async runtime, own one on a
//!   thread of your own, and drop it without waiting (tokio: `shutdown_background`).
//! * **Time.** [`Host::deadline`] says when a call should be over and [`Host::is_cancelled`]
//!   whether the user has lost patience.
//! * **State.** `open` is cheap, and may be called more than once. A library is never unloaded.
//!
//! # Testing
//!
//! A detector is a function of a [`ProjectView`], which a test can serve from memory: the crate
//! `dugout-plugin-testkit` has one, and reads tables of small project trees.
//!
//! # Versions
//!
//! This crate's version is the interface's. A host loads every plugin of its own major version,
//! older or newer: [`abi`] says how that is kept.

#![warn(missing_docs)]

#[cfg(panic = "abort")]
compile_error!("a plugin's panics are caught at the boundary, which needs panic = \"unwind\"");

pub mod abi;
mod cipher;
mod detector;
mod error;
mod export;
mod guard;
mod host;
mod log;
mod secret;

pub use zeroize::Zeroizing;

pub use crate::{
    cipher::{Availability, CipherBackend, CipherInfo, Config, Context, KeyInfo},
    detector::{Detection, DetectorInfo, ProjectDetector, ProjectView},
    error::{ErrorCode, PluginError},
    export::linked_plugins,
    guard::{Guard, is_contained},
    host::Host,
    secret::SecretBuf,
};

/// For the export macro and for hosts; no part of the promise to authors.
#[doc(hidden)]
pub mod __private {
    pub use abi_stable::{self, library::LibHeader, prefix_type::WithMetadata};
    pub use inventory;

    pub use crate::{
        abi::PluginMod,
        export::{Export, LinkedPlugin, cipher_module, detector_module, root_header},
        guard::Guard,
    };
}
