//! Schools: founding, settings, suspension, deletion.

use lyceum_kernel::events::tenancy::{SchoolChanged, SchoolCreated, SchoolDeleted, SchoolRestored};
use lyceum_kernel::{Page, PageRequest, PermissionMarker as _, Principal, SchoolId, Scope};
use lyceum_platform::cache::CacheTag;
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use serde_json::{Value, json};

use crate::dto::school::{
    Branding, CreateSchool, PatchSchool, PublicSchool, PublicSchoolFilter, PutSchool, School, SchoolFilter,
};
use crate::dto::text::RoleName;
use crate::error::TenancyError;
use crate::model::name_key;
use crate::model::school::{Column, Model, Status};
use crate::perm::SchoolDelete;
use crate::policy::{self, Refusal};
use crate::ports::SCHOOL_TAG;
use crate::repo::keyset::Sorting;
use crate::repo::schools::{self, Change, Filter};
use crate::service::TenancyService;

/// The kind of view in entity tags of schools.
pub(crate) const SCHOOL: &str = "school";

/// The time zone of a school that has not said its own.
pub(crate) const DEFAULT_TIME_ZONE: &str = "UTC";

/// The language of a school that has not said its own.
pub(crate) const DEFAULT_LOCALE: &str = "en";

/// A school to be founded by the program itself: the demo's.
#[derive(Debug, Clone)]
pub struct NewSchool {
    /// What it is called.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
    /// The IANA time zone.
    pub time_zone: String,
    /// The language.
    pub locale: String,
    /// Whether strangers find it in the list of schools.
    pub directory_public: bool,
    /// The names of the roles that strangers may ask for.
    pub requestable_roles: Vec<String>,
}

impl TenancyService {
    /// A page of schools: all for platform staff, one's own for everybody else.
    pub(crate) async fn list_schools(
        &self,
        who: &Principal,
        filter: SchoolFilter,
        request: &PageRequest,
    ) -> Result<Page<School>, TenancyError> {
        let (filter, sorting) = filter.into_query();
        if filter.deleted && !who.may(SchoolDelete::PERMISSION) {
            return Err(Refusal::PlatformStaffOnly.into());
        }
        let scope = if policy::is_platform_staff(who) { Scope::Platform } else { who.scope() };
        let (rows, total) = schools::page(&self.platform.db.read(scope), scope, &filter, sorting, request).await?;
        let page = Page::cut(rows, request, |row| sorting.cursor(row.id.uuid(), &row.name_key));
        Ok(Page { total, ..page.map(School::from) })
    }

    /// A page of the schools that show themselves to strangers, by name.
    pub(crate) async fn list_public_schools(
        &self,
        filter: PublicSchoolFilter,
        request: &PageRequest,
    ) -> Result<Page<PublicSchool>, TenancyError> {
        let (filter, scope) = (Filter { text: filter.q, public: true, ..Filter::default() }, Scope::Platform);
        let sorting = Sorting { by_name: true, descending: false };
        let (rows, total) = schools::page(&self.platform.db.read(scope), scope, &filter, sorting, request).await?;
        let page = Page::cut(rows, request, |row| sorting.cursor(row.id.uuid(), &row.name_key));
        Ok(Page { total, ..page.map(PublicSchool::from) })
    }

    /// One school.
    pub(crate) async fn show_school(&self, who: &Principal, id: SchoolId) -> Result<School, TenancyError> {
        if !policy::sees_school(who, id) {
            return Err(TenancyError::SchoolNotFound);
        }
        let row = schools::find(&self.platform.db.read(Scope::School(id)), id).await?;
        row.map(School::from).ok_or(TenancyError::SchoolNotFound)
    }

    /// A new school.
    pub(crate) async fn create_school(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: CreateSchool,
    ) -> Result<Committed<School>, TenancyError> {
        policy::platform_staff_only(who)?;
        let mut tx = uow.begin().await?;
        let CreateSchool {
            name,
            slug,
            time_zone,
            locale,
            branding,
            directory_public,
            self_signup,
            default_role,
            requestable_roles,
        } = form;
        let new = NewSchool {
            name: name.into(),
            slug: slug.into(),
            time_zone: time_zone.map_or_else(|| DEFAULT_TIME_ZONE.to_owned(), String::from),
            locale: locale.map_or_else(|| DEFAULT_LOCALE.to_owned(), String::from),
            directory_public,
            requestable_roles: Vec::new(),
        };
        let mut row = blank(&tx, new);
        row.branding = branded(&branding.unwrap_or_default())?;
        row.self_signup = self_signup;
        row.default_role = default_role.map(String::from);
        row.requestable_roles = listed(requestable_roles);
        self.check_open_roles(&tx, &row).await?;
        let row = self.found(&mut tx, row).await?;
        let (tag, location) = (etag(SCHOOL, row.version), format!("/v1/schools/{}", row.id));
        Ok(tx.commit(Answer::created(School::from(row)).location(location).etag(tag)).await?)
    }

