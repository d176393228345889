//! A username is unique in its school. Accounts that a school opened have theirs from the school; the others share one namespace.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::uuid_null;

/// Adds `accounts.opened_by_school_id` and narrows the uniqueness of usernames.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(Table::alter().table("accounts").add_column(uuid_null("opened_by_school_id")).to_owned())
            .await?;
        manager.drop_index(Index::drop().name("uq_accounts_username_key").table("accounts").to_owned()).await?;
        manager
            .create_index(unique_usernames().and_where(Expr::col("opened_by_school_id").is_null()).to_owned())
            .await?;
        manager
            .create_index(
                Index::create().name("ix_accounts_username_key").table("accounts").col("username_key").to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("ix_accounts_username_key").table("accounts").to_owned()).await?;
        manager.drop_index(Index::drop().name("uq_accounts_username_key").table("accounts").to_owned()).await?;
        manager.alter_table(Table::alter().table("accounts").drop_column("opened_by_school_id").to_owned()).await?;
        manager.create_index(unique_usernames()).await
    }
}

fn unique_usernames() -> IndexCreateStatement {
    Index::create().name("uq_accounts_username_key").table("accounts").col("username_key").unique().to_owned()
}
