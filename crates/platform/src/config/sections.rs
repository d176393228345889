//! The sections of the configuration. Fields that end in `_s` are seconds, in `_ms` milliseconds.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::value::{list, masked_list, masked_option, masked_url, masked_url_option, secret_list, trimmed};

/// `[server]`: the listener and the bounds of a request.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Address to listen on.
    pub host: IpAddr,
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// How the world reaches the server, without a slash at the end.
    #[serde(deserialize_with = "trimmed")]
    pub public_url: String,
    /// Whether production accepts a `public_url` that is not https.
    pub allow_insecure_public_url: bool,
    /// Worker threads; 0 means one for each core.
    pub workers: usize,
    /// Bound of a whole request.
    pub request_timeout_s: u64,
    /// Bound of receiving a request's head.
    pub client_header_timeout_s: u64,
    /// Bound of receiving a request's body.
    pub body_timeout_s: u64,
    /// Longest body of an ordinary request, in bytes.
    pub max_body_bytes: usize,
    /// Deepest nesting of a JSON body.
    pub max_json_depth: usize,
    /// Open connections over all workers.
    pub max_connections: usize,
    /// Requests being worked on at once; more are answered 503.
    pub max_in_flight: usize,
    /// How long an idle connection is kept.
    pub keep_alive_s: u64,
    /// How long a shutdown waits for requests being worked on.
    pub shutdown_grace_s: u64,
    /// Networks whose `X-Forwarded-For` is believed.
    #[serde(deserialize_with = "list")]
    pub trusted_proxies: Vec<IpNet>,
    /// Origins that browsers may call from; `*` is any.
    #[serde(deserialize_with = "list")]
    pub cors_allowed_origins: Vec<String>,
    /// Whether `Strict-Transport-Security` is sent.
    pub hsts: bool,
}

/// Which database a URL names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    /// Embedded, one process.
    Sqlite,
    /// A server.
    Postgres,
}

/// `[database]`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `postgres://…` or `sqlite://…`; never empty after loading.
    #[serde(serialize_with = "masked_url")]
    pub url: SecretString,
    /// Most connections in the pool (readers, on `SQLite`).
    pub max_connections: u32,
    /// Connections kept open.
    pub min_connections: u32,
    /// Longest wait for a connection.
    pub acquire_timeout_s: u64,
    /// Longest run of one statement.
    pub statement_timeout_s: u64,
    /// Whether `serve` migrates first; see [`DatabaseConfig::migrates_on_start`].
    #[serde(default)]
    pub migrate_on_start: Option<bool>,
}

impl DatabaseConfig {
    /// Which database the URL names.
    pub fn kind(&self) -> DatabaseKind {
        if self.url.expose_secret().starts_with("sqlite:") { DatabaseKind::Sqlite } else { DatabaseKind::Postgres }
    }

    /// Whether this process alone has the database, in a file.
    pub fn is_embedded(&self) -> bool {
        self.kind() == DatabaseKind::Sqlite
    }

    /// Whether `serve` migrates first: as configured, else only on `SQLite`.
    pub fn migrates_on_start(&self) -> bool {
        self.migrate_on_start.unwrap_or_else(|| self.is_embedded())
    }

    /// Longest wait for a connection.
    pub const fn acquire_timeout(&self) -> Duration {
        Duration::from_secs(self.acquire_timeout_s)
    }

    /// Longest run of one statement.
    pub const fn statement_timeout(&self) -> Duration {
        Duration::from_secs(self.statement_timeout_s)
    }
}

/// `[redis]`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RedisConfig {
    /// `redis://…`; without it everything stays in process.
    #[serde(default, serialize_with = "masked_url_option")]
    pub url: Option<SecretString>,
    /// Most connections in the pool.
    pub pool_size: usize,
    /// Bound of one command and of connecting.
    pub timeout_ms: u64,
    /// Failures in a row that open the circuit breaker.
    pub breaker_failures: u32,
    /// How often Redis is tried while the breaker is open.
    pub breaker_probe_ms: u64,
    /// What every key and channel begins with.
    pub key_prefix: String,
}

/// `[smtp]`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// `smtp://`, `smtp+starttls://` or `smtps://`; without it mail is written to `data_dir/mail`.
    #[serde(default, serialize_with = "masked_url_option")]
    pub url: Option<SecretString>,
    /// Sender's address.
    pub from_address: String,
    /// Sender's name.
    pub from_name: String,
    /// Bound of one exchange with the server.
    pub timeout_s: u64,
    /// Letters that may be on their way at once, each over a connection of its own. With one, a crash repeats one letter at
    /// most; a distant server takes more letters a second over more connections.
    pub connections: u32,
    /// Right side of `Message-ID`; never empty after loading.
    pub message_id_domain: String,
}

