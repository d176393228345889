//! The permissions that identity's routes demand.

lyceum_kernel::permissions! {
    /// Read people: the directory and single profiles.
    UserRead = "user:read",
    /// Create accounts for others.
    UserCreate = "user:create",
    /// Change other people's profiles, disable and enable their accounts.
    UserUpdate = "user:update",
    /// Delete and restore other people's accounts.
    UserDelete = "user:delete",
}
