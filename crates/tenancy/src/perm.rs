//! The permissions that tenancy's routes demand.

lyceum_kernel::permissions! {
    /// Found schools: platform staff.
    SchoolCreate = "school:create",
    /// Read a school's settings.
    SchoolRead = "school:read",
    /// Change a school's name, settings and branding.
    SchoolUpdate = "school:update",
    /// Delete and restore schools: platform staff.
    SchoolDelete = "school:delete",
    /// Read people: the directory and single profiles.
    UserRead = "user:read",
    /// Add people to the school.
    UserCreate = "user:create",
    /// Invite people into the school.
    UserInvite = "user:invite",
    /// Decide on requests to join the school.
    SignupDecide = "signup:decide",
    /// Add and change people in bulk, from files.
    UserImport = "user:import",
    /// Change other people's profiles, let them in and keep them out.
    UserUpdate = "user:update",
    /// Remove people from the school and bring them back.
    UserDelete = "user:delete",
    /// Give people roles and take them away.
    UserManageRoles = "user:manage_roles",
    /// Create groups.
    GroupCreate = "group:create",
    /// Read groups and who is in them.
    GroupRead = "group:read",
    /// Change groups and who is in them.
    GroupUpdate = "group:update",
    /// Delete and restore groups.
    GroupDelete = "group:delete",
}
