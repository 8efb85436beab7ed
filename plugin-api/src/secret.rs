//! Secrets on their way out of a plugin.

// Memory that another library frees is handed over by pointer.
#![allow(unsafe_code)]

use std::{fmt, mem::ManuallyDrop};

use abi_stable::StableAbi;
use zeroize::{Zeroize, Zeroizing};

/// Bytes that are wiped, over their whole capacity, by the side that allocated them.
///
/// A plugin and its host may have different allocators, and a vector that changes hands may leave
/// a copy in memory that was freed. So the bytes stay where the plugin put them, the host reads
/// them in place, and dropping the buffer calls back into the plugin, which wipes and frees.
#[repr(C)]
#[derive(StableAbi)]
pub struct SecretBuf {
    ptr: *mut u8,
    len: usize,
    cap: usize,
    free: unsafe extern "C" fn(ptr: *mut u8, len: usize, cap: usize),
}

// SAFETY: the buffer owns its bytes exclusively, and `free` may be called on any thread, since
// Rust's global allocators may.
unsafe impl Send for SecretBuf {}
// SAFETY: a shared reference only reads.
unsafe impl Sync for SecretBuf {}

impl SecretBuf {
    /// Takes the bytes over without copying them.
    pub fn new(mut bytes: Zeroizing<Vec<u8>>) -> Self {
        let mut bytes = ManuallyDrop::new(std::mem::take(&mut *bytes));
        Self {
            ptr: bytes.as_mut_ptr(),
            len: bytes.len(),
            cap: bytes.capacity(),
            free: wipe_and_free,
        }
    }

    /// The secret.
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: `new` took pointer and length from a live vector, which nobody else frees.
        unsafe { std::slice::from_raw_parts(self.ptr, self.len) }
    }
}

impl Drop for SecretBuf {
    fn drop(&mut self) {
        // SAFETY: the three parts are those of the vector that `new` took over, and `free` is of
        // the same library that allocated it. Drop runs once.
        unsafe { (self.free)(self.ptr, self.len, self.cap) }
    }
}

impl fmt::Debug for SecretBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBuf(…)")
    }
}

/// Wipes and frees the vector that [`SecretBuf::new`] took apart.
///
/// # Safety
/// The parts must be those of a `Vec<u8>` of this library that nothing else owns.
unsafe extern "C" fn wipe_and_free(ptr: *mut u8, len: usize, cap: usize) {
    // SAFETY: as the caller promises.
    let mut bytes = unsafe { Vec::from_raw_parts(ptr, len, cap) };
    // Wipes the content and the spare capacity behind it.
    bytes.zeroize();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_handed_over_without_a_copy() {
        let mut vector = Vec::with_capacity(64);
        vector.extend_from_slice(b"hunter2");
        let at = vector.as_ptr();
        let buffer = SecretBuf::new(Zeroizing::new(vector));
        assert_eq!(buffer.as_bytes(), b"hunter2");
        assert_eq!(buffer.as_bytes().as_ptr(), at);
        assert_eq!(buffer.cap, 64);
    }

    #[test]
    fn debug_shows_no_content() {
        let buffer = SecretBuf::new(Zeroizing::new(b"hunter2".to_vec()));
        assert_eq!(format!("{buffer:?}"), "SecretBuf(…)");
    }

    #[test]
    fn an_empty_secret_is_fine() {
        assert!(SecretBuf::new(Zeroizing::new(Vec::new())).as_bytes().is_empty());
    }
}
