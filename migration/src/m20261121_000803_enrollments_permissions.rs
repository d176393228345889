//! Which of the built-in roles hold the permissions of enrolments, completions and progress.

use sea_orm_migration::prelude::*;

use crate::built_in_roles::{self, ADMIN, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN, STUDENT, TEACHER};

/// Grants them.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const EVERYBODY: &[&str] = &[STUDENT, TEACHER, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN, ADMIN];
const MEMBERS: &[&str] = &[STUDENT, TEACHER, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN];
const WHO_TEACH: &[&str] = &[TEACHER, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN];
const LEADERS: &[&str] = &[PRINCIPAL, SCHOOL_ADMIN];

/// Permission by permission, who has it to begin with.
const GRANTS: &[(&str, &[&str])] = &[
    ("enrollment:read", EVERYBODY),
    ("enrollment:self", MEMBERS),
    ("enrollment:create", WHO_TEACH),
    ("enrollment:update", WHO_TEACH),
    ("enrollment:delete", WHO_TEACH),
    ("enrollment:manage", LEADERS),
    ("completion:create", MEMBERS),
    ("completion:read", EVERYBODY),
    ("completion:grade", WHO_TEACH),
    ("progress:read", EVERYBODY),
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
