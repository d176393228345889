//! The files of imports, in sealed pieces, until they are worked through. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary, integer, uuid};

/// Creates `import_chunks`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("import_chunks")
                    .col(uuid("school_id"))
                    .col(uuid("import_id"))
                    .col(integer("number"))
                    .col(binary("sealed"))
                    .primary_key(
                        Index::create().name("pk_import_chunks").col("school_id").col("import_id").col("number"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_import_chunks_import_id")
                            .from("import_chunks", ("school_id", "import_id"))
                            .to("imports", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("import_chunks").to_owned()).await
    }
}
