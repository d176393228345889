//! The built-in roles as data, and how migrations grant to them: a context that brings new permissions says in a migration of
//! its own which of the built-in roles hold them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::prelude::{DateTimeUtc, Uuid};

pub(crate) const MEMBER: &str = "member";
pub(crate) const STUDENT: &str = "student";
pub(crate) const TEACHER: &str = "teacher";
pub(crate) const INSTRUCTOR: &str = "instructor";
pub(crate) const PRINCIPAL: &str = "principal";
pub(crate) const SCHOOL_ADMIN: &str = "school_admin";
pub(crate) const ADMIN: &str = "admin";
pub(crate) const SUPER_ADMIN: &str = "super_admin";

struct BuiltIn {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    rank: i16,
    on_platform: bool,
}

/// In rising rank; their ids, alike on every deployment, are in the same order.
const ROLES: [BuiltIn; 8] = [
    BuiltIn { name: MEMBER, title: "Member", description: "Anybody with an account.", rank: 0, on_platform: true },
    BuiltIn { name: STUDENT, title: "Student", description: "Learns in a school.", rank: 10, on_platform: false },
    BuiltIn { name: TEACHER, title: "Teacher", description: "Teaches in a school.", rank: 20, on_platform: false },
    BuiltIn {
        name: INSTRUCTOR,
        title: "Instructor",
        description: "Teaches in a school, as a guest or for some courses.",
        rank: 20,
        on_platform: false,
    },
    BuiltIn { name: PRINCIPAL, title: "Principal", description: "Leads a school.", rank: 30, on_platform: false },
    BuiltIn {
        name: SCHOOL_ADMIN,
        title: "School administrator",
        description: "Runs a school: its people, roles and subscription.",
        rank: 40,
        on_platform: false,
    },
    BuiltIn {
        name: ADMIN,
        title: "Administrator",
        description: "Platform staff: looks after accounts and schools.",
        rank: 50,
        on_platform: true,
    },
    BuiltIn {
        name: SUPER_ADMIN,
        title: "Super administrator",
        description: "Runs the deployment and may do everything.",
        rank: 60,
        on_platform: true,
    },
];

/// When the built-in roles came to be.
const MADE_AT: i64 = 1_795_219_200;

/// The ids are of version 7 and this moment, older than any that is made at run time.
const FIRST_ID: u128 = 0x01A1_FB67_1800_7000_8000_0000_0000_0001;

/// Inserts the roles.
pub(crate) async fn insert(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let made_at = DateTimeUtc::from_timestamp(MADE_AT, 0).unwrap_or_default();
    let columns = ["id", "name", "title", "description", "rank", "on_platform", "version", "created_at", "updated_at"];
    let mut insert = Query::insert().into_table("role_templates").columns(columns).to_owned();
    for (id, role) in (FIRST_ID..).zip(&ROLES) {
        let values = [
            Uuid::from_u128(id).into(),
            role.name.into(),
            role.title.into(),
            role.description.into(),
            role.rank.into(),
            role.on_platform.into(),
            1_i64.into(),
            made_at.into(),
            made_at.into(),
        ];
        insert.values(values).map_err(|error| DbErr::Migration(error.to_string()))?;
    }
    manager.execute(insert).await
}

/// Gives permissions to built-in roles, which keep what they have: `[("course:create", &["teacher", …]), …]`.
pub(crate) async fn grant(manager: &SchemaManager<'_>, grants: &[(&str, &[&str])]) -> Result<(), DbErr> {
    for (permission, roles) in grants {
        let to = Query::select()
            .column("id")
            .expr(Expr::val(*permission))
            .from("role_templates")
            .and_where(Expr::col("name").is_in(roles.iter().copied()))
            .to_owned();
        let insert = Query::insert()
            .into_table("role_template_permissions")
            .columns(["template_id", "permission"])
            .select_from(to)
            .map_err(|error| DbErr::Migration(error.to_string()))?
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .to_owned();
        manager.execute(insert).await?;
    }
    Ok(())
}
