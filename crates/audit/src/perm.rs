//! The permission that the audit log's routes demand.

lyceum_kernel::permissions! {
    /// Read the audit log of the school, or of the whole deployment.
    AuditRead = "audit:read",
}
