//! Encrypts or decrypts one value with the loaded test cipher:
//! `cipher-roundtrip encrypt|decrypt PLUGIN_FOLDER FILE`. The plaintext comes from standard input;
//! of what was decrypted, the SHA-256 is told.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a failure here is a failed test"
)]

use std::{fs, io::Read, path::PathBuf};

use dugout_host::{Environment, Registry};
use dugout_plugin_api::{Context, Zeroizing};
use sha2::{Digest, Sha256};
use zeroizing_alloc::ZeroAlloc;

#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, mode, folder, file] = arguments.as_slice() else { unreachable!("three arguments") };
    let plugin_dirs = vec![PathBuf::from(folder)];
    let registry = Registry::scan(&Environment { plugin_dirs, ..Environment::default() });
    let config = r#"{"key": "0123456789abcdef0123456789abcdef"}"#;
    let cipher = registry.cipher_for_key("local:test", config).expect("the test cipher");
    let context = Context::new().with("purpose", "test");
    if mode == "encrypt" {
        let mut plaintext = Zeroizing::new(Vec::new());
        std::io::stdin().read_to_end(&mut plaintext).unwrap();
        let sealed = cipher.encrypt("local:test", &plaintext, &context).unwrap();
        fs::write(file, sealed).unwrap();
    } else {
        let sealed = fs::read(file).unwrap();
        let opened = cipher.decrypt("local:test", &sealed, &context).unwrap();
        println!("{:x}", Sha256::digest(opened.as_bytes()));
    }
}
