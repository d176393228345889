//! Who joins a school once the address that they registered with is proven. A school table; rows live some days at most.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{timestamp_with_time_zone, uuid, uuid_null};

/// Creates `arrivals`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("arrivals")
                    .col(uuid("school_id"))
                    .col(uuid("user_id"))
                    // By which invite; none where the school lets anybody in.
                    .col(uuid_null("invite_id"))
                    .col(timestamp_with_time_zone("created_at"))
                    .primary_key(Index::create().name("pk_arrivals").col("school_id").col("user_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_arrivals_school_id")
                            .from("arrivals", "school_id")
                            .to("schools", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_arrivals_invite_id")
                            .from("arrivals", ("school_id", "invite_id"))
                            .to("invites", ("school_id", "id")),
                    )
                    .to_owned(),
            )
            .await?;
        for (name, columns) in [
            ("ix_arrivals_school_id_invite_id", &["school_id", "invite_id"][..]),
            ("ix_arrivals_user_id", &["user_id"][..]),
        ] {
            let mut index = Index::create().name(name).table("arrivals").to_owned();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("arrivals").to_owned()).await
    }
}
