//! What files asks of others, and what identity asks of files.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use lyceum_courses::CoursesService;
use lyceum_files::FilesService;
use lyceum_files::ports::{Holders, Members, PortError};
use lyceum_identity::ports::PersonalDataSource;
use lyceum_kernel::{FileId, Principal, SchoolId, ServiceError, UserId};
use lyceum_tenancy::TenancyService;

/// The contexts whose things files hang on: courses. They are put together after files, and filled in then.
#[derive(Debug, Default)]
pub struct WhatFilesHangOn(OnceLock<Arc<CoursesService>>);

impl WhatFilesHangOn {
    /// From here on the courses are there.
    pub fn fill(&self, courses: Arc<CoursesService>) {
        // A second one would mean that two places wire the contexts; the first one stands.
        let _ = self.0.set(courses);
    }
}

#[async_trait]
impl Holders for WhatFilesHangOn {
    async fn may_read(&self, who: &Principal, file: FileId) -> Result<Option<bool>, PortError> {
        let Some(courses) = self.0.get() else { return Ok(None) };
        let read = courses.may_read_file(who, file).await.map_err(|error| Box::new(error) as PortError)?;
        Ok(read.then_some(true))
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

/// What files keeps about a person, for the export of one's own data.
#[derive(Debug)]
pub struct FilesData(pub Arc<FilesService>);

#[async_trait]
impl PersonalDataSource for FilesData {
    fn context(&self) -> &'static str {
        "files"
    }

    async fn personal_data(&self, account: UserId) -> Result<serde_json::Value, Box<dyn ServiceError>> {
        self.0.kept_of(account).await.map_err(|error| Box::new(error) as _)
    }
}
