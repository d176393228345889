//! `lyceum admin create`: the only way to make a super admin out of nothing.

use std::io::BufRead;

use anyhow::{Context, bail};
use lyceum_platform::config::Config;
use secrecy::SecretString;

use crate::cli::AdminCreate;
use crate::system::System;

/// Makes an active super admin with the password read from standard input.
pub(super) async fn create(config: Config, who: AdminCreate) -> anyhow::Result<()> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("no password on standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("the password on standard input is empty");
    }
    let system = System::build(config).await?;
    system.prepare().await?;
    let user_id = system.identity.create_super_admin(&who.email, who.full_name, SecretString::from(password)).await?;
    super::say(format_args!("{} is a super admin ({user_id})", who.email))?;
    system.close().await;
    Ok(())
}
