//! How far each enrolment is, and what of it has been counted in roll-ups: an enrolment of which not all is counted is found by an index.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{integer, timestamp_with_time_zone_null};

/// Adds columns to `enrollments`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const NUMBERS: [&str; 4] = ["blocks_done", "counted_learners", "counted_done", "counted_completed"];
const MOMENTS: [&str; 2] = ["first_completed_at", "last_activity_at"];

/// That an enrolment contributes something else than has been counted of it. Queries say it in the same words.
const UNCOUNTED: &str = "(counted_learners <> CASE WHEN role = 'student' AND status IN ('active', 'completed') AND deleted_at IS NULL \
THEN 1 ELSE 0 END OR counted_done <> CASE WHEN role = 'student' AND status IN ('active', 'completed') AND deleted_at IS NULL THEN \
blocks_done ELSE 0 END OR counted_completed <> CASE WHEN role = 'student' AND status = 'completed' AND deleted_at IS NULL THEN 1 ELSE \
0 END)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in NUMBERS {
            add(manager, integer(name).default(0).to_owned()).await?;
        }
        for name in MOMENTS {
            add(manager, timestamp_with_time_zone_null(name)).await?;
        }
        let completed =
            Query::update().table("enrollments").value("first_completed_at", Expr::col("completed_at")).to_owned();
        manager.execute(completed).await?;
        let index = Index::create()
            .name("ix_enrollments_uncounted")
            .table("enrollments")
            .col("school_id")
            .col("course_id")
            .and_where(Expr::cust(UNCOUNTED))
            .to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("ix_enrollments_uncounted").table("enrollments").to_owned()).await?;
        for name in NUMBERS.iter().chain(&MOMENTS) {
            manager.alter_table(Table::alter().table("enrollments").drop_column(*name).to_owned()).await?;
        }
        Ok(())
    }
}

async fn add(manager: &SchemaManager<'_>, column: ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table("enrollments").add_column(column).to_owned()).await
}
