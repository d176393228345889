//! What handlers get from the process rather than from the request.

use std::any::{TypeId, type_name};
use std::ops::Deref;
use std::sync::Arc;

use lyceum_platform::uow::UnitOfWork;

use crate::context::RequestContext;
use crate::describe::{Describe, Description};
use crate::problem::Problem;
use crate::route::{Extract, Incoming};

/// The context's service, as given to [`Routes::state`](crate::Routes::state).
pub struct State<S: ?Sized>(pub Arc<S>);

impl<S: ?Sized> Deref for State<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.0
    }
}

impl<S: ?Sized> Clone for State<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: ?Sized + 'static> Extract for State<S> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        let state = incoming.request().app_data::<Arc<S>>().cloned();
        state.map(Self).ok_or_else(|| Problem::internal("a handler asks for state that its table does not have"))
    }
}

impl<S: ?Sized + 'static> Describe for State<S> {
    fn describe(description: &mut Description) {
        description.needs.push((TypeId::of::<S>(), type_name::<S>()));
    }
}

/// The request's unit of work: with its cause, its caller where the gate asked for one, and its idempotency key.
impl Extract for UnitOfWork {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        let cause = incoming.context().cause();
        let work = incoming.web().platform().unit_of_work(cause).idempotent(incoming.idempotency.clone());
        Ok(match incoming.principal() {
            Some(principal) => work.acting_as(principal),
            None => work,
        })
    }
}

impl Describe for UnitOfWork {
    fn describe(_: &mut Description) {}
}

impl Extract for RequestContext {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        Ok(incoming.context().clone())
    }
}

impl Describe for RequestContext {
    fn describe(_: &mut Description) {}
}
