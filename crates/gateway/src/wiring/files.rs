//! What files asks of others, and what identity asks of files.

use std::sync::Arc;

use async_trait::async_trait;
use lyceum_files::ports::{Holders, Members, PortError};
use lyceum_kernel::{FileId, Principal, SchoolId, UserId};
use lyceum_tenancy::TenancyService;

/// The contexts whose things files hang on. None so far: a file is its owner's and the staff's.
#[derive(Debug)]
pub struct WhatFilesHangOn;

#[async_trait]
impl Holders for WhatFilesHangOn {
    async fn may_read(&self, _: &Principal, _: FileId) -> Result<Option<bool>, PortError> {
        Ok(None)
    }
}

/// Tenancy, as files asks it.
#[derive(Debug)]
pub struct PeopleOfSchools(pub Arc<TenancyService>);

#[async_trait]
impl Members for PeopleOfSchools {
    async fn is_member(&self, school: SchoolId, person: UserId) -> Result<bool, PortError> {
        self.0.may_enter(person, school).await.map_err(|error| Box::new(error) as PortError)
    }
}
