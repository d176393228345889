//! How the program is linked.

#[expect(clippy::disallowed_methods, reason = "so cargo tells build scripts what they build for")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |what: &str, wanted: &str| std::env::var(what).is_ok_and(|found| found == wanted);
    if target("CARGO_CFG_TARGET_OS", "linux") && target("CARGO_CFG_TARGET_ENV", "gnu") {
        // Relocations in the packed form (DT_RELR, glibc 2.36): three megabytes less to read in at each start.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
