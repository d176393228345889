//! What people who completed a course think of it. The course's row keeps count.

use lyceum_kernel::{CourseId, Cursor, Page, PageRequest, Principal, SchoolId, Scope, UserId};
use lyceum_platform::db::Change;
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use serde_json::{Value, json};

use super::CoursesService;
use super::removal::mark;
use crate::dto::rating::{PatchRating, PutRating, Rating, RatingStats};
use crate::dto::{Deleted, DeletedFilter};
use crate::error::CourseError;
use crate::model::rating::{Column, Model, RatingId};
use crate::policy::{Refusal, Viewer};
use crate::repo::ratings::Which;
use crate::repo::{courses, ratings};

/// The kind of view in entity tags of ratings.
pub(crate) const RATING: &str = "rating";

/// A rating to be given.
#[derive(Debug, Clone)]
pub struct NewRating {
    /// The school.
    pub school: SchoolId,
    /// The course.
    pub course: CourseId,
    /// Who thinks so.
    pub user: UserId,
    /// 1 to 5.
    pub stars: i16,
    /// In words.
    pub comment: String,
}

impl CoursesService {
    /// A page of the ratings of a course, oldest first. Deleted ones for those who may restore them: one's own, or all for those who run
    /// the school.
    pub(crate) async fn list_ratings(
        &self,
        who: &Principal,
        (id, filter): (CourseId, DeletedFilter),
        request: &PageRequest,
    ) -> Result<Page<Rating>, CourseError> {
        let school = self.seen(who, id).await?.row.school_id;
        let which = match filter.deleted {
            None => Which::Living,
            Some(Deleted::Only) => Which::Deleted(Some(who.user_id).filter(|_| !Viewer::of(who).manages)),
        };
        let db = self.platform.db.read(Scope::School(school));
        let (rows, total) = ratings::page(&db, (school, id), which, request).await?;
        let page = Page::cut(rows, request, |row| Cursor { id: row.id.uuid(), key: Vec::new() });
        Ok(Page { total, ..page.map(Rating::from) })
    }

    /// One rating of a course that the caller sees.
    pub(crate) async fn show_rating(&self, who: &Principal, id: RatingId) -> Result<Rating, CourseError> {
        Ok(self.rating_seen(who, id).await?.into())
    }

    async fn rating_seen(&self, who: &Principal, id: RatingId) -> Result<Model, CourseError> {
        let scope = courses::reach(&Viewer::of(who));
        let row = ratings::find(&self.platform.db.read(scope), scope, id).await?.ok_or(CourseError::NotFound)?;
        self.seen(who, row.course_id).await?;
        Ok(row)
    }

    /// The caller's own rating of a course.
    pub(crate) async fn my_rating(&self, who: &Principal, id: CourseId) -> Result<Rating, CourseError> {
        let school = self.seen(who, id).await?.row.school_id;
        let db = self.platform.db.read(Scope::School(school));
        let row = ratings::of_person(&db, (school, id), who.user_id).await?;
        row.map(Rating::from).ok_or(CourseError::NotFound)
    }

    /// How a course was rated: one row, whatever the number of ratings.
    pub(crate) async fn rating_stats(&self, who: &Principal, id: CourseId) -> Result<RatingStats, CourseError> {
        let row = &self.seen(who, id).await?.row;
        Ok(RatingStats::of(row.rating_count, row.rating_sum))
    }

