//! The one sequence of schema migrations, for PostgreSQL and SQLite alike.
//!
//! Each file makes one change and can undo it. Constraints are named: `pk_<table>`, `uq_<table>_<columns>`,
//! `ix_<table>_<columns>`, `fk_<table>_<column>`, `ck_<table>_<what>`; the program tells violations apart by these names.

mod built_in_roles;
pub mod ownership;

use sea_orm_migration::prelude::*;

mod m20261121_000001_platform_jobs;
mod m20261121_000002_platform_emails;
mod m20261121_000003_platform_audit_log;
mod m20261121_000004_platform_idempotency_keys;
mod m20261121_000101_identity_accounts;
mod m20261121_000102_identity_sessions;
mod m20261121_000103_identity_signing_keys;
mod m20261121_000104_identity_one_time_tokens;
mod m20261121_000105_identity_totp_secrets;
mod m20261121_000106_identity_recovery_codes;
mod m20261121_000201_rbac_role_templates;
mod m20261121_000202_rbac_role_template_permissions;
mod m20261121_000301_tenancy_schools;
mod m20261121_000302_tenancy_memberships;
mod m20261121_000303_tenancy_membership_roles;
mod m20261121_000304_tenancy_groups;
mod m20261121_000305_tenancy_group_members;
mod m20261121_000306_identity_usernames_of_schools;
mod m20261121_000311_tenancy_imports;
mod m20261121_000312_tenancy_import_chunks;
mod m20261121_000313_tenancy_import_faults;
mod m20261121_000321_tenancy_invites;
mod m20261121_000322_tenancy_invite_redemptions;
mod m20261121_000323_tenancy_arrivals;
mod m20261121_000324_tenancy_memberships_by_id;
mod m20261121_000325_tenancy_requestable_roles;
mod m20261121_000326_tenancy_signup_requests;
mod m20261121_000327_tenancy_directory_search;
mod m20261121_000391_rbac_roles;
mod m20261121_000392_rbac_role_permissions;
mod m20261121_000401_audit_log_seal;
mod m20261121_000402_audit_keys;
mod m20261121_000403_audit_chains;
mod m20261121_000404_audit_append_only;
mod m20261121_000501_billing_plans;
mod m20261121_000502_billing_prices;
mod m20261121_000503_billing_customers;
mod m20261121_000504_billing_subscriptions;
mod m20261121_000505_billing_invoices;
mod m20261121_000506_billing_invoice_lines;
mod m20261121_000507_billing_invoice_sequences;
mod m20261121_000508_billing_payment_methods;
mod m20261121_000509_billing_payments;
mod m20261121_000510_billing_provider_events;
mod m20261121_000601_files_files;
mod m20261121_000602_files_usage;
mod m20261121_000603_files_variants;
mod m20261121_000604_files_texts;
mod m20261121_000605_files_avatars;
mod m20261121_000606_files_permissions;
mod m20261121_000701_courses_courses;
mod m20261121_000702_courses_course_teachers;
mod m20261121_000703_courses_course_tags;
mod m20261121_000704_courses_sections;
mod m20261121_000705_courses_blocks;
mod m20261121_000706_courses_ratings;
mod m20261121_000707_courses_course_search;
mod m20261121_000708_courses_permissions;
mod m20261121_000709_courses_search_forgets_the_deleted;
mod m20261121_000710_courses_block_completion;
mod m20261121_000711_courses_blocks_by_test;
mod m20261121_000801_enrollments_settings;
mod m20261121_000802_enrollments_enrollments;
mod m20261121_000803_enrollments_permissions;
mod m20261121_000804_enrollments_imports;
mod m20261121_000805_enrollments_import_rows;
mod m20261121_000811_enrollments_completions;
mod m20261121_000812_enrollments_course_plans;
mod m20261121_000813_enrollments_progress;
mod m20261121_000814_enrollments_progress_totals;
mod m20261121_000815_enrollments_progress_groups;
mod m20261121_000901_assessments_question_banks;
mod m20261121_000902_assessments_questions;
mod m20261121_000903_assessments_question_revisions;
mod m20261121_000904_assessments_question_tags;
mod m20261121_000905_assessments_question_permissions;
mod m20261121_000911_assessments_tests;
mod m20261121_000912_assessments_test_overrides;
mod m20261121_000913_assessments_attempts;
mod m20261121_000914_assessments_attempt_answers;
mod m20261121_000915_assessments_attempt_events;
mod m20261121_000916_assessments_test_permissions;
mod m20261121_000921_assessments_attempt_tallies;
mod m20261121_000922_assessments_test_adjustments;
mod m20261121_000923_assessments_regrades;
mod m20261121_000924_assessments_regrade_changes;
mod m20261121_000951_assessments_attempts_added_time;

