//! `lyceum progress rebuild`

use lyceum_kernel::Scope;
use lyceum_platform::config::Config;

use crate::cli::ProgressRebuild;
use crate::system::System;

/// Counts progress from scratch, of all schools or of one.
pub(super) async fn rebuild(config: Config, which: ProgressRebuild) -> anyhow::Result<()> {
    let system = System::build(config).await?;
    let courses = courses(&system, which).await;
    system.close().await;
    super::say(format_args!("{} courses counted", courses?))
}

async fn courses(system: &System, which: ProgressRebuild) -> anyhow::Result<u64> {
    let scope = match which.school {
        Some(text) => Scope::School(super::audit::school(system, &text).await?),
        None => Scope::Platform,
    };
    Ok(system.enrollments.rebuild_progress(scope).await?)
}
