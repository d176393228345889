use std::path::PathBuf;

use super::*;

/// A folder that goes when the test ends.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

const KEY: &str = "kL9vQ2xT7mN4pR8sW3yB6cF1hJ5dG0aZ";

fn faults(options: &LoadOptions) -> Vec<ConfigFault> {
    Config::load(options).expect_err("it should be refused").faults
}

fn keys(options: &LoadOptions) -> Vec<String> {
    faults(options).into_iter().map(|fault| fault.key).collect()
}

fn production() -> LoadOptions {
    LoadOptions::default()
        .profile(Profile::Production)
        .variable("LYCEUM__SECURITY__SECRET_KEY", KEY)
        .variable("LYCEUM__SERVER__PUBLIC_URL", "https://lyceum.example.org/")
}

#[test]
fn nothing_given_is_a_sound_development_configuration() {
    let config = Config::load(&LoadOptions::default()).unwrap();
    assert_eq!((config.profile, config.server.port), (Profile::Development, 8000));
    assert_eq!(config.server.public_url, "http://localhost:8000");
    assert_eq!(config.database.url.expose_secret(), "sqlite://data/lyceum.db?mode=rwc");
    assert_eq!((config.database.kind(), config.database.migrates_on_start()), (DatabaseKind::Sqlite, true));
    assert_eq!(config.security.argon2.memory_kib, 47_104);
    assert_eq!(config.smtp.message_id_domain, "localhost");
    assert!(config.docs.enabled && config.redis.url.is_none());
    Config::load(&LoadOptions::default().profile(Profile::Demo)).unwrap();
}

#[test]
fn each_layer_lies_over_the_one_before() {
    let folder = Folder::new();
    let file = folder.file("mine.toml", "[server]\nport = 1\nworkers = 1\nkeep_alive_s = 1\nmax_json_depth = 11\n");
    let dotenv = folder.file(".env", "PORT=2\nLYCEUM__SERVER__WORKERS=2\nLYCEUM__SERVER__KEEP_ALIVE_S=2\n");
    let options = LoadOptions { dotenv: Some(dotenv), ..LoadOptions::default() }
        .config_file(file)
        .variable("LYCEUM__SERVER__WORKERS", "3")
        .variable("LYCEUM__SERVER__KEEP_ALIVE_S", "3")
        .set("server.keep_alive_s", 4);
    let server = Config::load(&options).unwrap().server;
    assert_eq!((server.max_json_depth, server.port, server.workers, server.keep_alive_s), (11, 2, 3, 4));
}

#[test]
fn conventional_variables_are_read() {
    let options = LoadOptions::default()
        .variable("DATABASE_URL", "postgres://lyceum:canary@db/lyceum")
        .variable("REDIS_URL", "redis://:canary@cache:6379/1")
        .variable("SMTP_URL", "smtp+starttls://lyceum:canary@mail:587")
        .variable("S3_ENDPOINT", "http://s3:9000")
        .variable("S3_BUCKET", "files")
        .variable("S3_REGION", "eu")
        .variable("S3_ACCESS_KEY", "canary")
        .variable("S3_SECRET_KEY", "canary")
        .variable("PORT", "9000")
        .variable("LYCEUM_DATA_DIR", "/srv/lyceum")
        .variable("LYCEUM__SECURITY__OPS_TOKEN", "canary-canary-canary")
        .variable("LYCEUM__SERVER__TRUSTED_PROXIES", "10.0.0.0/8, ::1/128")
        .variable("LYCEUM__SECURITY__SECRET_KEY", "12345678901234567890123456789012")
        .variable("RUST_LOG", "warn,sqlx=off");
    let config = Config::load(&options).unwrap();
    assert_eq!((config.database.kind(), config.database.migrates_on_start()), (DatabaseKind::Postgres, false));
    assert_eq!(config.server.trusted_proxies.len(), 2);
    assert_eq!(config.data_dir, PathBuf::from("/srv/lyceum"));
    assert_eq!(config.storage.folder, PathBuf::from("/srv/lyceum/files"));
    assert_eq!(config.telemetry.log_level, "warn,sqlx=off");
    let transport = config.smtp.transport_url().unwrap();
    assert_eq!(transport.expose_secret(), "smtp://lyceum:canary@mail:587?tls=required");
    let shown = format!("{config:?}{config:#?}{}", config.redacted());
    assert!(!shown.contains("canary") && !shown.contains("1234567890123"), "{shown}");
    assert!(shown.contains("postgres://lyceum:***@db/lyceum"), "{shown}");
}

#[test]
fn secrets_come_from_files_too() {
    let folder = Folder::new();
    let url = folder.file("url", "postgres://lyceum@db/lyceum\n");
    let key = folder.file("key", KEY);
    let options = LoadOptions::default()
        .variable("DATABASE_URL_FILE", url.to_str().unwrap())
        .variable("LYCEUM__SECURITY__SECRET_KEY_FILE", key.to_str().unwrap());
    let config = Config::load(&options).unwrap();
    assert_eq!(config.database.url.expose_secret(), "postgres://lyceum@db/lyceum");
    assert_eq!(config.security.secret_key.unwrap().expose_secret(), KEY);
    let both = options.clone().variable("DATABASE_URL", "sqlite://x");
    assert_eq!(keys(&both), ["database.url"]);
    let missing = LoadOptions::default().variable("REDIS_URL_FILE", "/nowhere/at/all");
    assert!(faults(&missing)[0].to_string().starts_with("redis.url (from environment variable REDIS_URL_FILE): "));
}

