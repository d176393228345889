//! The permissions that billing's routes demand. None of them opens anything to somebody who is only a pupil or a teacher.

lyceum_kernel::permissions! {
    /// Read plans, the school's subscription, its invoices and its use of seats.
    BillingRead = "billing:read",
    /// Start, change and cancel the school's subscription, pay its invoices, keep its payment methods.
    BillingManage = "billing:manage",
    /// Read revenue over all schools. Super admins only.
    BillingReport = "billing:report",
    /// Make and change plans and prices. Super admins only.
    BillingCatalogue = "billing:catalogue",
    /// Write invoices, mark them paid, void or uncollectible. Super admins only.
    BillingSettle = "billing:settle",
}
