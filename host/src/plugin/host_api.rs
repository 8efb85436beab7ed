//! What the host offers to its plugins.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use dugout_plugin_api::{
    __private::abi_stable::{
        prefix_type::WithMetadata,
        std_types::{RStr, RString},
    },
    abi::{HostApi, HostApiRef, LogLevel, NO_DEADLINE},
};
use tracing::Level;

/// Under which target the events of loaded plugins are recorded; the plugin's own is a field.
const TARGET: &str = "dugout_plugin";

static CANCELLED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Tells all plugins that the user has asked to stop, or takes that back. Safe to call from a
/// signal handler.
pub fn set_cancelled(cancelled: bool) {
    CANCELLED.store(cancelled, Ordering::Relaxed);
}

/// Runs plugin calls of this thread under a time limit, which plugins ask for and keep to.
pub fn with_deadline<T>(limit: Duration, calls: impl FnOnce() -> T) -> T {
    struct Restore(Option<Instant>);
    impl Drop for Restore {
        fn drop(&mut self) {
            DEADLINE.set(self.0);
        }
    }
    // A limit inside another one does not extend it; one that no clock can reach is none.
    let outer = DEADLINE.get();
    let own = Instant::now().checked_add(limit);
    let deadline = [outer, own].into_iter().flatten().min();
    let _restore = Restore(DEADLINE.replace(deadline));
    calls()
}

/// The functions as the interface wants them.
pub(super) fn host_api() -> HostApiRef {
    const API: &WithMetadata<HostApi> =
        &WithMetadata::new(HostApi { name, enabled, event, cancelled, remaining_ms });
    HostApiRef(API.static_as_prefix())
}

/// A panic of the program's own log subscriber must not pass through a plugin.
fn contained<T>(call: impl FnOnce() -> T, otherwise: T) -> T {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or(otherwise)
}

extern "C" fn name() -> RString {
    RString::from(concat!("dugout-host/", env!("CARGO_PKG_VERSION")))
}

extern "C" fn enabled(level: LogLevel, _target: RStr<'_>) -> bool {
    let enabled = || match level {
        LogLevel::ERROR => tracing::enabled!(target: TARGET, Level::ERROR),
        LogLevel::WARN => tracing::enabled!(target: TARGET, Level::WARN),
        LogLevel::INFO => tracing::enabled!(target: TARGET, Level::INFO),
        LogLevel::DEBUG => tracing::enabled!(target: TARGET, Level::DEBUG),
        _ => tracing::enabled!(target: TARGET, Level::TRACE),
    };
    contained(enabled, false)
}

extern "C" fn event(level: LogLevel, target: RStr<'_>, message: RStr<'_>, fields: RStr<'_>) {
    let message = crate::error::one_line(&message);
    let fields = if fields.as_str() == "{}" { "" } else { fields.as_str() };
    let target = target.as_str();
    macro_rules! record {
        ($level:expr) => {
            tracing::event!(target: TARGET, $level, plugin = target, fields, "{message}")
        };
    }
    let record = || match level {
        LogLevel::ERROR => record!(Level::ERROR),
        LogLevel::WARN => record!(Level::WARN),
        LogLevel::INFO => record!(Level::INFO),
        LogLevel::DEBUG => record!(Level::DEBUG),
        _ => record!(Level::TRACE),
    };
    contained(record, ());
}

extern "C" fn cancelled() -> bool {
    CANCELLED.load(Ordering::Relaxed)
}

extern "C" fn remaining_ms() -> u64 {
    match DEADLINE.get() {
        None => NO_DEADLINE,
        Some(deadline) => {
            let remaining = deadline.saturating_duration_since(Instant::now()).as_millis();
            u64::try_from(remaining).unwrap_or(NO_DEADLINE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_holds_for_its_calls_only() {
        assert_eq!(remaining_ms(), NO_DEADLINE);
        with_deadline(Duration::from_secs(10), || {
            assert!(remaining_ms() <= 10_000);
            with_deadline(Duration::ZERO, || assert_eq!(remaining_ms(), 0));
            with_deadline(Duration::MAX, || assert!(remaining_ms() <= 10_000));
            assert!(remaining_ms() > 1_000);
        });
        assert_eq!(remaining_ms(), NO_DEADLINE);
    }
}