    /// Rates a course that the caller has completed.
    pub(crate) async fn rate(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, form): (CourseId, PutRating),
    ) -> Result<Committed<Rating>, CourseError> {
        let school = who.school_id.ok_or(CourseError::NotFound)?;
        self.seen(who, id).await?;
        if !self.neighbours.completions.course_completed(school, who.user_id, id).await? {
            return Err(CourseError::NotCompleted);
        }
        let mut tx = uow.begin().await?;
        let PutRating { stars, comment } = form;
        let row = self.give(&mut tx, (school, id), who.user_id, (stars, comment)).await?;
        let (tag, location) = (etag(RATING, row.version), format!("/v1/ratings/{}", row.id));
        Ok(tx.commit(Answer::created(Rating::from(row)).location(location).etag(tag)).await?)
    }

    /// Rates a course for somebody who has completed it, within a unit of work.
    ///
    /// # Errors
    /// [`CourseError::NotFound`], [`CourseError::AlreadyRated`].
    pub async fn plant_rating(&self, tx: &mut Tx, new: NewRating) -> Result<(), CourseError> {
        let NewRating { school, course, user, stars, comment } = new;
        self.give(tx, (school, course), user, (stars, Some(comment))).await.map(|_| ())
    }

    async fn give(
        &self,
        tx: &mut Tx,
        (school_id, course_id): (SchoolId, CourseId),
        user_id: UserId,
        (stars, comment): (i16, Option<String>),
    ) -> Result<Model, CourseError> {
        self.still_there(tx, school_id, course_id).await?;
        let row = Model {
            school_id,
            id: RatingId::new(tx.now(), tx.entropy()),
            course_id,
            user_id,
            stars,
            comment,
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            deleted_at: None,
            deletion_id: None,
        };
        ratings::insert(tx.conn(), &row).await?;
        self.counted(tx, &row, 1, i64::from(row.stars)).await?;
        tx.audit(audit("courses.rating_given", &row).after(facts(&row)));
        Ok(row)
    }

    async fn still_there(&self, tx: &Tx, school: SchoolId, id: CourseId) -> Result<(), CourseError> {
        let course = courses::find_locked(tx.conn(), school, id).await?;
        course.filter(|row| row.deleted_at.is_none()).map(|_| ()).ok_or(CourseError::NotFound)
    }

    async fn counted(&self, tx: &mut Tx, row: &Model, more: i64, stars: i64) -> Result<(), CourseError> {
        ratings::count(tx.conn(), (row.school_id, row.course_id), more, stars).await?;
        tx.invalidate(super::tag(row.course_id));
        Ok(())
    }

    /// Replaces what can be changed about one's own rating.
    pub(crate) async fn replace_rating(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (RatingId, PutRating),
    ) -> Result<Committed<Rating>, CourseError> {
        let edit = |before| Model { stars: form.stars, comment: form.comment, ..before };
        self.change_rating(who, uow, if_match, id, edit).await
    }

    /// Changes the fields of one's own rating that the patch names.
    pub(crate) async fn patch_rating(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, patch): (RatingId, PatchRating),
    ) -> Result<Committed<Rating>, CourseError> {
        let edit = |before: Model| Model {
            stars: patch.stars.unwrap_or(before.stars),
            comment: patch.comment.apply_to(before.comment),
            ..before
        };
        self.change_rating(who, uow, if_match, id, edit).await
    }

    async fn change_rating(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: RatingId,
        edit: impl FnOnce(Model) -> Model + Send,
    ) -> Result<Committed<Rating>, CourseError> {
        let seen = self.rating_seen(who, id).await?;
        if seen.user_id != who.user_id || who.school_id != Some(seen.school_id) {
            return Err(Refusal::NotYourRating.into());
        }
        let mut tx = uow.begin().await?;
        self.still_there(&tx, seen.school_id, seen.course_id).await?;
        let row = living(&tx, &seen).await?;
        if_match.require(&etag(RATING, row.version))?;
        let mut after = edit(row.clone());
        if after != row {
            Change::of(&row, tx.now())
                .set(Column::Stars, after.stars)
                .set(Column::Comment, after.comment.clone())
                .apply(tx.conn())
                .await?;
            (after.version, after.updated_at) = (row.version + 1, tx.now());
            self.counted(&mut tx, &row, 0, i64::from(after.stars) - i64::from(row.stars)).await?;
            tx.audit(audit("courses.rating_changed", &row).before(facts(&row)).after(facts(&after)));
        }
        let tag = etag(RATING, after.version);
        Ok(tx.commit(Answer::ok(Rating::from(after)).etag(tag)).await?)
    }

    /// Deletes a rating, softly: one's own, or any for those who run the school.
    pub(crate) async fn delete_rating(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: RatingId,
    ) -> Result<Committed<()>, CourseError> {
        let seen = self.rating_seen(who, id).await?;
        may_remove(who, &seen)?;
        let mut tx = uow.begin().await?;
        self.still_there(&tx, seen.school_id, seen.course_id).await?;
        let row = living(&tx, &seen).await?;
        if_match.require(&etag(RATING, row.version))?;
        Change::of(&row, tx.now())
            .set(Column::DeletedAt, tx.now())
            .set(Column::DeletionId, mark(&tx))
            .apply(tx.conn())
            .await?;
        self.counted(&mut tx, &row, -1, -i64::from(row.stars)).await?;
        tx.audit(audit("courses.rating_deleted", &row).before(facts(&row)));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Brings a deleted rating back.
    pub(crate) async fn restore_rating(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: RatingId,
    ) -> Result<Committed<Rating>, CourseError> {
        let school = who.school_id.ok_or(CourseError::NotFound)?;
        let seen = ratings::any(&self.platform.db.read(who.scope()), school, id).await?;
        let seen = seen.ok_or(CourseError::NotFound)?;
        self.seen(who, seen.course_id).await?;
        if seen.deleted_at.is_some() && may_remove(who, &seen).is_err() {
            // What is deleted is not there for others.
            return Err(CourseError::NotFound);
        }
        let mut tx = uow.begin().await?;
        self.still_there(&tx, school, seen.course_id).await?;
        let row = ratings::any(tx.conn(), school, id).await?.ok_or(CourseError::NotFound)?;
        if row.deleted_at.is_none() {
            return Err(CourseError::NotDeleted);
        }
        Change::of(&row, tx.now())
            .set(Column::DeletedAt, None::<chrono::DateTime<chrono::Utc>>)
            .set(Column::DeletionId, None::<uuid::Uuid>)
            .apply(tx.conn())
            .await?;
        self.counted(&mut tx, &row, 1, i64::from(row.stars)).await?;
        let version = row.version + 1;
        let after = Model { deleted_at: None, deletion_id: None, version, updated_at: tx.now(), ..row };
        tx.audit(audit("courses.rating_restored", &after).after(facts(&after)));
        let tag = etag(RATING, after.version);
        Ok(tx.commit(Answer::ok(Rating::from(after)).etag(tag)).await?)
    }
}

fn may_remove(who: &Principal, row: &Model) -> Result<(), CourseError> {
    let viewer = Viewer::of(who);
    let here = viewer.school() == Some(row.school_id);
    if here && (viewer.manages || row.user_id == who.user_id) { Ok(()) } else { Err(Refusal::NotYourRating.into()) }
}

async fn living(tx: &Tx, seen: &Model) -> Result<Model, CourseError> {
    let row = ratings::find(tx.conn(), Scope::School(seen.school_id), seen.id).await?;
    row.ok_or(CourseError::NotFound)
}

fn audit(action: &'static str, row: &Model) -> Audit {
    Audit::of(action, "rating", row.id.uuid()).school(Some(row.school_id)).about(row.user_id)
}

/// What the audit log keeps of a rating: of its words only how many characters.
fn facts(row: &Model) -> Value {
    json!({ "course_id": row.course_id, "stars": row.stars, "comment_length": row.comment.as_ref().map(String::len) })
}
