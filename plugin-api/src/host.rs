//! The author's handle on the host.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use crate::abi::{HostApiRef, NO_DEADLINE};

static HOST_API: OnceLock<HostApiRef> = OnceLock::new();

/// The program that loaded the plugin.
///
/// Cheap to copy. Without a host (in a unit test of a plugin) nothing is cancelled and nothing has
/// a deadline.
#[derive(Clone, Copy, Default)]
pub struct Host {
    api: Option<HostApiRef>,
}

impl Host {
    /// The host that has initialised this plugin, if any.
    pub fn current() -> Self {
        Self { api: HOST_API.get().copied() }
    }

    /// Name and version, as in `dugout-host/0.2.0`; empty without a host.
    pub fn name(&self) -> String {
        self.api.map(|api| (api.name())().into_string()).unwrap_or_default()
    }

    /// Whether the user has asked to stop. A call that waits should look every 100 ms or so, and
    /// return [`ErrorCode::CANCELLED`](crate::ErrorCode::CANCELLED).
    pub fn is_cancelled(&self) -> bool {
        self.api.is_some_and(|api| (api.cancelled())())
    }

    /// When the call under way should be over. Ask on the thread that the call came in on, and
    /// pass the answer to whatever thread does the work.
    pub fn deadline(&self) -> Option<Instant> {
        let remaining = (self.api?.remaining_ms())();
        (remaining != NO_DEADLINE).then(|| Instant::now() + Duration::from_millis(remaining))
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("name", &self.name()).finish()
    }
}

/// Remembers the host; the first one stays, as a process has one.
pub(crate) fn set_host(api: HostApiRef) {
    let _already_set = HOST_API.set(api);
}

pub(crate) fn host_api() -> Option<HostApiRef> {
    HOST_API.get().copied()
}
