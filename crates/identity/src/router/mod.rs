//! The route table of identity. Each file has `routes()`; all of them are added here.

mod auth;
mod jwks;
mod me;
mod mfa;
mod pages;
mod password;
mod registration;
mod sessions;
mod sockets;

use std::sync::Arc;

use lyceum_web::Routes;

use crate::service::IdentityService;

/// All routes of identity, served by `service`.
pub fn routes(service: &Arc<IdentityService>) -> Routes {
    let files = [
        registration::routes(),
        auth::routes(),
        password::routes(),
        sessions::routes(),
        sockets::routes(),
        mfa::routes(),
        me::routes(),
        jwks::routes(),
        pages::routes(),
    ];
    let table = Routes::new("identity", "Accounts, credentials, sessions and tokens.").state(Arc::clone(service));
    files.into_iter().flatten().fold(table, Routes::add)
}
