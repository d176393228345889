//! Who may do what with files: everybody in a school uploads, those who lead it read and delete all.

use sea_orm_migration::prelude::*;

use crate::built_in_roles::{ADMIN, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN, STUDENT, TEACHER, grant};

/// Grants `file:create`, `file:read` and `file:delete`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const GRANTS: &[(&str, &[&str])] = &[
    ("file:create", &[STUDENT, TEACHER, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN, ADMIN]),
    ("file:read", &[PRINCIPAL, SCHOOL_ADMIN, ADMIN]),
    ("file:delete", &[PRINCIPAL, SCHOOL_ADMIN, ADMIN]),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        grant(manager, GRANTS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let names = GRANTS.iter().map(|(permission, _)| *permission);
        let taken = Query::delete()
            .from_table("role_template_permissions")
            .and_where(Expr::col("permission").is_in(names))
            .to_owned();
        manager.execute(taken).await
    }
}
