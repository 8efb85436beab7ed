//! Logs: on standard error, warnings by default, more with `-v` or `DUGOUT_LOG`.

use std::fmt;

use tracing::{Event, Level, Subscriber, field::Field};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// Starts logging.
pub(crate) fn init(verbose: bool) {
    let default = if verbose {
        Targets::new().with_default(LevelFilter::WARN).with_targets(
            ["dugout", "dugout_host", "dugout_plugin"].map(|target| (target, Level::DEBUG)),
        )
    } else {
        Targets::new().with_default(LevelFilter::WARN)
    };
    let filter = match std::env::var("DUGOUT_LOG") {
        Ok(text) if !text.is_empty() => match text.parse() {
            Ok(filter) => filter,
            Err(_) => {
                crate::output::warn(
                    "DUGOUT_LOG is not a filter like `debug` or `dugout_host=trace`",
                );
                default
            }
        },
        _ => default,
    };
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).event_format(Line);
    // Fails only if there is one already.
    let _ignored = tracing_subscriber::registry().with(filter).with(layer).try_init();
}

/// `warning: message key=value`.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let level = match *event.metadata().level() {
            Level::ERROR => "error",
            Level::WARN => "warning",
            Level::INFO => "info",
            Level::DEBUG => "debug",
            Level::TRACE => "trace",
        };
        let mut fields = Fields::default();
        event.record(&mut fields);
        writeln!(writer, "{level}: {}{}", fields.message, fields.others)
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    others: String,
}

impl tracing::field::Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.to_owned());
    }
}

impl Fields {
    fn put(&mut self, field: &Field, value: String) {
        let value = dugout_host::one_line(&value);
        match field.name() {
            "message" => self.message = value,
            _ if value.is_empty() => {}
            name => self.others.push_str(&format!(" {name}={value}")),
        }
    }
}