/// Runs the sequence: `Migrator::up(connection, None)`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    #[expect(clippy::too_many_lines, reason = "one line for each")]
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_platform_jobs::Migration),
            Box::new(m20261121_000002_platform_emails::Migration),
            Box::new(m20261121_000003_platform_audit_log::Migration),
            Box::new(m20261121_000004_platform_idempotency_keys::Migration),
            Box::new(m20261121_000101_identity_accounts::Migration),
            Box::new(m20261121_000102_identity_sessions::Migration),
            Box::new(m20261121_000103_identity_signing_keys::Migration),
            Box::new(m20261121_000104_identity_one_time_tokens::Migration),
            Box::new(m20261121_000105_identity_totp_secrets::Migration),
            Box::new(m20261121_000106_identity_recovery_codes::Migration),
            Box::new(m20261121_000201_rbac_role_templates::Migration),
            Box::new(m20261121_000202_rbac_role_template_permissions::Migration),
            Box::new(m20261121_000301_tenancy_schools::Migration),
            Box::new(m20261121_000302_tenancy_memberships::Migration),
            Box::new(m20261121_000303_tenancy_membership_roles::Migration),
            Box::new(m20261121_000304_tenancy_groups::Migration),
            Box::new(m20261121_000305_tenancy_group_members::Migration),
            Box::new(m20261121_000306_identity_usernames_of_schools::Migration),
            Box::new(m20261121_000311_tenancy_imports::Migration),
            Box::new(m20261121_000312_tenancy_import_chunks::Migration),
            Box::new(m20261121_000313_tenancy_import_faults::Migration),
            Box::new(m20261121_000321_tenancy_invites::Migration),
            Box::new(m20261121_000322_tenancy_invite_redemptions::Migration),
            Box::new(m20261121_000323_tenancy_arrivals::Migration),
            Box::new(m20261121_000324_tenancy_memberships_by_id::Migration),
            Box::new(m20261121_000325_tenancy_requestable_roles::Migration),
            Box::new(m20261121_000326_tenancy_signup_requests::Migration),
            Box::new(m20261121_000327_tenancy_directory_search::Migration),
            Box::new(m20261121_000391_rbac_roles::Migration),
            Box::new(m20261121_000392_rbac_role_permissions::Migration),
            Box::new(m20261121_000401_audit_log_seal::Migration),
            Box::new(m20261121_000402_audit_keys::Migration),
            Box::new(m20261121_000403_audit_chains::Migration),
            Box::new(m20261121_000404_audit_append_only::Migration),
            Box::new(m20261121_000501_billing_plans::Migration),
            Box::new(m20261121_000502_billing_prices::Migration),
            Box::new(m20261121_000503_billing_customers::Migration),
            Box::new(m20261121_000504_billing_subscriptions::Migration),
            Box::new(m20261121_000505_billing_invoices::Migration),
            Box::new(m20261121_000506_billing_invoice_lines::Migration),
            Box::new(m20261121_000507_billing_invoice_sequences::Migration),
            Box::new(m20261121_000508_billing_payment_methods::Migration),
            Box::new(m20261121_000509_billing_payments::Migration),
            Box::new(m20261121_000510_billing_provider_events::Migration),
            Box::new(m20261121_000601_files_files::Migration),
            Box::new(m20261121_000602_files_usage::Migration),
            Box::new(m20261121_000603_files_variants::Migration),
            Box::new(m20261121_000604_files_texts::Migration),
            Box::new(m20261121_000605_files_avatars::Migration),
            Box::new(m20261121_000606_files_permissions::Migration),
            Box::new(m20261121_000701_courses_courses::Migration),
            Box::new(m20261121_000702_courses_course_teachers::Migration),
            Box::new(m20261121_000703_courses_course_tags::Migration),
            Box::new(m20261121_000704_courses_sections::Migration),
            Box::new(m20261121_000705_courses_blocks::Migration),
            Box::new(m20261121_000706_courses_ratings::Migration),
            Box::new(m20261121_000707_courses_course_search::Migration),
            Box::new(m20261121_000708_courses_permissions::Migration),
            Box::new(m20261121_000709_courses_search_forgets_the_deleted::Migration),
            Box::new(m20261121_000710_courses_block_completion::Migration),
            Box::new(m20261121_000711_courses_blocks_by_test::Migration),
            Box::new(m20261121_000801_enrollments_settings::Migration),
            Box::new(m20261121_000802_enrollments_enrollments::Migration),
            Box::new(m20261121_000803_enrollments_permissions::Migration),
            Box::new(m20261121_000804_enrollments_imports::Migration),
            Box::new(m20261121_000805_enrollments_import_rows::Migration),
            Box::new(m20261121_000811_enrollments_completions::Migration),
            Box::new(m20261121_000812_enrollments_course_plans::Migration),
            Box::new(m20261121_000813_enrollments_progress::Migration),
            Box::new(m20261121_000814_enrollments_progress_totals::Migration),
            Box::new(m20261121_000815_enrollments_progress_groups::Migration),
            Box::new(m20261121_000901_assessments_question_banks::Migration),
            Box::new(m20261121_000902_assessments_questions::Migration),
            Box::new(m20261121_000903_assessments_question_revisions::Migration),
            Box::new(m20261121_000904_assessments_question_tags::Migration),
            Box::new(m20261121_000905_assessments_question_permissions::Migration),
            Box::new(m20261121_000911_assessments_tests::Migration),
            Box::new(m20261121_000912_assessments_test_overrides::Migration),
            Box::new(m20261121_000913_assessments_attempts::Migration),
            Box::new(m20261121_000914_assessments_attempt_answers::Migration),
            Box::new(m20261121_000915_assessments_attempt_events::Migration),
            Box::new(m20261121_000916_assessments_test_permissions::Migration),
            Box::new(m20261121_000921_assessments_attempt_tallies::Migration),
            Box::new(m20261121_000922_assessments_test_adjustments::Migration),
            Box::new(m20261121_000923_assessments_regrades::Migration),
            Box::new(m20261121_000924_assessments_regrade_changes::Migration),
            Box::new(m20261121_000951_assessments_attempts_added_time::Migration),
        ]
    }
}

pub use sea_orm_migration::MigratorTrait;
