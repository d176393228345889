//! Stacks the layers, and reads the document out of them fault by fault.

use std::collections::BTreeMap;
use std::path::PathBuf;

use figment::error::{Actual, Kind};
use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Provider};

use super::fault::ConfigFault;
use super::sections::Document;
use super::{LoadOptions, Profile, environment};

const DEFAULTS: &str = include_str!("../../../../config/default.toml");
const DEMO: &str = include_str!("../../../../config/demo.toml");
const DEVELOPMENT: &str = include_str!("../../../../config/development.toml");
const PRODUCTION: &str = include_str!("../../../../config/production.toml");

/// Sections, to recognise `LYCEUM_SERVER_PORT` as a slip for `LYCEUM__SERVER__PORT`.
const SECTIONS: [&str; 13] = [
    "server",
    "database",
    "redis",
    "smtp",
    "storage",
    "security",
    "limits",
    "jobs",
    "telemetry",
    "docs",
    "sockets",
    "tenancy",
    "billing",
];

/// Keys from one place.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    source: String,
    keys: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.source.clone())
    }

    fn data(&self) -> Result<Map<figment::Profile, Dict>, figment::Error> {
        Ok(figment::Profile::Default.collect(self.keys.clone()))
    }
}

/// Where each key came from.
#[derive(Debug)]
pub(super) struct Origins(Figment);

impl Origins {
    /// The source of a dotted key.
    pub(super) fn of(&self, key: &str) -> String {
        self.0.find_metadata(key).map_or_else(|| "nowhere: it is not set".to_owned(), |found| found.name.to_string())
    }
}

