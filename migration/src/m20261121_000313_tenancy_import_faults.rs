//! What is wrong with the rows of imports. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, string_len, string_len_null, uuid};

/// Creates `import_faults`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("import_faults")
                    .col(uuid("school_id"))
                    .col(uuid("import_id"))
                    .col(big_integer("number"))
                    .col(string_len_null("file", 64))
                    .col(big_integer_null("line"))
                    .col(string_len_null("column_name", 64))
                    .col(string_len_null("value", 200))
                    .col(string_len("code", 64))
                    .col(string_len("reason", 300))
                    .primary_key(
                        Index::create().name("pk_import_faults").col("school_id").col("import_id").col("number"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_import_faults_import_id")
                            .from("import_faults", ("school_id", "import_id"))
                            .to("imports", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("import_faults").to_owned()).await
    }
}
