//! The wall that a plugin's panic does not pass.

use std::{
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering},
};

use crate::error::{ErrorCode, PluginError};

thread_local! {
    static CALLS: Cell<u32> = const { Cell::new(0) };
    static PANIC_LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Catches panics of one plugin, and refuses every call after the first.
///
/// State that a panic left half-changed is never seen again, which is what makes
/// [`AssertUnwindSafe`] right here.
#[derive(Debug, Default)]
pub struct Guard {
    poisoned: AtomicBool,
}

impl Guard {
    /// A guard that has seen no panic.
    pub const fn new() -> Self {
        Self { poisoned: AtomicBool::new(false) }
    }

    /// Runs a call of the plugin; a panic in it becomes an error and poisons the guard.
    ///
    /// # Errors
    /// The call's own, or [`ErrorCode::PANIC`] for a panic now or earlier.
    pub fn run<T>(&self, call: impl FnOnce() -> Result<T, PluginError>) -> Result<T, PluginError> {
        if self.poisoned.load(Ordering::Acquire) {
            return Err(PluginError::new(
                ErrorCode::PANIC,
                "the plugin panicked in an earlier call and is not used again",
            ));
        }
        match contained(call) {
            Ok(result) => result,
            Err(payload) => {
                self.poisoned.store(true, Ordering::Release);
                discard(payload);
                Err(PluginError::new(ErrorCode::PANIC, panic_message()))
            }
        }
    }

    /// Runs a plugin's destructor.
    pub fn drop_quietly<T>(&self, value: T) {
        if let Err(payload) = contained(|| drop(value)) {
            self.poisoned.store(true, Ordering::Release);
            discard(payload);
        }
    }
}

fn contained<T>(call: impl FnOnce() -> T) -> std::thread::Result<T> {
    CALLS.set(CALLS.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(call));
    CALLS.set(CALLS.get() - 1);
    result
}

/// Whether this thread is in a call that a [`Guard`] contains: a program's panic hook has nothing
/// to say about a panic there, which comes back as an error.
pub fn is_contained() -> bool {
    CALLS.get() > 0
}

/// Drops a panic's payload, whose own destructor may panic.
fn discard(payload: Box<dyn std::any::Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}

/// Says where, never what: a panic's message may quote a secret.
fn panic_message() -> String {
    match PANIC_LOCATION.with(|at| at.borrow_mut().take()) {
        Some(location) => format!("the plugin panicked at {location}"),
        None => "the plugin panicked".to_owned(),
    }
}

/// Remembers where a panic happened instead of printing it. For dynamic plugins, whose panic hook
/// is their own; a linked plugin shares the program's hook and leaves it alone.
pub(crate) fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        let location = info.location().map(|l| format!("{}:{}", l.file(), l.line()));
        PANIC_LOCATION.with(|at| *at.borrow_mut() = location);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_and_poisons() {
        let guard = Guard::new();
        assert!(!is_contained() && guard.run(|| Ok(is_contained())).unwrap());
        let error = guard.run::<()>(|| panic!("the secret is hunter2")).unwrap_err();
        assert!(!is_contained());
        assert_eq!(error.code(), ErrorCode::PANIC);
        assert!(!error.message().contains("hunter2"));
        let later = guard.run(|| Ok(1)).unwrap_err();
        assert_eq!(later.code(), ErrorCode::PANIC);
        assert!(later.message().contains("earlier"));
    }

    #[test]
    fn a_payload_that_panics_when_dropped_is_contained() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("again");
            }
        }
        let error = Guard::new().run::<()>(|| std::panic::panic_any(Bomb)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::PANIC);
    }

    #[test]
    fn a_destructor_that_panics_is_contained() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("on drop");
            }
        }
        let guard = Guard::new();
        guard.drop_quietly(Bomb);
        assert!(guard.run(|| Ok(())).is_err());
    }
}
