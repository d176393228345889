//! The route table of tenancy. Each file has `routes()`; all of them are added here.

mod groups;
mod imports;
mod invites;
mod members;
mod mine;
mod people;
mod schools;
mod signup;

use std::sync::Arc;

use lyceum_web::Routes;

use crate::service::TenancyService;

/// All routes of tenancy, served by `service`.
pub fn routes(service: &Arc<TenancyService>) -> Routes {
    let files = [
        people::routes(),
        schools::routes(),
        members::routes(),
        mine::routes(),
        groups::routes(),
        invites::routes(),
        signup::routes(),
        imports::routes(),
    ];
    let table = Routes::new("tenancy", "Schools, their people and groups.").state(Arc::clone(service));
    files.into_iter().flatten().fold(table, Routes::add)
}