/// All layers, lowest first.
pub(super) fn collect(options: &LoadOptions) -> (Profile, Vec<Layer>, Vec<ConfigFault>) {
    let mut faults = Vec::new();
    let mut variables =
        options.dotenv.as_deref().map(|path| environment::of_file(path, &mut faults)).unwrap_or_default();
    let from_dotenv: Vec<String> = variables.keys().cloned().collect();
    variables.extend(options.environment.iter().map(|(name, value)| (name.clone(), value.clone())));
    let in_dotenv =
        |name: &str| from_dotenv.iter().any(|known| known == name) && !options.environment.contains_key(name);
    slips(&variables, &mut faults);

    let profile = profile(options, &variables, &mut faults);
    let mut layers = vec![toml("the built-in defaults", DEFAULTS, &mut faults)];
    layers.push(match profile {
        Profile::Demo => toml("the built-in profile demo", DEMO, &mut faults),
        Profile::Development => toml("the built-in profile development", DEVELOPMENT, &mut faults),
        Profile::Production => toml("the built-in profile production", PRODUCTION, &mut faults),
    });
    let named = variables.get("LYCEUM_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
    if let Some(path) = options.config_file.clone().or(named) {
        match std::fs::read_to_string(&path) {
            Ok(text) => layers.push(toml(&path.display().to_string(), &text, &mut faults)),
            Err(error) => faults.push(ConfigFault {
                key: path.display().to_string(),
                source: "--config or LYCEUM_CONFIG".to_owned(),
                problem: format!("cannot be read: {error}"),
                remedy: "name a readable TOML file".to_owned(),
            }),
        }
    }
    let (mut low, mut high) = (Vec::new(), Vec::new());
    for setting in environment::settings(&variables, &mut faults) {
        let dotenv = in_dotenv(&setting.variable);
        let place = if dotenv { "variable in .env" } else { "environment variable" };
        let layer = single(format!("{place} {}", setting.variable), &setting.key, &setting.value);
        if dotenv { low.push(layer) } else { high.push(layer) }
    }
    layers.append(&mut low);
    layers.append(&mut high);
    layers.extend(options.overrides.iter().map(|(key, value)| single("the command line".to_owned(), key, value)));
    (profile, layers, faults)
}

fn profile(options: &LoadOptions, variables: &BTreeMap<String, String>, faults: &mut Vec<ConfigFault>) -> Profile {
    let named = variables.get("LYCEUM_PROFILE").filter(|name| !name.is_empty());
    match (options.profile, named.map(|name| name.parse::<Profile>())) {
        (Some(profile), _) | (None, Some(Ok(profile))) => profile,
        (None, None) => Profile::default(),
        (None, Some(Err(problem))) => {
            faults.push(ConfigFault {
                key: "profile".to_owned(),
                source: "environment variable LYCEUM_PROFILE".to_owned(),
                problem,
                remedy: "use demo, development or production".to_owned(),
            });
            Profile::default()
        }
    }
}

/// Variables spelt with one underscore where two were meant.
fn slips(variables: &BTreeMap<String, String>, faults: &mut Vec<ConfigFault>) {
    for name in variables.keys().filter(|name| !name.starts_with("LYCEUM__")) {
        let Some((section, key)) = name.strip_prefix("LYCEUM_").and_then(|rest| rest.split_once('_')) else { continue };
        if SECTIONS.contains(&section.to_ascii_lowercase().as_str()) {
            faults.push(ConfigFault {
                key: name.clone(),
                source: format!("environment variable {name}"),
                problem: "is not a key".to_owned(),
                remedy: format!("did you mean LYCEUM__{section}__{}?", key.trim_start_matches('_')),
            });
        }
    }
}

fn toml(source: &str, text: &str, faults: &mut Vec<ConfigFault>) -> Layer {
    let keys = Toml::from_str::<Dict>(text).unwrap_or_else(|error| {
        faults.push(ConfigFault {
            key: source.to_owned(),
            source: "the file itself".to_owned(),
            problem: format!("is not TOML: {}", error.to_string().lines().next().unwrap_or_default()),
            remedy: "see config/default.toml for every key and how it is written".to_owned(),
        });
        Dict::new()
    });
    Layer { source: source.to_owned(), keys }
}

fn single(source: String, key: &str, value: &str) -> Layer {
    let keys = match figment::util::nest(key, Value::from(value)) {
        Value::Dict(_, keys) => keys,
        _ => Dict::new(),
    };
    Layer { source, keys }
}

/// Reads the document. A key that cannot be read is a fault; it is then taken out of its layer and the rest read on, so
/// that the layer under it answers and all faults come to light.
pub(super) fn read(mut layers: Vec<Layer>, faults: &mut Vec<ConfigFault>) -> Option<(Document, Origins)> {
    loop {
        let figment = layers.iter().fold(Figment::new(), |figment, layer| figment.merge(layer.clone()));
        let error = match figment.extract_lossy::<Document>() {
            Ok(document) => return Some((document, Origins(figment))),
            Err(error) => error,
        };
        let mut path = error.path.clone();
        if let Kind::UnknownField(name, _) = &error.kind
            && path.last() != Some(name)
        {
            path.push(name.clone());
        }
        let taken =
            layers.iter_mut().rev().find_map(|layer| remove(&mut layer.keys, &path).then(|| layer.source.clone()));
        let source = taken.clone();
        faults.push(fault(&path, source, &error.kind));
        taken?;
    }
}

/// Takes the key at `path`, or what stands on the way to it, out of `keys`.
fn remove(keys: &mut Dict, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    match keys.get_mut(first) {
        Some(Value::Dict(_, inner)) if !rest.is_empty() => remove(inner, rest),
        Some(_) => keys.remove(first).is_some(),
        None => false,
    }
}

fn fault(path: &[String], source: Option<String>, kind: &Kind) -> ConfigFault {
    let key = path.join(".");
    let secret = ["secret", "token", "url", "access_key"].iter().any(|word| key.contains(word));
    let quoted = |actual: &Actual| if secret { "a value of another kind".to_owned() } else { actual.to_string() };
    let (problem, remedy) = match kind {
        Kind::UnknownField(name, known) => ("is not a key".to_owned(), nearest(name, known)),
        Kind::InvalidType(actual, expected) | Kind::InvalidValue(actual, expected) => {
            (format!("is {}", quoted(actual)), format!("should be {expected}"))
        }
        Kind::UnknownVariant(actual, known) => {
            (format!("is {actual:?}"), format!("should be one of {}", known.join(", ")))
        }
        Kind::MissingField(_) => ("is missing".to_owned(), "set it".to_owned()),
        Kind::Message(text) if !secret => (text.clone(), "see config/default.toml".to_owned()),
        _ => ("cannot be read".to_owned(), "see config/default.toml".to_owned()),
    };
    ConfigFault { key, source: source.unwrap_or_else(|| "nowhere: it is not set".to_owned()), problem, remedy }
}

/// The known key that begins and ends most like `name`.
fn nearest(name: &str, known: &[&str]) -> String {
    let alike = |candidate: &str| {
        let same = |(a, b): &(u8, u8)| a == b;
        let start = name.bytes().zip(candidate.bytes()).take_while(same).count();
        let end = name.bytes().rev().zip(candidate.bytes().rev()).take_while(same).count();
        start + end
    };
    match known.iter().max_by_key(|candidate| alike(candidate)).filter(|best| alike(best) * 2 >= name.len()) {
        Some(best) => format!("did you mean {best}? Known here: {}", known.join(", ")),
        None => format!("known here: {}", known.join(", ")),
    }
}
