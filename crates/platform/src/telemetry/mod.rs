//! What operators see: logs, metrics, and the trace that a request belongs to.

mod logging;
mod metrics;
mod process;
mod trace_context;

pub use logging::{LogGuard, init};
pub use metrics::Metrics;
pub use process::{ProcessSample, ProcessSampler};
pub use trace_context::TraceContext;
