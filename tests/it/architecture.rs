//! The law of the house: `kernel ← platform ← web ← each context ← gateway`, and no context names another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The floors below the contexts, lowest first.
const FLOORS: [&str; 3] = ["lyceum-kernel", "lyceum-platform", "lyceum-web"];
/// What stands on top and may name everything.
const TOP: [&str; 3] = ["lyceum-gateway", "lyceum-migration", "lyceum-tests"];
/// All that the kernel may lean on: nothing here opens a file, a socket or a clock.
const KERNEL_MAY_USE: [&str; 7] = ["chrono", "sea-orm", "serde", "serde_json", "thiserror", "utoipa", "uuid"];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// Every package of the workspace with the names of all its dependencies, dev-dependencies included.
fn packages() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(workspace())
        .output()
        .expect("cargo metadata");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("dependencies");
            let names = dependencies.iter().map(|d| d["name"].as_str().expect("a name").to_owned()).collect();
            (package["name"].as_str().expect("a name").to_owned(), names)
        })
        .collect()
}

fn contexts(packages: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    packages.keys().filter(|name| !FLOORS.contains(&&***name) && !TOP.contains(&&***name)).cloned().collect()
}

#[test]
fn no_context_names_another() {
    let packages = packages();
    let contexts = contexts(&packages);
    assert!(contexts.contains("lyceum-identity"), "identity is a context");
    for context in &contexts {
        let named: Vec<_> = packages[context].intersection(&contexts).collect();
        assert!(named.is_empty(), "{context} names {named:?}; contexts meet through ports and events");
    }
}

#[test]
fn no_floor_names_one_above_it() {
    let packages = packages();
    for (height, floor) in FLOORS.iter().enumerate() {
        let own: Vec<_> = packages[*floor].iter().filter(|name| name.starts_with("lyceum-")).collect();
        for name in own {
            let below = FLOORS[..height].contains(&&**name);
            // The platform's own tests run on the migrated schema.
            let tests_on_schema = name == "lyceum-migration";
            assert!(below || tests_on_schema, "{floor} may not name {name}");
        }
    }
    for context in contexts(&packages) {
        let above: Vec<_> = packages[&context].iter().filter(|name| TOP.contains(&&***name)).collect();
        assert!(above.is_empty(), "{context} may not name {above:?}");
    }
}

#[test]
fn the_kernel_does_no_io() {
    let packages = packages();
    let beyond: Vec<_> = packages["lyceum-kernel"].iter().filter(|d| !KERNEL_MAY_USE.contains(&&***d)).collect();
    assert!(beyond.is_empty(), "the kernel may not use {beyond:?}");
    for (file, text) in sources("crates/kernel/src") {
        for banned in ["std::fs", "std::net", "std::env", "std::process", "Utc::now", "SystemTime", "Instant::now"] {
            assert!(!text.contains(banned), "{} uses {banned}", file.display());
        }
    }
}

#[test]
fn exactly_one_program_outside_the_tests() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(workspace())
        .output()
        .expect("cargo metadata");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let programs: Vec<_> = metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .flat_map(|p| p["targets"].as_array().expect("targets"))
        .filter(|t| t["kind"].as_array().expect("kinds").iter().any(|k| k == "bin"))
        .map(|t| t["name"].as_str().expect("a name").to_owned())
        .collect();
    assert_eq!(programs, ["lyceum"], "`cargo run` must not have to ask which");
}

#[test]
fn names_say_what_is_inside() {
    for (file, _) in sources("crates") {
        let stem = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let vague = ["utils", "util", "helpers", "helper", "common", "misc", "types"].contains(&&*stem);
        assert!(!vague, "{} has a name that says nothing", file.display());
    }
}

/// Clippy's bans hold the code that it sees; this one holds what macros and aliases could hide from it.
#[test]
fn time_randomness_and_the_environment_come_from_outside() {
    let allowed = [
        // So cargo tells build scripts what they build for.
        "crates/gateway/build.rs",
        "crates/platform/src/db/testing.rs",
        "crates/platform/src/clock.rs",
        "crates/platform/src/config",
        "crates/platform/src/telemetry",
    ];
    for (file, text) in sources("crates") {
        let path = file.strip_prefix(workspace()).expect("inside").to_string_lossy().into_owned();
        if allowed.iter().any(|a| path.starts_with(a)) {
            continue;
        }
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        for banned in ["Utc::now()", "Uuid::new_v4()", "Uuid::now_v7()", "env::var(", "thread_rng()"] {
            let called = product.lines().any(|line| line.contains(banned) && !line.trim_start().starts_with("//"));
            assert!(!called, "{path} calls {banned}: take it from the injected clock, entropy or configuration");
        }
    }
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![workspace().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).expect("text");
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "there are sources in {folder}");
    found
}
