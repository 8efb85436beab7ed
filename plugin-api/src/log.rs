//! Forwards a dynamic plugin's `tracing` events to the host.
//!
//! A dynamic library has its own copy of `tracing`, in which no subscriber is set. This one passes
//! on the plugin's own events, and those of its dependencies (SDK and HTTP crates) from warnings
//! upwards: below that they may describe requests.

use std::fmt::{self, Write as _};

use serde_json::{Map, Value};
use tracing::{Event, Level, Metadata, Subscriber, span, subscriber::Interest};
use tracing_core::field::{Field, Visit};

use crate::{abi::LogLevel, host::host_api};

/// Makes the host the destination of this library's events.
pub(crate) fn install(crate_name: &'static str) {
    let _already_set = tracing::subscriber::set_global_default(Forwarder { crate_name });
}

struct Forwarder {
    crate_name: &'static str,
}

impl Forwarder {
    fn passes_on(&self, metadata: &Metadata<'_>) -> bool {
        let is_wanted = self.is_own(metadata.target()) || *metadata.level() <= Level::WARN;
        metadata.is_event() && is_wanted
    }

    fn is_own(&self, target: &str) -> bool {
        target
            .strip_prefix(self.crate_name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    }
}

impl Subscriber for Forwarder {
    /// The host may change its mind, so its answer is not remembered.
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.passes_on(metadata) { Interest::sometimes() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        if !self.passes_on(metadata) {
            return false;
        }
        host_api().is_some_and(|api| {
            (api.enabled())(level_of(metadata.level()), metadata.target().into())
        })
    }

    fn event(&self, event: &Event<'_>) {
        let Some(api) = host_api() else { return };
        let mut record = Record::default();
        event.record(&mut record);
        let fields = Value::Object(record.fields).to_string();
        (api.event())(
            level_of(event.metadata().level()),
            event.metadata().target().into(),
            record.message.as_str().into(),
            fields.as_str().into(),
        );
    }

    // Spans are not forwarded: `enabled` refuses them all, so the rest is never reached.
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Record {
    message: String,
    fields: Map<String, Value>,
}

impl Record {
    fn put(&mut self, field: &Field, value: Value) {
        self.fields.insert(field.name().to_owned(), value);
    }
}

impl Visit for Record {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            let _infallible = write!(self.message, "{value:?}");
        } else {
            self.put(field, Value::from(format!("{value:?}")));
        }
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message.push_str(value);
        } else {
            self.put(field, Value::from(value));
        }
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Value::from(value));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Value::from(value));
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Value::from(value));
    }
}

fn level_of(level: &Level) -> LogLevel {
    match *level {
        Level::ERROR => LogLevel::ERROR,
        Level::WARN => LogLevel::WARN,
        Level::INFO => LogLevel::INFO,
        Level::DEBUG => LogLevel::DEBUG,
        Level::TRACE => LogLevel::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_targets_are_the_crate_and_its_modules() {
        let forwarder = Forwarder { crate_name: "aws_kms" };
        assert!(forwarder.is_own("aws_kms"));
        assert!(forwarder.is_own("aws_kms::client"));
        assert!(!forwarder.is_own("aws_kms_extra"));
        assert!(!forwarder.is_own("hyper::client"));
    }
}
