//! The configuration: layered, typed, checked at start with every fault named at once.
//!
//! Layers, each over the one before: the built-in `config/default.toml`; the built-in file of the profile; a file named
//! by `--config` or `LYCEUM_CONFIG`; `.env`; the environment; the command line. Conventional variables
//! (`DATABASE_URL`, `PORT`, …) come first among a layer's variables, everything else is `LYCEUM__SECTION__KEY`. A variable
//! whose name ends in `_FILE` names a file that holds the value.

mod environment;
mod fault;
mod layers;
mod sections;
#[cfg(test)]
mod tests;
mod validate;
mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use fault::{ConfigErrors, ConfigFault};
use secrecy::ExposeSecret;
pub use sections::{
    Argon2Config, BillingConfig, BillingProvider, DatabaseConfig, DatabaseKind, DocsConfig, JobsConfig, LimitsConfig,
    LogFormat, RedisConfig, SecurityConfig, ServerConfig, SmtpConfig, SocketsConfig, StorageConfig, TelemetryConfig,
    TenancyConfig,
};
use serde::Serialize;
pub(crate) use validate::SECRET_KEY_BYTES;

/// What a deployment is for; each has a built-in file of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// A seeded school on an empty disk.
    Demo,
    /// Writing code.
    #[default]
    Development,
    /// The real thing: refuses what is not safe.
    Production,
}

impl Profile {
    /// The name, as `LYCEUM_PROFILE` spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Development => "development",
            Self::Production => "production",
        }
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Demo, Self::Development, Self::Production]
            .into_iter()
            .find(|profile| profile.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("{text:?} is no profile"))
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where to load from. [`LoadOptions::from_process`] for the program, [`LoadOptions::default`] for nothing but what is built in.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// A file over the profile's; else `LYCEUM_CONFIG`.
    pub config_file: Option<PathBuf>,
    /// The profile; else `LYCEUM_PROFILE`, else development.
    pub profile: Option<Profile>,
    /// A file of variables that stand under those of `environment`; it need not exist.
    pub dotenv: Option<PathBuf>,
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
    /// Dotted keys from the command line (`server.port`), over everything.
    pub overrides: Vec<(String, String)>,
}

impl LoadOptions {
    /// The process's environment and `.env` in the working directory.
    pub fn from_process() -> Self {
        Self { environment: environment::of_process(), dotenv: Some(PathBuf::from(".env")), ..Self::default() }
    }

    /// The same with a profile.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = Some(profile);
        self
    }

    /// The same with a configuration file.
    #[must_use]
    pub fn config_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.config_file = Some(file.into());
        self
    }

    /// The same with an environment variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same with a dotted key set, over everything.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.overrides.push((key.to_owned(), value.to_string()));
        self
    }
}

/// The configuration of one process.
#[derive(Debug, Clone, Serialize)]
pub struct Config {
    /// What the deployment is for.
    pub profile: Profile,
    /// Folder of the embedded database, files, mail without SMTP and the generated key.
    pub data_dir: PathBuf,
    /// The listener.
    pub server: ServerConfig,
    /// The database.
    pub database: DatabaseConfig,
    /// Redis.
    pub redis: RedisConfig,
    /// Outgoing mail.
    pub smtp: SmtpConfig,
    /// Files.
    pub storage: StorageConfig,
    /// Keys and lifetimes.
    pub security: SecurityConfig,
    /// Rate limits.
    pub limits: LimitsConfig,
    /// WebSockets.
    pub sockets: SocketsConfig,
    /// The job runner.
    pub jobs: JobsConfig,
    /// Logs and metrics.
    pub telemetry: TelemetryConfig,
    /// The API's documents.
    pub docs: DocsConfig,
    /// How people and schools come in.
    pub tenancy: TenancyConfig,
    /// Who sells, and who collects.
    pub billing: BillingConfig,
}

impl Config {
    /// Reads all layers and checks them.
    ///
    /// # Errors
    /// Every fault there is, each with its key, its source, what is wrong and what would be right.
    pub fn load(options: &LoadOptions) -> Result<Self, ConfigErrors> {
        let (profile, layers, mut faults) = layers::collect(options);
        let Some((document, origins)) = layers::read(layers, &mut faults) else {
            return Err(ConfigErrors { faults });
        };
        let config = Self::assemble(profile, document);
        validate::check(&config, &origins, &mut faults);
        if faults.is_empty() { Ok(config) } else { Err(ConfigErrors { faults }) }
    }

    /// A development configuration for tests: everything embedded in `data_dir`, a free port, weak and fast password
    /// hashes, no rate limits and no jobs in the background. Change fields at will.
    pub fn for_tests(data_dir: &Path) -> Self {
        let options = LoadOptions::default()
            .set("data_dir", data_dir.display())
            .set("server.port", 0)
            .set("server.public_url", "http://localhost:8000")
            .set("jobs.run_in_server", false)
            .set("limits.enabled", false)
            .set("telemetry.log_level", "warn");
        match Self::load(&options) {
            Ok(mut config) => {
                config.security.argon2 = Argon2Config { memory_kib: 64, iterations: 1, parallelism: 1, max_queue: 512 };
                config
            }
            Err(errors) => unreachable!("the built-in configuration is sound, but: {errors}"),
        }
    }

    /// Everything as JSON with the secrets masked, to be shown to operators.
    pub fn redacted(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// What is allowed but should make an operator think, one sentence each.
    pub fn warnings(&self) -> Vec<String> {
        validate::warnings(self)
    }

    fn assemble(profile: Profile, document: sections::Document) -> Self {
        let sections::Document {
            data_dir,
            mut server,
            mut database,
            redis,
            mut smtp,
            mut storage,
            mut security,
            limits,
            jobs,
            telemetry,
            docs,
            sockets,
            tenancy,
            billing,
        } = document;
        if server.public_url.is_empty() {
            server.public_url = format!("http://localhost:{}", server.port);
        }
        if database.url.expose_secret().is_empty() {
            database.url = format!("sqlite://{}?mode=rwc", data_dir.join("lyceum.db").display()).into();
        }
        if storage.folder.as_os_str().is_empty() {
            storage.folder = data_dir.join("files");
        }
        if security.issuer.is_empty() {
            security.issuer.clone_from(&server.public_url);
        }
        if smtp.message_id_domain.is_empty() {
            let host = url::Url::parse(&server.public_url).ok().and_then(|url| url.host_str().map(str::to_owned));
            smtp.message_id_domain = host.unwrap_or_else(|| "localhost".to_owned());
        }
        Self {
            profile,
            data_dir,
            server,
            database,
            redis,
            smtp,
            storage,
            security,
            limits,
            sockets,
            jobs,
            telemetry,
            docs,
            tenancy,
            billing,
        }
    }
}
