//! `lyceum audit verify`

use anyhow::{Context as _, bail};
use lyceum_audit::{Break, Chain, Verdict};
use lyceum_kernel::SchoolId;
use lyceum_platform::config::Config;

use crate::cli::AuditVerify;
use crate::system::System;

/// Verifies one chain or all and prints a line for each. Fails if any is broken.
pub(super) async fn verify(config: Config, which: AuditVerify) -> anyhow::Result<()> {
    let system = System::build(config).await?;
    let verdicts = verdicts(&system, which).await;
    system.close().await;
    let verdicts = verdicts?;
    for verdict in &verdicts {
        super::say(line(verdict))?;
    }
    match verdicts.iter().filter(|verdict| verdict.broken.is_some()).count() {
        0 => Ok(()),
        broken => bail!("{broken} of {} chains do not hold", verdicts.len()),
    }
}

async fn verdicts(system: &System, which: AuditVerify) -> anyhow::Result<Vec<Verdict>> {
    let chain = match which.school {
        Some(text) => Some(Chain::of(school(system, &text).await?)),
        None => which.platform.then_some(Chain::PLATFORM),
    };
    Ok(system.audit.verify(chain).await?)
}

/// A school by its id, be it deleted or not, or by the slug that it has.
pub(super) async fn school(system: &System, text: &str) -> anyhow::Result<SchoolId> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    system.tenancy.school_named(text).await?.with_context(|| format!("there is no school with the slug {text}"))
}

/// Ids, numbers and fixed words only: nothing that people have written.
fn line(verdict: &Verdict) -> String {
    let Verdict { chain, verified, unsealed, link, broken } = verdict;
    match broken {
        None => format!("{chain}: {verified} entries hold, {unsealed} await their seal; head {verified} {link}"),
        Some(Break { seq, entry, fault }) => {
            let entry = entry.map(|id| format!(" ({id})")).unwrap_or_default();
            format!("{chain}: broken at {seq}{entry}: {}; {verified} entries before it hold", fault.as_str())
        }
    }
}
