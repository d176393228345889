//! Checks of values that each parse but are wrong, alone or together.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::fault::ConfigFault;
use super::layers::Origins;
use super::sections::{BillingProvider, DatabaseKind};
use super::{Config, Profile};

/// Shortest secret key, in bytes.
pub(crate) const SECRET_KEY_BYTES: usize = 32;

/// Parts of keys that were copied from somewhere.
const WELL_KNOWN: [&str; 10] = [
    "changeme",
    "change-me",
    "change_me",
    "example",
    "secret-key",
    "your-secret",
    "insecure",
    "default",
    "password",
    "placeholder",
];

struct Checks<'a> {
    origins: &'a Origins,
    faults: &'a mut Vec<ConfigFault>,
}

impl Checks<'_> {
    fn holds(&mut self, key: &str, right: bool, problem: &str, remedy: &str) {
        if !right {
            self.faults.push(ConfigFault {
                key: key.to_owned(),
                source: self.origins.of(key),
                problem: problem.to_owned(),
                remedy: remedy.to_owned(),
            });
        }
    }

    fn within(&mut self, key: &str, value: u64, least: u64, most: u64) {
        let right = (least..=most).contains(&value);
        self.holds(key, right, &format!("is {value}"), &format!("should be between {least} and {most}"));
    }
}

/// Names everything wrong with `config`.
pub(super) fn check(config: &Config, origins: &Origins, faults: &mut Vec<ConfigFault>) {
    let mut checks = Checks { origins, faults };
    server(config, &mut checks);
    bounds(config, &mut checks);
    database(config, &mut checks);
    redis_and_smtp(config, &mut checks);
    storage(config, &mut checks);
    secrets(config, &mut checks);
    lifetimes(config, &mut checks);
    limits_and_jobs(config, &mut checks);
    sockets(config, &mut checks);
    billing(config, &mut checks);
}

/// What is allowed but should make an operator think.
pub(super) fn warnings(config: &Config) -> Vec<String> {
    let mut warnings = Vec::new();
    if config.profile != Profile::Production {
        return warnings;
    }
    let mut warn = |given: bool, text: &str| {
        if given {
            warnings.push(text.to_owned());
        }
    };
    warn(
        config.database.kind() == DatabaseKind::Sqlite,
        "database.url is SQLite: one process only, and its disk is the only copy; PostgreSQL is meant for production",
    );
    warn(config.smtp.url.is_none(), "smtp.url is not set: mail is written to the data folder and nobody gets it");
    warn(config.server.public_url.starts_with("http://"), "server.public_url is not https: tokens travel in clear");
    warn(!config.limits.enabled, "limits.enabled is false: nothing slows down guessing of passwords");
    warn(
        config.server.cors_allowed_origins.iter().any(|origin| origin == "*"),
        "server.cors_allowed_origins holds *: any site's scripts may call the API",
    );
    warnings
}

fn web_url(text: &str, with_path: bool) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let plain = url.username().is_empty() && url.query().is_none() && url.fragment().is_none();
        matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some()
            && plain
            && (with_path || url.path() == "/")
    })
}

fn server(config: &Config, checks: &mut Checks<'_>) {
    let server = &config.server;
    let right = web_url(&server.public_url, true);
    checks.holds("server.public_url", right, "is not a web address", "write it like https://lyceum.example.org");
    let safe = config.profile != Profile::Production
        || server.allow_insecure_public_url
        || !right
        || server.public_url.starts_with("https://");
    checks.holds(
        "server.public_url",
        safe,
        "is not https, which production wants",
        "set https://…, or server.allow_insecure_public_url = true behind a network you trust",
    );
    for origin in &server.cors_allowed_origins {
        let right = origin == "*" || (web_url(origin, false) && !origin.ends_with('/'));
        let problem = format!("{origin:?} is not an origin");
        checks.holds(
            "server.cors_allowed_origins",
            right,
            &problem,
            "write origins like https://app.example.org, or *",
        );
    }
    checks.within("server.workers", server.workers as u64, 0, 1_024);
    checks.within("server.request_timeout_s", server.request_timeout_s, 1, 3_600);
    checks.within("server.client_header_timeout_s", server.client_header_timeout_s, 1, 300);
    checks.within("server.body_timeout_s", server.body_timeout_s, 1, 3_600);
    checks.within("server.keep_alive_s", server.keep_alive_s, 0, 3_600);
    checks.within("server.shutdown_grace_s", server.shutdown_grace_s, 0, 3_600);
}

