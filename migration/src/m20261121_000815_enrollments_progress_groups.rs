//! Who is counted in the roll-up of which group. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::uuid;

/// Creates `progress_groups`, with those who are in groups already.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMNS: [&str; 3] = ["school_id", "group_id", "user_id"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut key = Index::create().name("pk_progress_groups").to_owned();
        let mut table = Table::create().table("progress_groups").to_owned();
        for column in COLUMNS {
            table.col(uuid(column));
            key.col(column);
        }
        manager.create_table(table.primary_key(&mut key).to_owned()).await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_progress_groups_school_id_user_id")
                    .table("progress_groups")
                    .col("school_id")
                    .col("user_id")
                    .to_owned(),
            )
            .await?;
        let there = Query::select().columns(COLUMNS).from("group_members").to_owned();
        let insert = Query::insert()
            .into_table("progress_groups")
            .columns(COLUMNS)
            .select_from(there)
            .map_err(|error| DbErr::Migration(error.to_string()))?
            .to_owned();
        manager.execute(insert).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("progress_groups").to_owned()).await
    }
}
