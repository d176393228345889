//! Metrics in Prometheus' text format.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use metrics::{counter, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::process::ProcessSampler;

/// Upper bounds of latency, in seconds.
const LATENCY_BUCKETS: [f64; 14] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Upper bounds of sizes, in bytes.
const SIZE_BUCKETS: [f64; 8] = [256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 16_777_216.0];
const UPKEEP: Duration = Duration::from_secs(5);

/// The metrics of this process. All handles show the same ones.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    process: Arc<ProcessSampler>,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Installs the recorder behind the macros of the crate `metrics`; a second call gives the same metrics.
    ///
    /// Histograms whose names end in `_seconds` have buckets from 0.5 ms to 10 s, those in `_bytes` from 256 B to 16 MiB.
    pub fn install() -> Self {
        static INSTALLED: OnceLock<Metrics> = OnceLock::new();
        INSTALLED.get_or_init(Self::build).clone()
    }

    fn build() -> Self {
        let builder = PrometheusBuilder::new();
        // Setting buckets fails only for an empty list of them.
        let builder = builder
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &LATENCY_BUCKETS)
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_bytes".to_owned()), &SIZE_BUCKETS))
            .unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder is installed: /metrics stays empty");
        }
        describe();
        let upkeep = handle.clone();
        // Histograms keep every sample until upkeep sorts them into buckets, whether anybody reads them or not.
        let spawned = std::thread::Builder::new().name("metrics-upkeep".to_owned()).spawn(move || {
            loop {
                std::thread::sleep(UPKEEP);
                upkeep.run_upkeep();
            }
        });
        if let Err(error) = spawned {
            tracing::warn!(error = %error, "no thread for the upkeep of metrics");
        }
        Self { handle, process: Arc::new(ProcessSampler::new()) }
    }

    /// The use of CPU and memory, which `/health` shows too.
    pub fn process(&self) -> &Arc<ProcessSampler> {
        &self.process
    }

    /// All metrics in the text format 0.0.4.
    pub fn render(&self) -> String {
        let sample = self.process.sample();
        #[expect(clippy::cast_precision_loss, reason = "gauges are floating-point; bytes fit 2^53")]
        let number = |value: u64| value as f64;
        gauge!("process_resident_memory_bytes").set(number(sample.rss_bytes));
        gauge!("process_open_fds").set(number(sample.open_fds));
        gauge!("process_uptime_seconds").set(sample.uptime.as_secs_f64());
        gauge!("process_cpu_percent").set(f64::from(sample.process_cpu_percent));
        counter!("process_cpu_milliseconds_total").absolute(sample.cpu_time_ms);
        self.handle.run_upkeep();
        self.handle.render()
    }
}

fn describe() {
    metrics::describe_gauge!("process_resident_memory_bytes", "Resident memory of this process.");
    metrics::describe_gauge!("process_open_fds", "Open file descriptors of this process.");
    metrics::describe_gauge!("process_uptime_seconds", "Time since this process began.");
    metrics::describe_gauge!("process_cpu_percent", "CPU use of this process, 100 for each core.");
    metrics::describe_counter!("process_cpu_milliseconds_total", "CPU time that this process has used.");
    metrics::describe_gauge!("lyceum_redis_breaker_open", "1 while Redis is left alone because it fails.");
    metrics::describe_counter!("lyceum_redis_failures_total", "Commands that Redis did not answer.");
    metrics::describe_counter!("lyceum_bus_dropped_total", "Messages to other nodes that were dropped.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_what_was_recorded_once_installed_however_often() {
        let metrics = Metrics::install();
        metrics::counter!("lyceum_tried_total").increment(2);
        metrics::histogram!("lyceum_tried_seconds").record(0.003);
        let text = Metrics::install().render();
        assert!(text.contains("lyceum_tried_total 2"), "{text}");
        assert!(text.contains("lyceum_tried_seconds_bucket{le=\"0.005\"} 1"), "{text}");
        assert!(text.contains("lyceum_tried_seconds_bucket{le=\"0.0025\"} 0"), "{text}");
        assert!(text.contains("process_resident_memory_bytes"), "{text}");
        assert!(metrics.render().contains("process_open_fds"));
    }
}
