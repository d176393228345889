//! The log: one event a line on standard error, JSON or for eyes.

use std::sync::Once;

use tracing::Metadata;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{FilterExt, FilterFn, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{LogFormat, TelemetryConfig};

/// Lines that wait for a slow reader; when there are more, new ones are dropped rather than requests held up.
const BUFFERED_LINES: usize = 16_384;

/// Crates that may log more than `info`. Others print what passes through them when they are asked for detail: a mail
/// transport the letters, an HTTP client the headers, and secrets with them.
const TRUSTED: [&str; 2] = ["lyceum", "sqlx"];

/// Keeps the log's writer alive; dropping it writes what is still waiting. Hold it until the end of `main`.
#[derive(Debug, Default)]
#[must_use = "dropping the guard ends the log"]
pub struct LogGuard {
    writer: Option<WorkerGuard>,
}

impl LogGuard {
    /// Whether this call set up the log, rather than an earlier one.
    pub const fn is_first(&self) -> bool {
        self.writer.is_some()
    }
}

/// Sets up logging for the process. The level comes from `telemetry.log_level`, which `RUST_LOG` overrides. A second call changes nothing.
pub fn init(config: &TelemetryConfig) -> LogGuard {
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(BUFFERED_LINES)
        .thread_name("log-writer")
        .finish(std::io::stderr());
    let filter = EnvFilter::try_new(&config.log_level).unwrap_or_else(|_| EnvFilter::new("info"));
    let layer = layer(config.log_format, writer).with_filter(filter.and(discreet()));
    if tracing_subscriber::registry().with(layer).try_init().is_err() {
        return LogGuard::default();
    }
    log_panics();
    LogGuard { writer: Some(guard) }
}

fn layer<S>(format: LogFormat, writer: NonBlocking) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    match format {
        LogFormat::Json => layer.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed(),
        LogFormat::Pretty => {
            let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
            layer.compact().with_ansi(colours).boxed()
        }
    }
}

/// Passes detail from trusted crates only, whatever the configured filter says.
fn discreet() -> FilterFn<fn(&Metadata<'_>) -> bool> {
    filter_fn(is_discreet)
}

fn is_discreet(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= tracing::Level::INFO || TRUSTED.iter().any(|name| metadata.target().starts_with(name))
}

/// Panics go to the log as well, in its format.
fn log_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            let what = panic.payload_as_str().unwrap_or("a value that is not text");
            tracing::error!(panic.location = place, panic.message = what, "panicked");
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_call_changes_nothing() {
        let config = TelemetryConfig {
            log_level: "off".into(),
            ..crate::config::Config::for_tests("/nowhere".as_ref()).telemetry
        };
        let _first = init(&config);
        assert!(!init(&config).is_first());
    }
}