#[test]
fn every_fault_is_named_at_once_with_its_source() {
    let folder = Folder::new();
    let file = folder
        .file("mine.toml", "[server]\nprot = 1\nport = \"eighty\"\n[databse]\nurl = \"x\"\n[jobs]\nlease_s = 0\n");
    let options = LoadOptions::default()
        .config_file(file.clone())
        .variable("PORT", "seventy")
        .variable("DATABASE_URL", "mysql://nope")
        .variable("LYCEUM__LIMITS__REQUESTS_PER_HOUR", "5")
        .variable("LYCEUM__TELEMETRY__LOG_FORMAT", "xml")
        .variable("LYCEUM__SERVER__TRUSTED_PROXIES", "10.0.0.0/8,here")
        .variable("LYCEUM_SERVER_PORT", "80");
    let faults = faults(&options);
    let from =
        |key: &str| faults.iter().filter(|fault| fault.key == key).map(|fault| &*fault.source).collect::<Vec<_>>();
    let file = file.display().to_string();
    assert_eq!(from("server.prot"), [&file]);
    assert_eq!(from("databse"), [&file]);
    assert_eq!(from("jobs.lease_s"), [&file]);
    assert_eq!(from("server.port"), ["environment variable PORT", &file]);
    assert_eq!(from("database.url"), ["environment variable DATABASE_URL"]);
    assert_eq!(from("limits.requests_per_hour"), ["environment variable LYCEUM__LIMITS__REQUESTS_PER_HOUR"]);
    assert_eq!(from("telemetry.log_format"), ["environment variable LYCEUM__TELEMETRY__LOG_FORMAT"]);
    assert_eq!(from("server.trusted_proxies"), ["environment variable LYCEUM__SERVER__TRUSTED_PROXIES"]);
    assert_eq!(from("LYCEUM_SERVER_PORT").len(), 1);
    assert_eq!(faults.len(), 10, "{faults:#?}");
    let shown = ConfigErrors { faults }.to_string();
    assert_eq!(shown.lines().count(), 10);
    assert!(shown.contains("should be one of json, pretty"), "{shown}");
    assert!(shown.contains("did you mean LYCEUM__SERVER__PORT?"), "{shown}");
    assert!(shown.contains("did you mean port?") && shown.contains("did you mean database?"), "{shown}");
}

#[test]
fn unreadable_files_are_faults() {
    let folder = Folder::new();
    let broken = folder.file("broken.toml", "[server\nport = 1");
    let dotenv = folder.file(".env", "GOOD=1\nSECRET canary\n");
    let options = LoadOptions { dotenv: Some(dotenv), ..LoadOptions::default() }.config_file(broken);
    let shown = ConfigErrors { faults: faults(&options) }.to_string();
    assert_eq!(shown.lines().count(), 2, "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
    assert_eq!(faults(&LoadOptions::default().config_file("/nowhere.toml")).len(), 1);
    assert_eq!(keys(&LoadOptions::default().variable("LYCEUM_PROFILE", "staging")), ["profile"]);
}

#[test]
fn production_refuses_what_is_not_safe() {
    let config = Config::load(&production()).unwrap();
    assert!(!config.docs.enabled && config.server.hsts && !config.telemetry.health_details_public);
    assert_eq!(config.security.issuer, "https://lyceum.example.org");
    assert!(config.warnings().iter().any(|warning| warning.starts_with("database.url")));

    assert_eq!(
        keys(&LoadOptions::default().profile(Profile::Production)),
        ["server.public_url", "security.secret_key"]
    );
    for key in
        ["tiny", &"a".repeat(64), "change-me-change-me-change-me-change-me", "lyceum-default-secret-key-0123456789"]
    {
        let options = production().variable("LYCEUM__SECURITY__SECRET_KEY", key);
        assert_eq!(keys(&options), ["security.secret_key"], "{key}");
        assert!(!faults(&options)[0].to_string().contains(key));
    }
    let plain = production().variable("LYCEUM__SERVER__PUBLIC_URL", "http://lyceum.example.org");
    assert_eq!(keys(&plain), ["server.public_url"]);
    let insisted = plain.variable("LYCEUM__SERVER__ALLOW_INSECURE_PUBLIC_URL", "true");
    assert!(Config::load(&insisted).unwrap().warnings().iter().any(|warning| warning.contains("https")));
    let weak = production().variable("LYCEUM__SECURITY__ARGON2__MEMORY_KIB", "1024");
    assert_eq!(keys(&weak), ["security.argon2.memory_kib"]);
}

#[test]
fn a_short_key_is_refused_in_every_profile() {
    let options = LoadOptions::default().variable("LYCEUM__SECURITY__SECRET_KEY", "too short");
    assert_eq!(keys(&options), ["security.secret_key"]);
}

#[test]
fn storage_wants_all_of_its_keys() {
    let options = LoadOptions::default().variable("S3_BUCKET", "files").variable("S3_ENDPOINT", "s3:9000");
    assert_eq!(keys(&options), ["storage.access_key", "storage.secret_key", "storage.endpoint"]);
}

#[test]
fn empty_variables_count_as_unset() {
    let options = LoadOptions::default().variable("REDIS_URL", "").variable("PORT", "").variable("LYCEUM_CONFIG", "");
    assert_eq!(Config::load(&options).unwrap().server.port, 8000);
}

#[test]
fn the_example_of_variables_is_sound() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.env.example");
    let options = LoadOptions { dotenv: Some(example.into()), ..LoadOptions::default() };
    Config::load(&options).unwrap();
}
