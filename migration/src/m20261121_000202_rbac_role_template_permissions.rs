//! What the built-in roles allow. A platform table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string_len, uuid};

use crate::built_in_roles::{self, ADMIN, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN, STUDENT, TEACHER};

/// Creates `role_template_permissions` with the first grants. A super admin is not in it: that role holds everything.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SCHOOL_STAFF: &[&str] = &[TEACHER, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN];
const ALL_STAFF: &[&str] = &[TEACHER, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN, ADMIN];
const EVERYBODY_IN_SCHOOL: &[&str] = &[STUDENT, TEACHER, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN, ADMIN];
const LEADERS: &[&str] = &[PRINCIPAL, SCHOOL_ADMIN];
const LEADERS_AND_ADMIN: &[&str] = &[PRINCIPAL, SCHOOL_ADMIN, ADMIN];

/// Permission by permission, who has it to begin with.
const GRANTS: &[(&str, &[&str])] = &[
    ("school:read", EVERYBODY_IN_SCHOOL),
    ("school:create", &[ADMIN]),
    ("school:update", &[SCHOOL_ADMIN, ADMIN]),
    ("school:delete", &[ADMIN]),
    ("user:read", ALL_STAFF),
    ("user:create", LEADERS_AND_ADMIN),
    ("user:update", LEADERS_AND_ADMIN),
    ("user:delete", &[SCHOOL_ADMIN, ADMIN]),
    ("user:invite", SCHOOL_STAFF),
    ("user:import", &[SCHOOL_ADMIN]),
    ("user:manage_roles", &[SCHOOL_ADMIN]),
    ("signup:decide", LEADERS),
    ("group:read", EVERYBODY_IN_SCHOOL),
    ("group:create", SCHOOL_STAFF),
    ("group:update", SCHOOL_STAFF),
    ("group:delete", SCHOOL_STAFF),
    ("role:read", LEADERS_AND_ADMIN),
    ("role:create", &[SCHOOL_ADMIN]),
    ("role:update", &[SCHOOL_ADMIN]),
    ("role:delete", &[SCHOOL_ADMIN]),
    ("permission:read", LEADERS_AND_ADMIN),
    ("permission:assign", &[SCHOOL_ADMIN]),
    ("audit:read", LEADERS_AND_ADMIN),
    ("billing:read", &[SCHOOL_ADMIN, ADMIN]),
    ("billing:manage", &[SCHOOL_ADMIN]),
    ("billing:report", &[ADMIN]),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("role_template_permissions")
                    .col(uuid("template_id"))
                    .col(string_len("permission", 64))
                    .primary_key(
                        Index::create().name("pk_role_template_permissions").col("template_id").col("permission"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_role_template_permissions_template_id")
                            .from("role_template_permissions", "template_id")
                            .to("role_templates", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        built_in_roles::grant(manager, GRANTS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("role_template_permissions").to_owned()).await
    }
}