    /// Founds a school within a unit of work: for sign-ups of whole schools, and for the demo.
    ///
    /// # Errors
    /// [`TenancyError::SlugTaken`].
    pub async fn found_school(&self, tx: &mut Tx, new: NewSchool) -> Result<SchoolId, TenancyError> {
        let row = blank(tx, new);
        Ok(self.found(tx, row).await?.id)
    }

    async fn found(&self, tx: &mut Tx, row: Model) -> Result<Model, TenancyError> {
        schools::insert(tx.conn(), row.clone()).await?;
        tx.emit(&SchoolCreated { school_id: row.id, name: row.name.clone(), slug: row.slug.clone() });
        let facts = facts(&row);
        tx.audit(Audit::of("tenancy.school_created", "school", row.id.uuid()).school(Some(row.id)).after(facts));
        Ok(row)
    }

    /// Replaces what can be changed about a school.
    pub(crate) async fn replace_school(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (SchoolId, PutSchool),
    ) -> Result<Committed<School>, TenancyError> {
        let branding = branded(&form.branding)?;
        self.change_school(who, uow, if_match, id, |before| Model {
            name: form.name.into(),
            slug: form.slug.into(),
            time_zone: form.time_zone.into(),
            locale: form.locale.into(),
            branding,
            directory_public: form.directory_public,
            self_signup: form.self_signup,
            default_role: form.default_role.map(String::from),
            requestable_roles: listed(form.requestable_roles),
            status: form.status.unwrap_or(before.status),
            ..before
        })
        .await
    }

    /// Changes the fields of a school that the patch names.
    pub(crate) async fn patch_school(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, patch): (SchoolId, PatchSchool),
    ) -> Result<Committed<School>, TenancyError> {
        let branding = match patch.branding.into_option() {
            Some(branding) => Some(branded(&branding.unwrap_or_default())?),
            None => None,
        };
        self.change_school(who, uow, if_match, id, |before| Model {
            name: patch.name.map_or(before.name, String::from),
            slug: patch.slug.map_or(before.slug, String::from),
            time_zone: patch.time_zone.map_or(before.time_zone, String::from),
            locale: patch.locale.map_or(before.locale, String::from),
            branding: branding.unwrap_or(before.branding),
            directory_public: patch.directory_public.unwrap_or(before.directory_public),
            self_signup: patch.self_signup.unwrap_or(before.self_signup),
            default_role: patch.default_role.map(String::from).apply_to(before.default_role),
            requestable_roles: patch.requestable_roles.map_or(before.requestable_roles, listed),
            status: patch.status.unwrap_or(before.status),
            ..before
        })
        .await
    }

    async fn change_school(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: SchoolId,
        edit: impl FnOnce(Model) -> Model + Send,
    ) -> Result<Committed<School>, TenancyError> {
        if !policy::sees_school(who, id) {
            return Err(TenancyError::SchoolNotFound);
        }
        let mut tx = uow.begin().await?;
        let row = living(schools::find_locked(tx.conn(), id).await?)?;
        if_match.require(&etag(SCHOOL, row.version)).map_err(|_| TenancyError::Stale)?;
        let mut after = edit(row.clone());
        after.name_key = name_key([Some(after.name.as_str())]);
        if after.status != row.status {
            policy::platform_staff_only(who)?;
        } else if !row.writable() && !policy::is_platform_staff(who) {
            return Err(TenancyError::SchoolReadOnly);
        }
        if (&after.default_role, &after.requestable_roles) != (&row.default_role, &row.requestable_roles) {
            self.check_open_roles(&tx, &after).await?;
        }
        if after != row {
            write(&tx, &row, &after).await?;
            (after.version, after.updated_at) = (row.version + 1, tx.now());
            let suspended = after.status == Status::Suspended;
            let (name, time_zone) = (after.name.clone(), after.time_zone.clone());
            tx.emit(&SchoolChanged { school_id: id, name, time_zone, suspended });
            tx.invalidate(CacheTag::new(SCHOOL_TAG, id.uuid()));
            let audit = Audit::of("tenancy.school_changed", "school", id.uuid()).school(Some(id));
            tx.audit(audit.before(facts(&row)).after(facts(&after)));
        }
        let tag = etag(SCHOOL, after.version);
        Ok(tx.commit(Answer::ok(School::from(after)).etag(tag)).await?)
    }

    /// Whoever joins without another role gets one that there is, and that runs nothing; and so for what may be asked for.
    async fn check_open_roles(&self, tx: &Tx, row: &Model) -> Result<(), TenancyError> {
        let facts = self.role_facts(tx, row.id, &row.open_roles()).await?;
        if facts.iter().any(|role| role.rank >= policy::ADMINISTRATOR) {
            return Err(Refusal::RoleAbove.into());
        }
        Ok(())
    }

    /// Deletes a school, softly: everything of it is hidden, nobody enters it, and it can be restored as it was.
    pub(crate) async fn delete_school(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: SchoolId,
    ) -> Result<Committed<()>, TenancyError> {
        policy::platform_staff_only(who)?;
        let mut tx = uow.begin().await?;
        let row = living(schools::find_locked(tx.conn(), id).await?)?;
        if_match.require(&etag(SCHOOL, row.version)).map_err(|_| TenancyError::Stale)?;
        Change::of(&row, tx.now()).set(Column::DeletedAt, tx.now()).apply(tx.conn()).await?;
        tx.emit(&SchoolDeleted { school_id: id });
        tx.invalidate(CacheTag::new(SCHOOL_TAG, id.uuid()));
        tx.audit(Audit::of("tenancy.school_deleted", "school", id.uuid()).school(Some(id)).before(facts(&row)));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Brings a deleted school back.
    pub(crate) async fn restore_school(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: SchoolId,
    ) -> Result<Committed<School>, TenancyError> {
        policy::platform_staff_only(who)?;
        let mut tx = uow.begin().await?;
        let row = schools::find_locked(tx.conn(), id).await?.ok_or(TenancyError::SchoolNotFound)?;
        if row.deleted_at.is_none() {
            return Err(TenancyError::NotDeleted);
        }
        let none: Option<chrono::DateTime<chrono::Utc>> = None;
        Change::of(&row, tx.now()).set(Column::DeletedAt, none).apply(tx.conn()).await?;
        let after = Model { deleted_at: None, version: row.version + 1, updated_at: tx.now(), ..row };
        tx.emit(&SchoolRestored { school_id: id });
        tx.invalidate(CacheTag::new(SCHOOL_TAG, id.uuid()));
        tx.audit(Audit::of("tenancy.school_restored", "school", id.uuid()).school(Some(id)).after(facts(&after)));
        let tag = etag(SCHOOL, after.version);
        Ok(tx.commit(Answer::ok(School::from(after)).etag(tag)).await?)
    }

    /// A school that somebody is about to write to, though it is not their active one.
    pub(crate) async fn writable_school(&self, tx: &Tx, who: &Principal, id: SchoolId) -> Result<Model, TenancyError> {
        if !policy::acts_in_school(who, id) {
            return Err(TenancyError::SchoolNotFound);
        }
        let row = schools::find(tx.conn(), id).await?.ok_or(TenancyError::SchoolNotFound)?;
        if row.writable() { Ok(row) } else { Err(TenancyError::SchoolReadOnly) }
    }
}

