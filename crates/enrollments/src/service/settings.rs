//! How people come into a course, and how many there are.

use lyceum_kernel::{CourseId, Principal, Scope};
use lyceum_platform::uow::{Answer, Audit, Committed, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use serde_json::{Value, json};

use super::EnrollmentsService;
use super::desk::Desk;
use crate::dto::settings::{EnrollmentSettings, PatchEnrollmentSettings, Places, PutEnrollmentSettings};
use crate::error::EnrollmentError;
use crate::model::settings::Model;
use crate::repo::settings;

/// The kind of view in entity tags of settings.
pub(crate) const SETTINGS: &str = "enrollment-settings";

impl EnrollmentsService {
    /// How people come into a course that the caller sees.
    pub(crate) async fn show_settings(
        &self,
        who: &Principal,
        id: CourseId,
    ) -> Result<EnrollmentSettings, EnrollmentError> {
        Ok(self.settings_seen(who, id).await?.into())
    }

    /// How many there are in a course that the caller sees: one row, whatever their number.
    pub(crate) async fn show_places(&self, who: &Principal, id: CourseId) -> Result<Places, EnrollmentError> {
        Ok(self.settings_seen(who, id).await?.into())
    }

    async fn settings_seen(&self, who: &Principal, id: CourseId) -> Result<Model, EnrollmentError> {
        let school = who.school_id.ok_or(EnrollmentError::NotFound)?;
        self.neighbours.courses.seen(who, id).await?.ok_or(EnrollmentError::NotFound)?;
        let row = settings::find(&self.platform.db.read(Scope::School(school)), school, id).await?;
        Ok(row.unwrap_or_else(|| Model::usual(school, id, self.platform.clock.now())))
    }

    /// Replaces what can be settled.
    pub(crate) async fn replace_settings(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (CourseId, PutEnrollmentSettings),
    ) -> Result<Committed<EnrollmentSettings>, EnrollmentError> {
        let PutEnrollmentSettings { self_enroll, capacity, waiting_list, opens_at, closes_at } = form;
        let edit = move |row: Model| Model { self_enroll, capacity, waiting_list, opens_at, closes_at, ..row };
        self.change_settings(who, uow, if_match, id, edit).await
    }

    /// Changes the settings that the patch names.
    pub(crate) async fn patch_settings(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, patch): (CourseId, PatchEnrollmentSettings),
    ) -> Result<Committed<EnrollmentSettings>, EnrollmentError> {
        let edit = move |row: Model| Model {
            self_enroll: patch.self_enroll.unwrap_or(row.self_enroll),
            capacity: patch.capacity.apply_to(row.capacity),
            waiting_list: patch.waiting_list.unwrap_or(row.waiting_list),
            opens_at: patch.opens_at.apply_to(row.opens_at),
            closes_at: patch.closes_at.apply_to(row.closes_at),
            ..row
        };
        self.change_settings(who, uow, if_match, id, edit).await
    }

    async fn change_settings(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: CourseId,
        edit: impl FnOnce(Model) -> Model + Send,
    ) -> Result<Committed<EnrollmentSettings>, EnrollmentError> {
        let school = who.school_id.ok_or(EnrollmentError::NotFound)?;
        self.overseen(who, (school, id), EnrollmentError::NotFound).await?;
        let mut tx = uow.begin().await?;
        let mut desk = Desk::open(&tx, school, id).await?;
        if_match.require(&etag(SETTINGS, desk.row.version))?;
        let before = desk.row.clone();
        let after = edit(before.clone());
        if after.opens_at.zip(after.closes_at).is_some_and(|(opens, closes)| closes <= opens) {
            return Err(EnrollmentError::DatesReversed);
        }
        if after != before {
            desk.row = Model { version: before.version + 1, updated_at: tx.now(), ..after };
            let audit = Audit::of("enrollments.settings_changed", "course", id.uuid()).school(Some(school));
            tx.audit(audit.before(facts(&before)).after(facts(&desk.row)));
        }
        let row = desk.close(&mut tx).await?;
        let tag = etag(SETTINGS, row.version);
        Ok(tx.commit(Answer::ok(EnrollmentSettings::from(row)).etag(tag)).await?)
    }
}

/// What the audit log keeps of settings.
fn facts(row: &Model) -> Value {
    json!({
        "self_enroll": row.self_enroll, "capacity": row.capacity, "waiting_list": row.waiting_list,
        "opens_at": row.opens_at, "closes_at": row.closes_at,
    })
}