impl SmtpConfig {
    /// The URL as `lettre`'s `from_url` takes it: what Lyceum calls `smtp+starttls` requires TLS, plain `smtp` takes it
    /// when offered.
    pub fn transport_url(&self) -> Option<SecretString> {
        let text = self.url.as_ref()?.expose_secret();
        let (text, tls) = match text.strip_prefix("smtp+starttls://") {
            Some(rest) => (format!("smtp://{rest}"), "required"),
            None => (text.to_owned(), "opportunistic"),
        };
        if text.starts_with("smtps:") || text.contains("tls=") {
            return Some(text.into());
        }
        let mark = if text.contains('?') { '&' } else { '?' };
        Some(format!("{text}{mark}tls={tls}").into())
    }
}

/// `[storage]`: S3 when a bucket is named, else a folder.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StorageConfig {
    /// URL of the S3 server; without it AWS.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// The same server as clients reach it, for signed URLs; [`Self::endpoint`] if there is none.
    #[serde(default)]
    pub public_endpoint: Option<String>,
    /// Bucket; without it files lie in `folder`.
    #[serde(default)]
    pub bucket: Option<String>,
    /// Region.
    pub region: String,
    /// Access key.
    #[serde(default, serialize_with = "masked_option")]
    pub access_key: Option<SecretString>,
    /// Secret key.
    #[serde(default, serialize_with = "masked_option")]
    pub secret_key: Option<SecretString>,
    /// Bucket in the path rather than in the host name.
    pub path_style: bool,
    /// Folder for files without S3; never empty after loading.
    pub folder: PathBuf,
    /// Largest file, in bytes; at most 5 GiB, which is what S3 takes in one piece.
    pub max_file_bytes: u64,
    /// What the files of one school may come to, in bytes.
    pub school_quota_bytes: u64,
    /// What the files of one person in one school may come to, in bytes; not for those who may read all files.
    pub person_quota_bytes: u64,
    /// How long deleted files can be restored.
    pub retention_s: u64,
    /// Lifetime of a signed URL; at most five minutes.
    pub url_ttl_s: u64,
    /// How long an upload may take from its announcement to its completion.
    pub upload_ttl_s: u64,
    /// Bound of one call of the store, and of each pause within it.
    pub timeout_s: u64,
    /// The program that reads documents and pictures in a process of its own; this one if there is none.
    #[serde(default)]
    pub reader_program: Option<PathBuf>,
}

/// `[security]`: keys, lifetimes, who may come in.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityConfig {
    /// Root of all derived keys, at least 32 bytes.
    #[serde(default, serialize_with = "masked_option")]
    pub secret_key: Option<SecretString>,
    /// Earlier keys, still accepted for opening.
    #[serde(deserialize_with = "secret_list", serialize_with = "masked_list")]
    pub previous_secret_keys: Vec<SecretString>,
    /// `iss` of access tokens; never empty after loading.
    #[serde(deserialize_with = "trimmed")]
    pub issuer: String,
    /// `aud` of access tokens.
    pub audience: String,
    /// Lifetime of an access token.
    pub access_token_ttl_s: u64,
    /// Lifetime of a session from its last refresh.
    pub refresh_ttl_s: u64,
    /// Lifetime of a session from its login.
    pub session_max_s: u64,
    /// How long the previous refresh token is taken for a client's repeated call.
    pub refresh_grace_s: u64,
    /// Lifetime of an activation link.
    pub activation_ttl_s: u64,
    /// Lifetime of a password reset link.
    pub reset_ttl_s: u64,
    /// Lifetime of a link that confirms a new address.
    pub email_change_ttl_s: u64,
    /// Age at which a signing key is replaced.
    pub signing_key_rotation_s: u64,
    /// Password hashing.
    pub argon2: Argon2Config,
    /// Bearer token for operators.
    #[serde(default, serialize_with = "masked_option")]
    pub ops_token: Option<SecretString>,
    /// Whether anybody may register.
    pub self_registration: bool,
    /// Whether sockets take `?token=`.
    pub token_in_query: bool,
}

/// `[security.argon2]`: cost of a password hash (argon2id, RFC 9106).
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Argon2Config {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// Hashes that may wait for a core.
    pub max_queue: usize,
}

/// `[limits]`: how much anybody may ask.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// Whether limits hold at all.
    pub enabled: bool,
    /// Requests of one account.
    pub requests_per_minute: u64,
    /// Requests of one school.
    pub school_requests_per_minute: u64,
    /// Requests of one address before login.
    pub anonymous_requests_per_minute: u64,
    /// Failed logins for one address and account.
    pub login_failures_per_minute: u64,
    /// Mails that one recipient can be made to get.
    pub mail_requests_per_hour: u64,
}

