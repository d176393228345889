//! Which of the built-in roles hold the permissions of courses.

use sea_orm_migration::prelude::*;

use crate::built_in_roles::{self, ADMIN, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN, STUDENT, TEACHER};

/// Grants them.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const EVERYBODY: &[&str] = &[STUDENT, TEACHER, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN, ADMIN];
const WHO_TEACH: &[&str] = &[TEACHER, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN];
const LEADERS: &[&str] = &[PRINCIPAL, SCHOOL_ADMIN];

/// Permission by permission, who has it to begin with.
const GRANTS: &[(&str, &[&str])] = &[
    ("course:read", EVERYBODY),
    ("course:create", WHO_TEACH),
    ("course:update", WHO_TEACH),
    ("course:publish", WHO_TEACH),
    ("course:delete", WHO_TEACH),
    ("course:manage", LEADERS),
    ("course:rate", &[STUDENT, TEACHER, INSTRUCTOR, PRINCIPAL, SCHOOL_ADMIN]),
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
