//! Invites: codes that let people into a school. A school table; of a code it keeps the hash alone.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, binary_len, integer, string_len, string_len_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates `invites`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("invites")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(binary_len("code_hash", 32))
                    .col(string_len("role", 64))
                    // Of an invite for one person.
                    .col(string_len_null("email", 254))
                    .col(string_len_null("email_key", 508))
                    .col(uuid_null("course_id"))
                    .col(uuid_null("group_id"))
                    .col(integer("max_uses"))
                    .col(integer("uses"))
                    .col(timestamp_with_time_zone("expires_at"))
                    .col(timestamp_with_time_zone_null("revoked_at"))
                    .col(uuid("created_by"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .primary_key(Index::create().name("pk_invites").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_invites_school_id")
                            .from("invites", "school_id")
                            .to("schools", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_invites_group_id")
                            .from("invites", ("school_id", "group_id"))
                            .to("groups", ("school_id", "id")),
                    )
                    .check(("ck_invites_uses", Expr::col("uses").between(0, Expr::col("max_uses"))))
                    .check(("ck_invites_max_uses", Expr::col("max_uses").gte(1)))
                    .to_owned(),
            )
            .await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("invites").to_owned()).await
    }
}

fn indexes() -> Vec<IndexCreateStatement> {
    let on = |name: &str, columns: &[&'static str]| {
        let mut index = Index::create().name(name).table("invites").to_owned();
        for column in columns {
            index.col(*column);
        }
        index
    };
    vec![
        // A code says which invite it is of, not of which school.
        on("ix_invites_id", &["id"]),
        on("ix_invites_school_id_group_id", &["school_id", "group_id"]),
        // Whether a role is promised to anybody.
        on("ix_invites_school_id_role", &["school_id", "role"]),
        on("ix_invites_email_key", &["email_key"]).and_where(Expr::col("email_key").is_not_null()).to_owned(),
    ]
}
