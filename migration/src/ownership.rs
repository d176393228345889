//! Who owns which table. A test compares the lists with the schema: a table in neither, or a table of schools without
//! `school_id NOT NULL`, fails it.

/// Tables of the platform: one row may concern no school or any.
pub const PLATFORM_TABLES: &[&str] = &[
    "accounts",
    "audit_chains",
    "audit_checkpoints",
    "audit_keys",
    "audit_log",
    "avatars",
    "billing_plans",
    "billing_prices",
    "billing_provider_events",
    "emails",
    "idempotency_keys",
    "jobs",
    "one_time_tokens",
    "recovery_codes",
    "role_template_permissions",
    "role_templates",
    "schools",
    "sessions",
    "signing_keys",
    "totp_secrets",
];

/// Tables of schools: every row belongs to one, by `school_id NOT NULL`.
pub const SCHOOL_TABLES: &[&str] = &[
    "arrivals",
    "billing_customers",
    "file_texts",
    "file_usage",
    "file_variants",
    "files",
    "group_members",
    "groups",
    "import_chunks",
    "import_faults",
    "imports",
    "invite_redemptions",
    "invites",
    "invoice_lines",
    "invoice_sequences",
    "invoices",
    "membership_roles",
    "memberships",
    "payment_methods",
    "payments",
    "role_permissions",
    "roles",
    "signup_requests",
    "subscriptions",
];
