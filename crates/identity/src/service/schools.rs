//! The school that a session acts in.

use lyceum_kernel::{PlatformRole, Principal, SchoolId, Scope, UserId};
use lyceum_platform::uow::{Audit, Committed, UnitOfWork};
use serde_json::json;
use uuid::Uuid;

use crate::dto::auth::TokenPair;
use crate::error::IdentityError;
use crate::model::account;
use crate::repo;
use crate::service::IdentityService;
use crate::service::refresh::REFRESH;
use crate::token::authenticator::session_tag;

/// The school that somebody says they want to act in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted {
    /// They did not say.
    Any,
    /// This one.
    School(SchoolId),
    /// One that there is not.
    Unknown,
}

impl Wanted {
    /// The school in which names are looked up. One that there is not has nobody in it, and is asked all the same: the time that
    /// it takes does not tell which schools there are.
    pub(crate) const fn school(self) -> Option<SchoolId> {
        match self {
            Self::Any => None,
            Self::School(school) => Some(school),
            Self::Unknown => Some(SchoolId(Uuid::nil())),
        }
    }
}

impl IdentityService {
    /// Whether somebody may act in a school.
    pub(crate) async fn may_enter(
        &self,
        account: UserId,
        role: PlatformRole,
        school: SchoolId,
    ) -> Result<bool, IdentityError> {
        self.schools.may_enter(account, role, school).await.map_err(IdentityError::Schools)
    }

    /// The school that somebody means by its slug or id.
    pub(crate) async fn school_wanted(&self, text: Option<&str>) -> Result<Wanted, IdentityError> {
        let Some(text) = text else { return Ok(Wanted::Any) };
        let found = self.schools.named(text.trim()).await.map_err(IdentityError::Schools)?;
        Ok(found.map_or(Wanted::Unknown, Wanted::School))
    }

    /// The account that somebody means who logs in with this name: a username means the school's member of that name, if a
    /// school is given and has one.
    pub(crate) async fn find_by_login(
        &self,
        name: &str,
        school: Option<SchoolId>,
    ) -> Result<Option<account::Model>, IdentityError> {
        let db = self.platform.db.read(Scope::Platform);
        if let Some(school) = school
            && !name.contains('@')
            && let Some(id) = self.schools.member_named(school, name).await.map_err(IdentityError::Schools)?
        {
            return Ok(repo::accounts::find(&db, id).await?);
        }
        Ok(repo::accounts::find_by_login(&db, name).await?)
    }

    /// The school that a login leads into: the one that was asked for, or the only one that the account may enter, or of several
    /// the one that it acted in last.
    ///
    /// # Errors
    /// [`IdentityError::NotAMember`] if the account may not enter the school that was asked for, or there is no such school.
    pub(crate) async fn school_to_enter(
        &self,
        account: &account::Model,
        wanted: Wanted,
    ) -> Result<Option<SchoolId>, IdentityError> {
        match wanted {
            Wanted::Any => {}
            Wanted::Unknown => return Err(IdentityError::NotAMember),
            Wanted::School(school) => {
                let may = self.may_enter(account.id, account.platform_role.into(), school).await?;
                return if may { Ok(Some(school)) } else { Err(IdentityError::NotAMember) };
            }
        }
        let open = self.schools.schools_of(account.id).await.map_err(IdentityError::Schools)?;
        match open.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(*only)),
            several => {
                let db = self.platform.db.read(Scope::Platform);
                Ok(repo::sessions::latest_school(&db, account.id, several).await?)
            }
        }
    }

    /// The session acts in another school from now on; the answer is its next pair of tokens.
    ///
    /// # Errors
    /// [`IdentityError::NotAMember`]; [`IdentityError::SessionEnded`] if the session has ended meanwhile.
    pub(crate) async fn switch_school(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        school: SchoolId,
    ) -> Result<Committed<TokenPair>, IdentityError> {
        if !self.may_enter(who.user_id, who.platform_role, school).await? {
            // In the log of whoever tried, not of a school that may not even be there.
            let mut tx = uow.begin().await?;
            let audit = Audit::of("identity.school_switched", "session", who.session_id).denied();
            tx.audit(audit.after(json!({ "school_id": school })));
            tx.commit_quietly().await?;
            return Err(IdentityError::NotAMember);
        }
        let keys = self.signing_keys().await?;
        let ip = uow.cause().ip.map(|ip| ip.to_string());
        let mut tx = uow.begin().await?;
        let session = repo::sessions::find(tx.conn(), who.session_id).await?;
        let session = session.filter(|session| session.alive(tx.now())).ok_or(IdentityError::SessionEnded)?;
        let before = session.school_id;
        let present = self.platform.keyring.token(REFRESH, session.id.uuid(), session.generation_number());
        let rotated = self.rotate_session(&tx, session, present.expose(), ip).await?;
        // Somebody renewed the session at the same moment: the client has newer tokens to switch with.
        let mut session = rotated.ok_or(IdentityError::SessionEnded)?;
        if !repo::sessions::enter_school(tx.conn(), session.id, school).await? {
            return Err(IdentityError::SessionEnded);
        }
        session.school_id = Some(school);
        tx.invalidate(session_tag(session.id));
        tx.audit(
            Audit::of("identity.school_switched", "session", session.id)
                .school(Some(school))
                .before(json!({ "school_id": before }))
                .after(json!({ "school_id": school })),
        );
        self.grant(tx, &session, &keys).await
    }
}
