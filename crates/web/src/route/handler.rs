//! Functions that can be handlers: `async fn(gate, extractors…) -> Result<impl Reply, impl ServiceError>`.

use std::pin::Pin;

use actix_web::HttpResponse;

use super::Gate;
use super::endpoint::{before_extractors, failed};
use super::incoming::{Extract, Incoming};
use crate::describe::{Describe, Description};
use crate::problem::Problem;
use crate::reply::Reply;

/// A function that can be mounted. It is implemented for async functions whose first argument is a [`Gate`] and whose other
/// arguments (at most seven) are extractors, so that a route without a gate does not compile:
///
/// ```compile_fail
/// use lyceum_web::{NoContent, Problem, get};
///
/// async fn anybody_may() -> Result<NoContent, Problem> {
///     Ok(NoContent)
/// }
/// let route = get("/v1/things", anybody_may);
/// ```
///
/// ```compile_fail
/// use lyceum_web::{NoContent, PathId, Problem, Public, get};
/// use lyceum_kernel::UserId;
///
/// // The gate must come first.
/// async fn anybody_may(id: PathId<UserId>, _: Public) -> Result<NoContent, Problem> {
///     Ok(NoContent)
/// }
/// let route = get("/v1/things/{id}", anybody_may);
/// ```
///
/// ```
/// use lyceum_web::{NoContent, PathId, Problem, Public, get};
/// use lyceum_kernel::UserId;
///
/// async fn anybody_may(_: Public, id: PathId<UserId>) -> Result<NoContent, Problem> {
///     Ok(NoContent)
/// }
/// let route = get("/v1/things/{id}", anybody_may);
/// ```
#[diagnostic::on_unimplemented(
    message = "this function cannot be a handler",
    note = "a handler is `async fn(gate, extractors…) -> Result<R: Reply, E: ServiceError>`",
    note = "its first argument must be a gate: `Public`, `Authenticated` or `Caller<Permission>`"
)]
pub trait Handler<Args>: Clone + Send + Sync + 'static {
    /// Who may call it.
    type Gate: Gate;

    /// Whether one of the arguments takes the body as it comes.
    const STREAMED: bool;

    /// Whether one of the arguments asks for a WebSocket.
    const SOCKET: bool;

    /// Describes all arguments and the reply.
    fn describe(description: &mut Description);

    /// Lets the request in, takes its parts, runs the function and answers.
    fn run(&self, incoming: &mut Incoming) -> impl Future<Output = Result<HttpResponse, Problem>>;
}

macro_rules! handler {
    ($($extractor:ident $argument:ident),*) => {
        impl<F, Fut, R, E, G, $($extractor),*> Handler<(G, $($extractor,)*)> for F
        where
            F: Fn(G, $($extractor),*) -> Fut + Clone + Send + Sync + 'static,
            Fut: Future<Output = Result<R, E>> + 'static,
            R: Reply + 'static,
            E: Into<Problem> + 'static,
            G: Gate,
            $($extractor: Extract,)*
        {
            type Gate = G;

            const STREAMED: bool = false $(|| $extractor::STREAMED)*;

            const SOCKET: bool = false $(|| $extractor::SOCKET)*;

            fn describe(description: &mut Description) {
                <G as Describe>::describe(description);
                $(<$extractor as Describe>::describe(description);)*
                <R as Describe>::describe(description);
            }

            async fn run(&self, incoming: &mut Incoming) -> Result<HttpResponse, Problem> {
                let gate = G::admit(incoming).await?;
                if let Some(stored) = before_extractors(incoming).await? {
                    return Ok(stored);
                }
                $(let $argument = $extractor::extract(incoming).await?;)*
                // One box a request, so that types nest no deeper than a handler's own.
                let answer: Pin<Box<dyn Future<Output = Result<R, E>>>> = Box::pin(self(gate, $($argument),*));
                match answer.await {
                    Ok(reply) => reply.reply(incoming),
                    Err(error) => failed(incoming, error).await,
                }
            }
        }
    };
}

handler!();
handler!(A a);
handler!(A a, B b);
handler!(A a, B b, C c);
handler!(A a, B b, C c, D d);
handler!(A a, B b, C c, D d, H h);
handler!(A a, B b, C c, D d, H h, I i);
handler!(A a, B b, C c, D d, H h, I i, J j);
