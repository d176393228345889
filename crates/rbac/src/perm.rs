//! The permissions that the routes of roles demand.

lyceum_kernel::permissions! {
    /// Read roles and what they allow.
    RoleRead = "role:read",
    /// Create roles of the school.
    RoleCreate = "role:create",
    /// Change title, description and rank of roles.
    RoleUpdate = "role:update",
    /// Delete and restore roles.
    RoleDelete = "role:delete",
    /// Read the catalogue of permissions.
    PermissionRead = "permission:read",
    /// Change what roles allow.
    PermissionAssign = "permission:assign",
}
