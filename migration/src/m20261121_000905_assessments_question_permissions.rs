//! Which of the built-in roles hold the permissions on question banks and questions.

use sea_orm_migration::prelude::*;

use crate::built_in_roles::{self, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN, TEACHER};

/// Grants them.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const WHO_TEACH: &[&str] = &[TEACHER, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN];

/// Permission by permission, who has it to begin with.
const GRANTS: &[(&str, &[&str])] = &[
    ("question:read", WHO_TEACH),
    ("question:create", WHO_TEACH),
    ("question:update", WHO_TEACH),
    ("question:delete", WHO_TEACH),
    ("question:manage", &[PRINCIPAL, SCHOOL_ADMIN]),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        built_in_roles::grant(manager, GRANTS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let names = GRANTS.iter().map(|(permission, _)| *permission);
        let delete = Query::delete()
            .from_table("role_template_permissions")
            .and_where(Expr::col("permission").is_in(names))
            .to_owned();
        manager.execute(delete).await
    }
}
