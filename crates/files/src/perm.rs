//! The permissions that files' routes demand.

lyceum_kernel::permissions! {
    /// Upload files, and delete and restore one's own.
    FileCreate = "file:create",
    /// Read and list all files of the school.
    FileRead = "file:read",
    /// Delete and restore files of others.
    FileDelete = "file:delete",
}
