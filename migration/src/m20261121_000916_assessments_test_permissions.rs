//! Which of the built-in roles hold the permissions on tests and attempts.

use sea_orm_migration::prelude::*;

use crate::built_in_roles::{self, ADMIN, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN, STUDENT, TEACHER};

/// Grants them.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const IN_SCHOOL: &[&str] = &[STUDENT, TEACHER, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN];
const EVERYBODY: &[&str] = &[STUDENT, TEACHER, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN, ADMIN];
const WHO_TEACH: &[&str] = &[TEACHER, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN];

/// Permission by permission, who has it to begin with.
const GRANTS: &[(&str, &[&str])] = &[
    ("test:read", EVERYBODY),
    ("test:take", IN_SCHOOL),
    ("test:create", WHO_TEACH),
    ("test:update", WHO_TEACH),
    ("test:publish", WHO_TEACH),
    ("test:delete", WHO_TEACH),
    ("test:grade", WHO_TEACH),
    ("test:invigilate", WHO_TEACH),
    ("test:manage", &[PRINCIPAL, SCHOOL_ADMIN]),
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
