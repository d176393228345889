//! The audit log only grows: triggers refuse everything but sealing an unsealed row and erasing personal values together with
//! their salt.

use sea_orm_migration::prelude::*;

/// Creates the triggers.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, if is_postgres(manager) { POSTGRES_UP } else { SQLITE_UP }).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, if is_postgres(manager) { POSTGRES_DOWN } else { SQLITE_DOWN }).await
    }
}

fn is_postgres(manager: &SchemaManager) -> bool {
    manager.get_database_backend() == sea_orm_migration::sea_orm::DbBackend::Postgres
}

#[expect(clippy::disallowed_methods, reason = "no builder knows triggers; nothing is bound")]
async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for statement in statements {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}

const POSTGRES_UP: &[&str] = &[
    // What was done by whom never changes. A seal is set once. Values go only for good, and their salt with them.
    "CREATE FUNCTION audit_log_guard() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF (NEW.id, NEW.at, NEW.school_id, NEW.actor_id, NEW.actor_session, NEW.action, NEW.target_type, NEW.target_id,
           NEW.subject_id, NEW.outcome, NEW.request_id)
          IS DISTINCT FROM
          (OLD.id, OLD.at, OLD.school_id, OLD.actor_id, OLD.actor_session, OLD.action, OLD.target_type, OLD.target_id,
           OLD.subject_id, OLD.outcome, OLD.request_id)
       OR (OLD.chain_seq IS NOT NULL AND
           (NEW.chain_id, NEW.chain_seq, NEW.origin_digest, NEW.values_digest, NEW.link)
           IS DISTINCT FROM (OLD.chain_id, OLD.chain_seq, OLD.origin_digest, OLD.values_digest, OLD.link))
       OR (OLD.chain_seq IS NOT NULL AND NEW.origin_salt IS DISTINCT FROM OLD.origin_salt AND NEW.origin_salt IS NOT NULL)
       OR (OLD.chain_seq IS NOT NULL AND NEW.values_salt IS DISTINCT FROM OLD.values_salt AND NEW.values_salt IS NOT NULL)
       OR ((NEW.ip, NEW.user_agent) IS DISTINCT FROM (OLD.ip, OLD.user_agent) AND NOT
           (NEW.ip IS NULL AND NEW.user_agent IS NULL AND NEW.origin_salt IS NULL AND NEW.erased_at IS NOT NULL))
       OR ((NEW.\"before\", NEW.\"after\") IS DISTINCT FROM (OLD.\"before\", OLD.\"after\") AND NOT
           (NEW.\"before\" IS NULL AND NEW.\"after\" IS NULL AND NEW.values_salt IS NULL AND NEW.erased_at IS NOT NULL))
       OR (OLD.chain_seq IS NOT NULL AND NEW.origin_salt IS NULL AND OLD.origin_salt IS NOT NULL AND
           (NEW.ip IS NOT NULL OR NEW.user_agent IS NOT NULL OR NEW.erased_at IS NULL))
       OR (OLD.chain_seq IS NOT NULL AND NEW.values_salt IS NULL AND OLD.values_salt IS NOT NULL AND
           (NEW.\"before\" IS NOT NULL OR NEW.\"after\" IS NOT NULL OR NEW.erased_at IS NULL))
       OR (OLD.erased_at IS NOT NULL AND NEW.erased_at IS NULL) THEN
         RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
       END IF;
       RETURN NEW;
     END $$",
    "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
     END $$",
    "CREATE TRIGGER tr_audit_log_update BEFORE UPDATE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_guard()",
    "CREATE TRIGGER tr_audit_log_delete BEFORE DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER tr_audit_log_truncate BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER tr_audit_checkpoints_change BEFORE UPDATE OR DELETE ON audit_checkpoints FOR EACH ROW \
     EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER tr_audit_checkpoints_truncate BEFORE TRUNCATE ON audit_checkpoints FOR EACH STATEMENT \
     EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER tr_audit_chains_delete BEFORE DELETE ON audit_chains FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER tr_audit_chains_back BEFORE UPDATE ON audit_chains FOR EACH ROW \
     WHEN (NEW.seq < OLD.seq OR NEW.chain_id <> OLD.chain_id) EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER tr_audit_chains_truncate BEFORE TRUNCATE ON audit_chains FOR EACH STATEMENT \
     EXECUTE FUNCTION audit_refuse()",
];

const POSTGRES_DOWN: &[&str] = &[
    "DROP TRIGGER tr_audit_log_update ON audit_log",
    "DROP TRIGGER tr_audit_log_delete ON audit_log",
    "DROP TRIGGER tr_audit_log_truncate ON audit_log",
    "DROP TRIGGER tr_audit_checkpoints_change ON audit_checkpoints",
    "DROP TRIGGER tr_audit_checkpoints_truncate ON audit_checkpoints",
    "DROP TRIGGER tr_audit_chains_delete ON audit_chains",
    "DROP TRIGGER tr_audit_chains_back ON audit_chains",
    "DROP TRIGGER tr_audit_chains_truncate ON audit_chains",
    "DROP FUNCTION audit_log_guard",
    "DROP FUNCTION audit_refuse",
];

const SQLITE_UP: &[&str] = &[
    "CREATE TRIGGER tr_audit_log_update BEFORE UPDATE ON audit_log
     WHEN (NEW.id, NEW.at, NEW.school_id, NEW.actor_id, NEW.actor_session, NEW.action, NEW.target_type, NEW.target_id,
           NEW.subject_id, NEW.outcome, NEW.request_id)
          IS NOT
          (OLD.id, OLD.at, OLD.school_id, OLD.actor_id, OLD.actor_session, OLD.action, OLD.target_type, OLD.target_id,
           OLD.subject_id, OLD.outcome, OLD.request_id)
       OR (OLD.chain_seq IS NOT NULL AND
           (NEW.chain_id, NEW.chain_seq, NEW.origin_digest, NEW.values_digest, NEW.link)
           IS NOT (OLD.chain_id, OLD.chain_seq, OLD.origin_digest, OLD.values_digest, OLD.link))
       OR (OLD.chain_seq IS NOT NULL AND NEW.origin_salt IS NOT OLD.origin_salt AND NEW.origin_salt IS NOT NULL)
       OR (OLD.chain_seq IS NOT NULL AND NEW.values_salt IS NOT OLD.values_salt AND NEW.values_salt IS NOT NULL)
       OR ((NEW.ip, NEW.user_agent) IS NOT (OLD.ip, OLD.user_agent) AND NOT
           (NEW.ip IS NULL AND NEW.user_agent IS NULL AND NEW.origin_salt IS NULL AND NEW.erased_at IS NOT NULL))
       OR ((NEW.\"before\", NEW.\"after\") IS NOT (OLD.\"before\", OLD.\"after\") AND NOT
           (NEW.\"before\" IS NULL AND NEW.\"after\" IS NULL AND NEW.values_salt IS NULL AND NEW.erased_at IS NOT NULL))
       OR (OLD.chain_seq IS NOT NULL AND NEW.origin_salt IS NULL AND OLD.origin_salt IS NOT NULL AND
           (NEW.ip IS NOT NULL OR NEW.user_agent IS NOT NULL OR NEW.erased_at IS NULL))
       OR (OLD.chain_seq IS NOT NULL AND NEW.values_salt IS NULL AND OLD.values_salt IS NOT NULL AND
           (NEW.\"before\" IS NOT NULL OR NEW.\"after\" IS NOT NULL OR NEW.erased_at IS NULL))
       OR (OLD.erased_at IS NOT NULL AND NEW.erased_at IS NULL)
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    "CREATE TRIGGER tr_audit_log_delete BEFORE DELETE ON audit_log
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    "CREATE TRIGGER tr_audit_checkpoints_update BEFORE UPDATE ON audit_checkpoints
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    "CREATE TRIGGER tr_audit_checkpoints_delete BEFORE DELETE ON audit_checkpoints
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    "CREATE TRIGGER tr_audit_chains_delete BEFORE DELETE ON audit_chains
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    "CREATE TRIGGER tr_audit_chains_back BEFORE UPDATE ON audit_chains
     WHEN NEW.seq < OLD.seq OR NEW.chain_id <> OLD.chain_id
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
];

const SQLITE_DOWN: &[&str] = &[
    "DROP TRIGGER tr_audit_log_update",
    "DROP TRIGGER tr_audit_log_delete",
    "DROP TRIGGER tr_audit_checkpoints_update",
    "DROP TRIGGER tr_audit_checkpoints_delete",
    "DROP TRIGGER tr_audit_chains_delete",
    "DROP TRIGGER tr_audit_chains_back",
];