fn living(row: Option<Model>) -> Result<Model, TenancyError> {
    row.filter(|school| school.deleted_at.is_none()).ok_or(TenancyError::SchoolNotFound)
}

fn blank(tx: &Tx, new: NewSchool) -> Model {
    let NewSchool { name, slug, time_zone, locale, directory_public, requestable_roles } = new;
    Model {
        id: SchoolId::new(tx.now(), tx.entropy()),
        slug,
        name_key: name_key([Some(name.as_str())]),
        name,
        time_zone,
        locale,
        branding: json!({}),
        status: Status::Active,
        lapsed_at: None,
        directory_public,
        self_signup: false,
        default_role: None,
        requestable_roles: json!(requestable_roles),
        seat_limit: None,
        seats_used: 0,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
        deleted_at: None,
    }
}

/// The names of roles as they are kept, each once.
fn listed(roles: Vec<RoleName>) -> Value {
    let mut names: Vec<String> = Vec::with_capacity(roles.len());
    for name in roles.into_iter().map(String::from) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    json!(names)
}

fn branded(branding: &Branding) -> Result<Value, TenancyError> {
    serde_json::to_value(branding).map_err(|error| TenancyError::Platform(error.into()))
}

async fn write(tx: &Tx, row: &Model, after: &Model) -> Result<(), TenancyError> {
    Change::of(row, tx.now())
        .set(Column::Name, after.name.clone())
        .set(Column::NameKey, after.name_key.clone())
        .set(Column::Slug, after.slug.clone())
        .set(Column::TimeZone, after.time_zone.clone())
        .set(Column::Locale, after.locale.clone())
        .set(Column::Branding, after.branding.clone())
        .set(Column::DirectoryPublic, after.directory_public)
        .set(Column::SelfSignup, after.self_signup)
        .set(Column::DefaultRole, after.default_role.clone())
        .set(Column::RequestableRoles, after.requestable_roles.clone())
        .set(Column::Status, after.status)
        .apply(tx.conn())
        .await?;
    Ok(())
}

/// What the audit log keeps of a school.
fn facts(row: &Model) -> Value {
    json!({
        "name": row.name, "slug": row.slug, "time_zone": row.time_zone, "locale": row.locale, "branding": row.branding,
        "directory_public": row.directory_public, "self_signup": row.self_signup, "default_role": row.default_role,
        "requestable_roles": row.requestable_roles,
        "status": row.status,
    })
}
