//! `lyceum config check`

use lyceum_platform::config::Config;

/// Prints the configuration in force, secrets masked. Loading it has checked it.
pub(super) fn check(config: &Config) -> anyhow::Result<()> {
    super::say(format_args!("{config:#?}"))?;
    super::say("The configuration is sound.")
}
