//! Opening a vault, decrypting and encrypting, for one member and for fifty.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark that fails should say so and stop"
)]

use std::{fs, hint::black_box, path::PathBuf};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use dugout_host::{Environment, Host, Identity, Selection, SetOptions, VaultName};

struct Setup {
    folder: tempfile::TempDir,
    host: Host,
}

/// A vault with so many members, of whom this user's stanza is the last, and so many secrets.
fn setup(members: usize, secrets: usize) -> Setup {
    // In memory where there is such a place: writing is synchronised, and a disk is not what is
    // measured.
    let shm = PathBuf::from("/dev/shm");
    let base = if shm.is_dir() { shm } else { std::env::temp_dir() };
    let folder = tempfile::tempdir_in(base).unwrap();
    let identity = Identity::generate();
    let environment = Environment { identity: identity.to_secret_text(), ..Environment::default() };
    let host = Host::new(environment, None).unwrap();
    let key = identity.public_key().unwrap().parse().unwrap();
    let mut vault = host.init(folder.path(), VaultName::default(), "zoe", &key).unwrap();
    let others: String = (1..members)
        .map(|number| {
            let other = Identity::generate();
            format!("m{number:03} = \"{}\"\n", other.public_key().unwrap())
        })
        .collect();
    let file = vault.location().file();
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("[recipients]\n", &format!("[recipients]\n{others}"))).unwrap();
    for number in 0..secrets {
        let name = format!("SECRET_{number:03}");
        vault.set(&name, b"postgres://user:password@host/db", SetOptions::default()).unwrap();
    }
    Setup { folder, host }
}

fn vault(criterion: &mut Criterion) {
    for members in [1, 50] {
        let setup = setup(members, 20);
        let open = || setup.host.open(setup.folder.path(), Selection::Only).unwrap();
        let mut group = criterion.benchmark_group("vault");
        group.bench_function(BenchmarkId::new("open and parse 20 secrets", members), |bencher| {
            bencher.iter(|| black_box(open()));
        });
        let vault = open();
        vault.reader().unwrap();
        group.bench_function(BenchmarkId::new("decrypt", members), |bencher| {
            bencher.iter(|| vault.get("SECRET_000").unwrap());
        });
        group.bench_function(BenchmarkId::new("decrypt all 20", members), |bencher| {
            bencher.iter(|| vault.decrypt_all().unwrap());
        });
        let mut vault = open();
        let replace = SetOptions { replace: true, ..SetOptions::default() };
        group.bench_function(BenchmarkId::new("encrypt and save", members), |bencher| {
            bencher.iter(|| vault.set("SECRET_000", b"another value", replace).unwrap());
        });
        group.finish();
    }
}

criterion_group!(benches, vault);
criterion_main!(benches);
