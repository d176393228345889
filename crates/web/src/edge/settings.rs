//! What the edge takes from the configuration.

use std::time::Duration;

use ipnet::IpNet;
use lyceum_platform::config::Config;

use super::cors::Cors;

/// The edge's part of the configuration.
#[derive(Debug)]
pub(crate) struct EdgeSettings {
    /// Networks whose forwarding headers are believed.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// Who may call from a browser.
    pub(crate) cors: Cors,
    /// Whether `Strict-Transport-Security` is sent.
    pub(crate) hsts: bool,
    /// Requests worked on at once.
    pub(crate) max_in_flight: usize,
    /// Bound of a whole request.
    pub(crate) request_timeout: Duration,
    /// Bound of receiving a body.
    pub(crate) body_timeout: Duration,
}

impl EdgeSettings {
    /// As configured.
    pub(crate) fn new(config: &Config) -> Self {
        let server = &config.server;
        Self {
            trusted_proxies: server.trusted_proxies.clone(),
            cors: Cors::new(&server.cors_allowed_origins),
            hsts: server.hsts,
            max_in_flight: server.max_in_flight,
            request_timeout: Duration::from_secs(server.request_timeout_s),
            body_timeout: Duration::from_secs(server.body_timeout_s),
        }
    }
}
