//! Environment variables and what keys they stand for.

use std::collections::BTreeMap;
use std::path::Path;

use super::fault::ConfigFault;

/// Conventional names and their keys.
const CONVENTIONAL: [(&str, &str); 12] = [
    ("DATABASE_URL", "database.url"),
    ("REDIS_URL", "redis.url"),
    ("SMTP_URL", "smtp.url"),
    ("S3_ENDPOINT", "storage.endpoint"),
    ("S3_PUBLIC_ENDPOINT", "storage.public_endpoint"),
    ("S3_BUCKET", "storage.bucket"),
    ("S3_REGION", "storage.region"),
    ("S3_ACCESS_KEY", "storage.access_key"),
    ("S3_SECRET_KEY", "storage.secret_key"),
    ("PORT", "server.port"),
    ("LYCEUM_DATA_DIR", "data_dir"),
    ("RUST_LOG", "telemetry.log_level"),
];

const PREFIX: &str = "LYCEUM__";
const FILE_SUFFIX: &str = "_FILE";

/// One key set by a variable.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) key: String,
    pub(super) variable: String,
    pub(super) value: String,
}

/// The process's variables; those that are not UTF-8 are left out.
pub(super) fn of_process() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The variables of a `.env` file; nothing if there is no such file.
pub(super) fn of_file(path: &Path, faults: &mut Vec<ConfigFault>) -> BTreeMap<String, String> {
    if !path.exists() {
        return BTreeMap::new();
    }
    let read = dotenvy::from_path_iter(path).and_then(Iterator::collect::<Result<BTreeMap<_, _>, _>>);
    read.unwrap_or_else(|error| {
        // The error of a bad line quotes it, and it may hold a secret.
        let problem = match error {
            dotenvy::Error::LineParse(_, column) => format!("a line cannot be parsed at column {column}"),
            other => format!("cannot be read: {other}"),
        };
        faults.push(ConfigFault {
            key: path.display().to_string(),
            source: "the file of variables".to_owned(),
            problem,
            remedy: "write one NAME=value a line, with quotes round values that hold spaces".to_owned(),
        });
        BTreeMap::new()
    })
}

/// What the variables set: conventional names first, so that the full name wins where both are given. Empty values count as unset.
pub(super) fn settings(variables: &BTreeMap<String, String>, faults: &mut Vec<ConfigFault>) -> Vec<Setting> {
    let mut settings = Vec::new();
    for (name, key) in CONVENTIONAL {
        settings.extend(setting(variables, name, key, faults));
    }
    for name in variables.keys().filter(|name| name.starts_with(PREFIX)) {
        let full = name.strip_suffix(FILE_SUFFIX).filter(|stem| stem.len() > PREFIX.len()).unwrap_or(name);
        if full != name && variables.get(full).is_some_and(|value| !value.is_empty()) {
            continue; // reported with `full` itself
        }
        let key = full[PREFIX.len()..].replace("__", ".").to_ascii_lowercase();
        settings.extend(setting(variables, full, &key, faults));
    }
    settings
}

/// The value of `name`, or of the file that `<name>_FILE` names.
fn setting(
    variables: &BTreeMap<String, String>,
    name: &str,
    key: &str,
    faults: &mut Vec<ConfigFault>,
) -> Option<Setting> {
    let given = |name: &str| variables.get(name).filter(|value| !value.is_empty());
    let file_variable = format!("{name}{FILE_SUFFIX}");
    let (direct, file) = (given(name), given(&file_variable));
    let mut fault = |problem: String, remedy: &str| {
        faults.push(ConfigFault {
            key: key.to_owned(),
            source: format!("environment variable {file_variable}"),
            problem,
            remedy: remedy.to_owned(),
        });
    };
    match (direct, file) {
        (Some(_), Some(_)) => {
            fault(format!("{name} is set too"), "set one of the two");
            None
        }
        (Some(value), None) => Some(Setting { key: key.to_owned(), variable: name.to_owned(), value: value.clone() }),
        (None, Some(path)) => match std::fs::read_to_string(path) {
            Ok(text) => {
                let value = text.trim_end_matches(['\r', '\n']).to_owned();
                Some(Setting { key: key.to_owned(), variable: file_variable, value })
            }
            Err(error) => {
                fault(format!("{path:?} cannot be read: {error}"), "name a readable file that holds the value");
                None
            }
        },
        (None, None) => None,
    }
}
