//! `lyceum migrate …`

use anyhow::{Context, bail};
use lyceum_migration::{Migrator, MigratorTrait};
use lyceum_platform::config::Config;
use lyceum_platform::db::Db;

use crate::cli::Migrate;

/// Applies, reverts or lists migrations.
pub(super) async fn run(config: Config, what: Migrate) -> anyhow::Result<()> {
    let db = Db::connect(&config.database, &config.data_dir).await.context("no database")?;
    let connection = db.migration_connection();
    match what {
        Migrate::Up { count } => {
            let pending = Migrator::get_pending_migrations(connection).await?;
            Migrator::up(connection, count).await?;
            let applied = count.map_or(pending.len(), |n| pending.len().min(n as usize));
            super::say(format_args!("{applied} migrations applied"))?;
        }
        Migrate::Down { count, to } => {
            let steps = match to {
                Some(name) => after(&db, &name).await?,
                None => count.unwrap_or(1),
            };
            Migrator::down(connection, Some(steps)).await?;
            super::say(format_args!("{steps} migrations reverted"))?;
        }
        Migrate::Status => {
            for migration in Migrator::get_migration_with_status(connection).await? {
                super::say(format_args!("{:<8} {}", migration.status().to_string().to_lowercase(), migration.name()))?;
            }
        }
    }
    db.close().await;
    Ok(())
}

/// How many migrations were applied after the named one.
async fn after(db: &Db, name: &str) -> anyhow::Result<u32> {
    let applied = Migrator::get_applied_migrations(db.migration_connection()).await?;
    let Some(place) = applied.iter().position(|migration| migration.name() == name) else {
        bail!("no migration named {name} is applied; `lyceum migrate status` lists them");
    };
    u32::try_from(applied.len() - place - 1).context("too many migrations")
}