fn bounds(config: &Config, checks: &mut Checks<'_>) {
    let server = &config.server;
    checks.within("server.max_body_bytes", server.max_body_bytes as u64, 1_024, 1 << 30);
    checks.within("server.max_json_depth", server.max_json_depth as u64, 4, 120);
    checks.within("server.max_connections", server.max_connections as u64, 1, 1_000_000);
    checks.within("server.max_in_flight", server.max_in_flight as u64, 1, 1_000_000);
    let given = !config.data_dir.as_os_str().is_empty();
    checks.holds("data_dir", given, "is empty", "name a folder that the program may write to");
    let filter = tracing_subscriber::EnvFilter::builder().parse(&config.telemetry.log_level);
    checks.holds(
        "telemetry.log_level",
        filter.is_ok(),
        &format!("{:?} is not a filter", config.telemetry.log_level),
        "write a level (error, warn, info, debug, trace) or targets like info,sqlx=warn",
    );
}

fn database(config: &Config, checks: &mut Checks<'_>) {
    let database = &config.database;
    let url = database.url.expose_secret();
    let right = url.starts_with("sqlite:")
        || (["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) && Url::parse(url).is_ok());
    let remedy = "write it like postgres://user:password@host:5432/lyceum or sqlite:///path/to/lyceum.db";
    checks.holds("database.url", right, "is not the address of a PostgreSQL or SQLite database", remedy);
    checks.within("database.max_connections", database.max_connections.into(), 1, 10_000);
    checks.within("database.min_connections", database.min_connections.into(), 0, database.max_connections.into());
    checks.within("database.acquire_timeout_s", database.acquire_timeout_s, 1, 300);
    checks.within("database.statement_timeout_s", database.statement_timeout_s, 1, 3_600);
}

fn has_scheme(url: Option<&SecretString>, schemes: &[&str]) -> bool {
    url.is_none_or(|url| {
        Url::parse(url.expose_secret())
            .is_ok_and(|url| schemes.contains(&url.scheme()) && url.host_str().is_some_and(|host| !host.is_empty()))
    })
}

fn redis_and_smtp(config: &Config, checks: &mut Checks<'_>) {
    let (redis, smtp) = (&config.redis, &config.smtp);
    let socket =
        |url: &SecretString| ["unix:", "redis+unix:"].iter().any(|scheme| url.expose_secret().starts_with(scheme));
    let right = redis.url.as_ref().is_some_and(socket) || has_scheme(redis.url.as_ref(), &["redis"]);
    checks.holds("redis.url", right, "is not the address of a Redis server", "write it like redis://host:6379/0");
    checks.within("redis.pool_size", redis.pool_size as u64, 1, 1_000);
    checks.within("redis.timeout_ms", redis.timeout_ms, 10, 60_000);
    checks.within("redis.breaker_failures", redis.breaker_failures.into(), 1, 100);
    checks.within("redis.breaker_probe_ms", redis.breaker_probe_ms, 50, 4_000);
    let right = has_scheme(smtp.url.as_ref(), &["smtp", "smtps", "smtp+starttls"]);
    let remedy = "write it like smtp://user:password@host:587, smtp+starttls://… or smtps://…";
    checks.holds("smtp.url", right, "is not the address of a mail server", remedy);
    let address = smtp.from_address.parse::<lettre::Address>().is_ok();
    checks.holds("smtp.from_address", address, "is not an e-mail address", "write it like lyceum@example.org");
    let printable = !smtp.from_name.chars().any(char::is_control);
    checks.holds("smtp.from_name", printable, "holds control characters", "write a plain name");
    checks.within("smtp.timeout_s", smtp.timeout_s, 1, 300);
}

fn storage(config: &Config, checks: &mut Checks<'_>) {
    let storage = &config.storage;
    checks.within("storage.max_file_bytes", storage.max_file_bytes, 1, 5 << 30);
    checks.within("storage.school_quota_bytes", storage.school_quota_bytes, 1, 1 << 60);
    checks.within("storage.person_quota_bytes", storage.person_quota_bytes, 1, 1 << 60);
    checks.within("storage.retention_s", storage.retention_s, 3_600, 31_536_000);
    checks.within("storage.url_ttl_s", storage.url_ttl_s, 1, 300);
    checks.within("storage.upload_ttl_s", storage.upload_ttl_s, 300, 604_800);
    checks.within("storage.timeout_s", storage.timeout_s, 1, 120);
    let wanted = storage.endpoint.is_some()
        || storage.bucket.is_some()
        || storage.access_key.is_some()
        || storage.secret_key.is_some();
    if !wanted {
        return;
    }
    let remedy = "set bucket, access_key and secret_key (S3_BUCKET, S3_ACCESS_KEY, S3_SECRET_KEY) together, or none of storage's S3 keys";
    checks.holds("storage.bucket", storage.bucket.is_some(), "is missing", remedy);
    checks.holds("storage.access_key", storage.access_key.is_some(), "is missing", remedy);
    checks.holds("storage.secret_key", storage.secret_key.is_some(), "is missing", remedy);
    for (key, endpoint) in
        [("storage.endpoint", &storage.endpoint), ("storage.public_endpoint", &storage.public_endpoint)]
    {
        let right = endpoint.as_deref().is_none_or(|endpoint| web_url(endpoint, true));
        checks.holds(key, right, "is not a web address", "write it like http://localhost:9000");
    }
}

fn secrets(config: &Config, checks: &mut Checks<'_>) {
    let security = &config.security;
    let production = config.profile == Profile::Production;
    let make = "set LYCEUM__SECURITY__SECRET_KEY (or …_FILE) to at least 32 random bytes: openssl rand -base64 48";
    match &security.secret_key {
        None => checks.holds("security.secret_key", !production, "is missing, and production makes none", make),
        Some(key) => secret("security.secret_key", key, production, make, checks),
    }
    for key in &security.previous_secret_keys {
        secret("security.previous_secret_keys", key, production, make, checks);
    }
    if let Some(token) = &security.ops_token {
        let long = token.expose_secret().len() >= 16;
        checks.holds("security.ops_token", long, "is shorter than 16 bytes", "use a random one: openssl rand -hex 24");
    }
}

fn secret(key: &str, value: &SecretString, production: bool, make: &str, checks: &mut Checks<'_>) {
    let text = value.expose_secret();
    let long = text.len() >= SECRET_KEY_BYTES;
    checks.holds(key, long, &format!("is shorter than {SECRET_KEY_BYTES} bytes"), make);
    let lower = text.to_ascii_lowercase();
    let distinct = text.bytes().collect::<std::collections::BTreeSet<_>>().len();
    let known = distinct < 8 || WELL_KNOWN.iter().any(|part| lower.contains(part));
    checks.holds(key, !production || !long || !known, "is a well-known or trivial one", make);
}

fn lifetimes(config: &Config, checks: &mut Checks<'_>) {
    let security = &config.security;
    let day = 86_400;
    checks.within("security.access_token_ttl_s", security.access_token_ttl_s, 10, day);
    checks.within("security.refresh_ttl_s", security.refresh_ttl_s, 60, 366 * day);
    checks.within("security.session_max_s", security.session_max_s, security.refresh_ttl_s.min(366 * day), 366 * day);
    checks.within("security.refresh_grace_s", security.refresh_grace_s, 0, 60);
    checks.within("security.activation_ttl_s", security.activation_ttl_s, 60, 30 * day);
    checks.within("security.reset_ttl_s", security.reset_ttl_s, 60, day);
    checks.within("security.email_change_ttl_s", security.email_change_ttl_s, 60, 30 * day);
    checks.within("security.signing_key_rotation_s", security.signing_key_rotation_s, 3_600, 366 * day);
    let named = !security.audience.trim().is_empty();
    checks.holds("security.audience", named, "is empty", "name the audience of access tokens, such as lyceum");
    let argon2 = &security.argon2;
    let least = if config.profile == Profile::Production { 47_104 } else { 8 * u64::from(argon2.parallelism.max(1)) };
    checks.within("security.argon2.memory_kib", argon2.memory_kib.into(), least, 4 << 20);
    checks.within("security.argon2.iterations", argon2.iterations.into(), 1, 100);
    checks.within("security.argon2.parallelism", argon2.parallelism.into(), 1, 64);
    checks.within("security.argon2.max_queue", argon2.max_queue as u64, 1, 100_000);
}

fn limits_and_jobs(config: &Config, checks: &mut Checks<'_>) {
    let (limits, jobs) = (&config.limits, &config.jobs);
    let most = 1_000_000_000;
    checks.within("limits.requests_per_minute", limits.requests_per_minute, 1, most);
    checks.within("limits.school_requests_per_minute", limits.school_requests_per_minute, 1, most);
    checks.within("limits.anonymous_requests_per_minute", limits.anonymous_requests_per_minute, 1, most);
    checks.within("limits.login_failures_per_minute", limits.login_failures_per_minute, 1, most);
    checks.within("limits.mail_requests_per_hour", limits.mail_requests_per_hour, 1, most);
    checks.within("jobs.concurrency", jobs.concurrency as u64, 1, 1_000);
    checks.within("jobs.lease_s", jobs.lease_s, 1, 3_600);
    checks.within("jobs.poll_ms", jobs.poll_ms, 10, 60_000);
    checks.within("jobs.max_attempts", jobs.max_attempts.into(), 1, 1_000);
    checks.within("jobs.keep_finished_s", jobs.keep_finished_s, 0, 366 * 86_400);
}

fn sockets(config: &Config, checks: &mut Checks<'_>) {
    let sockets = &config.sockets;
    checks.within("sockets.ping_s", sockets.ping_s, 1, 300);
    checks.within("sockets.max_frame_bytes", sockets.max_frame_bytes as u64, 1_024, 16 << 20);
    checks.within("sockets.frames_per_second", sockets.frames_per_second.into(), 1, 100_000);
    checks.within("sockets.queue_bytes", sockets.queue_bytes as u64, 16_384, 64 << 20);
    checks.within("sockets.stalled_s", sockets.stalled_s, 1, 300);
    checks.within("sockets.max_per_person", sockets.max_per_person as u64, 1, 1_000_000);
    checks.within("sockets.max_per_node", sockets.max_per_node as u64, 1, 10_000_000);
    checks.within("sockets.ticket_ttl_s", sockets.ticket_ttl_s, 1, 30);
}

fn billing(config: &Config, checks: &mut Checks<'_>) {
    let billing = &config.billing;
    if billing.provider == BillingProvider::Stripe {
        let keys = [
            ("billing.stripe_secret_key", &billing.stripe_secret_key, "Stripe's secret key, sk_… or rk_…"),
            (
                "billing.stripe_webhook_secret",
                &billing.stripe_webhook_secret,
                "the signing secret of the webhook, whsec_…",
            ),
        ];
        for (key, value, what) in keys {
            let given = value.as_ref().is_some_and(|value| value.expose_secret().len() >= 8);
            checks.holds(key, given, "is missing, and billing.provider is stripe", &format!("set it to {what}"));
        }
    }
    let url = &billing.stripe_base_url;
    let right = web_url(url, true);
    checks.holds("billing.stripe_base_url", right, "is not a web address", "leave it at https://api.stripe.com");
    let safe = config.profile != Profile::Production || !right || url.starts_with("https://");
    checks.holds(
        "billing.stripe_base_url",
        safe,
        "is not https, which production wants",
        "leave it at https://api.stripe.com",
    );
    checks.within("billing.stripe_timeout_s", billing.stripe_timeout_s, 1, 80);
    let days = |value: i32| u64::try_from(value).unwrap_or(u64::MAX);
    checks.within("billing.tax_basis_points", days(billing.tax_basis_points), 0, 10_000);
    checks.within("billing.payment_terms_days", days(billing.payment_terms_days), 0, 365);
    checks.within("billing.grace_days", days(billing.grace_days), 0, 365);
    let prefix = billing.invoice_prefix.len() <= 16
        && billing.invoice_prefix.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'/' | b'.'));
    let remedy = "use up to 16 letters, digits, hyphens, slashes and dots";
    checks.holds("billing.invoice_prefix", prefix, "cannot begin an invoice number", remedy);
    let texts = [
        ("billing.tax_name", &billing.tax_name, 1..=32),
        ("billing.seller_name", &billing.seller_name, 1..=200),
        ("billing.seller_address", &billing.seller_address, 0..=1_000),
        ("billing.seller_tax_id", &billing.seller_tax_id, 0..=64),
        ("billing.payment_instructions", &billing.payment_instructions, 0..=1_000),
    ];
    for (key, text, length) in texts {
        let right = length.contains(&text.chars().count()) && !text.chars().any(char::is_control);
        let remedy = format!("write {} to {} characters on one line; | begins another", length.start(), length.end());
        checks.holds(key, right, "is too short, too long, or holds control characters", &remedy);
    }
}
