//! The rows of imports of enrolments, and what is wrong with them. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, string_len, string_len_null, text_null, timestamp_with_time_zone_null, uuid,
};

/// Creates `enrollment_import_rows`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("enrollment_import_rows")
                    .col(uuid("school_id"))
                    .col(uuid("import_id"))
                    .col(big_integer("line"))
                    .col(string_len("what", 16))
                    .col(string_len("role", 16))
                    .col(string_len_null("person_by", 16))
                    .col(text_null("person"))
                    .col(string_len_null("course_by", 16))
                    .col(text_null("course"))
                    .col(timestamp_with_time_zone_null("starts_at"))
                    .col(timestamp_with_time_zone_null("ends_at"))
                    .col(text_null("fault_column"))
                    .col(text_null("fault_value"))
                    .col(text_null("fault_code"))
                    .col(text_null("fault_reason"))
                    .primary_key(
                        Index::create().name("pk_enrollment_import_rows").col("school_id").col("import_id").col("line"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_enrollment_import_rows_import_id")
                            .from("enrollment_import_rows", ("school_id", "import_id"))
                            .to("enrollment_imports", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("enrollment_import_rows").to_owned()).await
    }
}