/// `[sockets]`: WebSockets.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SocketsConfig {
    /// How often a client is pinged; one that is silent between two pings is given up.
    pub ping_s: u64,
    /// Longest frame from a client, and longest message in several frames.
    pub max_frame_bytes: usize,
    /// Frames that a client may send a second, after a burst of twice as many.
    pub frames_per_second: u32,
    /// Bytes that may wait for a slow client.
    pub queue_bytes: usize,
    /// How long a client may take nothing of what waits for it.
    pub stalled_s: u64,
    /// Sockets of one account on one node.
    pub max_per_person: usize,
    /// Sockets of one node.
    pub max_per_node: usize,
    /// Life of a one-time ticket.
    pub ticket_ttl_s: u64,
}

/// `[jobs]`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct JobsConfig {
    /// Whether `serve` runs jobs too.
    pub run_in_server: bool,
    /// Jobs at once in one process.
    pub concurrency: usize,
    /// How long a job belongs to its runner without a sign of life.
    pub lease_s: u64,
    /// How often the table is looked at when nothing rings.
    pub poll_ms: u64,
    /// Tries before a job is parked.
    pub max_attempts: u32,
    /// How long finished jobs are kept.
    pub keep_finished_s: u64,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For eyes.
    Pretty,
}

/// `[telemetry]`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetryConfig {
    /// How log lines look.
    pub log_format: LogFormat,
    /// What is logged, in the syntax of `tracing_subscriber::EnvFilter`.
    pub log_level: String,
    /// Whether `/metrics` is there.
    pub metrics_enabled: bool,
    /// Whether strangers may read `/metrics`.
    pub metrics_public: bool,
    /// Whether strangers see the single checks of `/health`.
    pub health_details_public: bool,
}

/// Who collects payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BillingProvider {
    /// Nobody: invoices are paid by transfer, and staff mark them paid.
    Manual,
    /// Stripe, over its REST API.
    Stripe,
}

/// `[billing]`: who sells, and who collects.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BillingConfig {
    /// Who collects payments.
    pub provider: BillingProvider,
    /// Stripe's secret key.
    #[serde(default, serialize_with = "masked_option")]
    pub stripe_secret_key: Option<SecretString>,
    /// What Stripe signs its events with.
    #[serde(default, serialize_with = "masked_option")]
    pub stripe_webhook_secret: Option<SecretString>,
    /// Where Stripe's API is.
    #[serde(deserialize_with = "trimmed")]
    pub stripe_base_url: String,
    /// Bound of one call.
    pub stripe_timeout_s: u64,
    /// What the tax is called on invoices.
    pub tax_name: String,
    /// The rate of tax on subscriptions, in hundredths of a per cent.
    pub tax_basis_points: i32,
    /// What invoice numbers begin with.
    pub invoice_prefix: String,
    /// Days from issue to due date.
    pub payment_terms_days: i32,
    /// Days from the due date to the day from which a school can only read.
    pub grace_days: i32,
    /// Who sells.
    pub seller_name: String,
    /// Where they are; lines separated by `|`.
    pub seller_address: String,
    /// Their tax number.
    pub seller_tax_id: String,
    /// How to pay by transfer, printed on invoices; lines separated by `|`.
    pub payment_instructions: String,
}

/// `[tenancy]`: how people and schools come in.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TenancyConfig {
    /// Slug of the school that everybody joins who registers without naming another.
    #[serde(default)]
    pub default_school: Option<String>,
    /// The name of the role in which they join it; else the school's own default.
    #[serde(default)]
    pub joining_role: Option<String>,
    /// Whether anybody may found a school and run it.
    pub school_signup: bool,
}

/// `[docs]`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DocsConfig {
    /// Whether the API's documents are served.
    pub enabled: bool,
}

/// The whole, as the layers spell it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) data_dir: PathBuf,
    pub(super) server: ServerConfig,
    pub(super) database: DatabaseConfig,
    pub(super) redis: RedisConfig,
    pub(super) smtp: SmtpConfig,
    pub(super) storage: StorageConfig,
    pub(super) security: SecurityConfig,
    pub(super) limits: LimitsConfig,
    pub(super) jobs: JobsConfig,
    pub(super) telemetry: TelemetryConfig,
    pub(super) docs: DocsConfig,
    pub(super) sockets: SocketsConfig,
    pub(super) tenancy: TenancyConfig,
    pub(super) billing: BillingConfig,
}
