//! What can be tuned about identity, taken from `[security]` and `[limits]` of the configuration.

use std::time::Duration;

use lyceum_platform::config::Config;

use crate::password::hasher::HashCost;

/// Lifetimes, names and costs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `iss` of access tokens: the public URL of the deployment.
    pub issuer: String,
    /// `aud` of access tokens.
    pub audience: String,
    /// Life of an access token.
    pub access_ttl: Duration,
    /// Life of a refresh token that is not used; it slides with each rotation.
    pub refresh_ttl: Duration,
    /// Life of a session however it is used.
    pub session_ttl: Duration,
    /// For how long a spent refresh token is answered with its successor once more: the answer may have been lost.
    pub refresh_grace: Duration,
    /// Life of a ticket that opens a socket.
    pub ticket_ttl: Duration,
    /// Cost of a password hash.
    pub hash: HashCost,
    /// Hashes at once: one for each core.
    pub hash_threads: usize,
    /// Hashes that may wait for a core.
    pub hash_queue: usize,
    /// Age at which a signing key gets a successor.
    pub key_rotation: Duration,
    /// Failed logins in a minute that one address may have with one account.
    pub login_failures: u64,
    /// Words of this deployment that make poor passwords: its name, the host of its public URL.
    pub deployment_words: Vec<String>,
}

impl From<&Config> for Settings {
    fn from(config: &Config) -> Self {
        let security = &config.security;
        let hash = &security.argon2;
        Self {
            issuer: security.issuer.clone(),
            audience: security.audience.clone(),
            access_ttl: Duration::from_secs(security.access_token_ttl_s),
            refresh_ttl: Duration::from_secs(security.refresh_ttl_s),
            session_ttl: Duration::from_secs(security.session_max_s),
            refresh_grace: Duration::from_secs(security.refresh_grace_s),
            ticket_ttl: Duration::from_secs(config.sockets.ticket_ttl_s),
            hash: HashCost { memory_kib: hash.memory_kib, passes: hash.iterations, lanes: hash.parallelism },
            hash_threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            hash_queue: hash.max_queue,
            key_rotation: Duration::from_secs(security.signing_key_rotation_s),
            login_failures: config.limits.login_failures_per_minute,
            deployment_words: deployment_words(&config.server.public_url),
        }
    }
}

/// `lyceum` and the labels of the host name.
fn deployment_words(public_url: &str) -> Vec<String> {
    let host = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    let labels = host.split('.').map(str::to_owned);
    std::iter::once("lyceum".to_owned()).chain(labels).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_host_gives_words() {
        let words = super::deployment_words("https://learn.northfield.example:8443/x");
        assert_eq!(words, ["lyceum", "learn", "northfield", "example"]);
    }
}
