//! Who comes in below `/v1/billing`: nobody who is only a pupil or a teacher, whatever was granted to them.

use std::marker::PhantomData;
use std::ops::Deref;

use lyceum_kernel::{ErrorKind, PermissionMarker, PlatformRole, Principal};
use lyceum_web::{Caller, Describe, Description, Gate, GateKind, Incoming, Problem};

use crate::policy;

/// Somebody of a school's administration who holds the permission `P`. Dereferences to the [`Principal`].
#[derive(Debug, Clone)]
pub struct Administration<P>(Caller<P>);

/// A super admin who holds the permission `P`. Dereferences to the [`Principal`].
#[derive(Debug, Clone)]
pub struct PlatformStaff<P>(Caller<P>);

/// Lets nobody in: what is asked for is not there, which those learn whom [`Administration`] would let in. The others get the
/// 403 that they get everywhere below `/v1/billing`.
#[derive(Debug, Clone, Copy)]
pub struct Nowhere<P>(PhantomData<P>);

impl<P> Deref for Administration<P> {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.0
    }
}

impl<P> Deref for PlatformStaff<P> {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.0
    }
}

async fn admit<P: PermissionMarker>(incoming: &mut Incoming) -> Result<Caller<P>, Problem> {
    let caller = Caller::<P>::admit(incoming).await?;
    if policy::may_enter(caller.roles.iter().map(|role| &**role)) {
        return Ok(caller);
    }
    let detail = "Billing is not available for your role.";
    Err(Problem::new(ErrorKind::Forbidden, "billing-not-for-role", detail))
}

impl<P: PermissionMarker> Gate for Administration<P> {
    const KIND: GateKind = GateKind::Permission(P::PERMISSION);

    async fn admit(incoming: &mut Incoming) -> Result<Self, Problem> {
        admit(incoming).await.map(Self)
    }
}

impl<P: PermissionMarker> Gate for PlatformStaff<P> {
    const KIND: GateKind = GateKind::Permission(P::PERMISSION);

    async fn admit(incoming: &mut Incoming) -> Result<Self, Problem> {
        let caller = admit(incoming).await?;
        if caller.platform_role == PlatformRole::SuperAdmin {
            return Ok(Self(caller));
        }
        let detail = "This is for super admins.";
        Err(Problem::new(ErrorKind::Forbidden, "super-admin-only", detail))
    }
}

impl<P: PermissionMarker> Gate for Nowhere<P> {
    const KIND: GateKind = GateKind::Permission(P::PERMISSION);

    async fn admit(incoming: &mut Incoming) -> Result<Self, Problem> {
        admit::<P>(incoming).await?;
        Err(Problem::not_found())
    }
}

impl<P: PermissionMarker> Describe for Nowhere<P> {
    fn describe(description: &mut Description) {
        Administration::<P>::describe(description);
    }
}

impl<P: PermissionMarker> Describe for Administration<P> {
    fn describe(description: &mut Description) {
        Caller::<P>::describe(description);
        let text = "The caller is only a pupil, teacher or instructor in the active school.";
        description.problem(403, "billing-not-for-role", text);
    }
}

impl<P: PermissionMarker> Describe for PlatformStaff<P> {
    fn describe(description: &mut Description) {
        Administration::<P>::describe(description);
        description.problem(403, "super-admin-only", "The caller is no super admin.");
    }
}
