//! Invites as staff see them: made, listed, withdrawn.
//!
//! An invite is as good as whoever made it: it counts while they may give its role themselves, so that nobody who is dismissed
//! leaves a door open behind them.

use lyceum_kernel::{InviteId, Page, PageRequest, Principal, SchoolId, Scope, UserId};
use lyceum_platform::secrets::Token;
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use serde_json::{Value, json};

use crate::dto::invite::{CreateInvite, Invite, InviteFilter};
use crate::error::TenancyError;
use crate::letters;
use crate::model::fold;
use crate::model::invite::{Model, State};
use crate::policy::{self, Refusal};
use crate::repo::{groups, invites};
use crate::service::TenancyService;

/// The entity tag of an invite. Time alone makes an invite expire: the tag says whether it has.
pub(crate) fn tag(version: i64, state: State) -> String {
    etag(if state == State::Expired { "invite-expired" } else { "invite" }, version)
}

/// What codes are derived for.
pub(crate) const INVITE_CODE: &str = "invite";

/// How long an invite is good for that says nothing else.
const LIFE: chrono::TimeDelta = chrono::TimeDelta::days(30);

/// An invite to be made by the program itself.
#[derive(Debug, Clone)]
pub struct NewInvite {
    /// The school.
    pub school: SchoolId,
    /// Who answers for it.
    pub created_by: UserId,
    /// The name of the role that it grants.
    pub role: String,
    /// How many people it lets in.
    pub max_uses: i32,
}

impl TenancyService {
    /// A page of the invites of the active school; of all schools for platform staff without one.
    pub(crate) async fn list_invites(
        &self,
        who: &Principal,
        filter: InviteFilter,
        request: &PageRequest,
    ) -> Result<Page<Invite>, TenancyError> {
        let (filter, sorting) = filter.into_query();
        let (scope, now) = (who.scope(), self.platform.clock.now());
        let db = self.platform.db.read(scope);
        let (rows, total) = invites::page(&db, scope, (&filter, now), sorting, request).await?;
        let page = Page::cut(rows, request, |row| sorting.cursor(row.id.uuid(), ""));
        Ok(Page { total, ..page.map(|row| Invite::at(row, now)) })
    }

    /// One invite.
    pub(crate) async fn show_invite(&self, who: &Principal, id: InviteId) -> Result<Invite, TenancyError> {
        let scope = who.scope();
        let row = invites::find(&self.platform.db.read(scope), scope, id).await?;
        let now = self.platform.clock.now();
        row.map(|row| Invite::at(row, now)).ok_or(TenancyError::InviteNotFound)
    }

    /// A new invite. Its code is in the answer, and in the letter if it is for one person; nowhere else.
    pub(crate) async fn create_invite(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: CreateInvite,
    ) -> Result<Committed<Invite>, TenancyError> {
        let school = who.school_id.ok_or(TenancyError::SchoolNeeded)?;
        let CreateInvite { role_to_grant, expires_at, max_uses, email, course_id, group_id } = form;
        if let Some(course) = course_id
            && !self.courses.exists(school, course).await?
        {
            return Err(TenancyError::CourseNotFound);
        }
        let mut tx = uow.begin().await?;
        let found = self.writable_school(&tx, who, school).await?;
        let roles = self.role_facts(&tx, school, &[role_to_grant.into()]).await?;
        policy::may_assign(who, &[], &roles)?;
        let wanted = group_id.as_slice();
        if groups::find_living(tx.conn(), school, wanted).await?.len() != wanted.len() {
            return Err(TenancyError::GroupNotFound);
        }
        let new = NewInvite {
            school,
            created_by: who.user_id,
            role: roles.into_iter().map(|role| role.name).collect(),
            max_uses: max_uses.map_or(1, i32::from),
        };
        let mut row = blank(&tx, new);
        if let Some(until) = expires_at {
            row.expires_at = until;
        }
        if row.expires_at <= tx.now() {
            return Err(TenancyError::AlreadyPast);
        }
        row.email = email.map(String::from);
        row.email_key = row.email.as_deref().map(fold);
        (row.course_id, row.group_id) = (course_id, group_id);
        let code = self.issue(&mut tx, &mut row).await?;
        letters::invite(&mut tx, &found, &row);
        let (tag, location) = (tag(row.version, State::Active), format!("/v1/admin/invites/{}", row.id));
        let link = letters::invite_link(&self.platform.config.server.public_url, &code);
        let view = Invite::at(row, tx.now()).with_code(code.expose(), link);
        Ok(tx.commit(Answer::created(view).location(location).etag(tag)).await?)
    }

    /// Makes an invite within a unit of work: for the demo.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn make_invite(&self, tx: &mut Tx, new: NewInvite) -> Result<Token, TenancyError> {
        let mut row = blank(tx, new);
        self.issue(tx, &mut row).await
    }

    /// Derives the code, keeps its hash and writes the row.
    async fn issue(&self, tx: &mut Tx, row: &mut Model) -> Result<Token, TenancyError> {
        let code = self.platform.keyring.token(INVITE_CODE, row.id.uuid(), 0);
        row.code_hash = code.hash().to_vec();
        invites::insert(tx.conn(), row.clone()).await?;
        let audit = Audit::of("tenancy.invite_created", "invite", row.id.uuid()).school(Some(row.school_id));
        tx.audit(audit.after(facts(row)));
        Ok(code)
    }

    /// Withdraws an invite. Who came by it stays.
    pub(crate) async fn revoke_invite(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: InviteId,
    ) -> Result<Committed<()>, TenancyError> {
        let school = who.school_id.ok_or(TenancyError::InviteNotFound)?;
        let mut tx = uow.begin().await?;
        let row = invites::find_locked(tx.conn(), Scope::School(school), id).await?;
        let row = row.ok_or(TenancyError::InviteNotFound)?;
        if_match.require(&tag(row.version, row.state(tx.now()))).map_err(|_| TenancyError::Stale)?;
        // Whoever made it may take it back, also when they have lost the role that it grants.
        if row.created_by != who.user_id {
            let role = self.known_roles(&tx, school, std::slice::from_ref(&row.role)).await?;
            if role.iter().any(|role| role.rank > who.rank) {
                return Err(Refusal::RoleAbove.into());
            }
        }
        if row.state(tx.now()) != State::Revoked {
            invites::revoke(tx.conn(), &row, tx.now()).await?;
            let audit = Audit::of("tenancy.invite_revoked", "invite", id.uuid()).school(Some(school));
            tx.audit(audit.before(facts(&row)));
        }
        Ok(tx.commit(Answer::no_content()).await?)
    }
}

fn blank(tx: &Tx, new: NewInvite) -> Model {
    let NewInvite { school, created_by, role, max_uses } = new;
    Model {
        school_id: school,
        id: InviteId::new(tx.now(), tx.entropy()),
        code_hash: Vec::new(),
        role,
        email: None,
        email_key: None,
        course_id: None,
        group_id: None,
        max_uses,
        uses: 0,
        expires_at: tx.now() + LIFE,
        revoked_at: None,
        created_by,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

/// What the audit log keeps of an invite: not the address, which is its owner's to have erased.
fn facts(row: &Model) -> Value {
    json!({
        "role": row.role, "max_uses": row.max_uses, "uses": row.uses, "expires_at": row.expires_at,
        "addressed": row.email.is_some(), "course_id": row.course_id, "group_id": row.group_id,
    })
}
