//! Who may enter which school: what logins, tokens and roles of other contexts hang on.

use lyceum_kernel::{SchoolId, Scope, UserId};
use lyceum_platform::uow::Tx;
use uuid::Uuid;

use crate::error::TenancyError;
use crate::model::{fold, membership, school};
use crate::repo::{invites, memberships, schools, signup_requests};
use crate::service::TenancyService;

/// Where a member stands in a school that they may enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberStanding {
    /// The names of the member's roles, sorted.
    pub roles: Vec<String>,
    /// Whether the school may be written to: not while it is suspended or lapsed.
    pub writable: bool,
}

impl TenancyService {
    /// Where somebody stands in a school; none if they may not enter it, or it is deleted. Three small queries.
    ///
    /// What is made of the answer hangs on the tags [`PERMISSIONS_TAG`](crate::ports::PERMISSIONS_TAG) with the account's id and
    /// [`SCHOOL_TAG`](crate::ports::SCHOOL_TAG) with the school's.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn standing(&self, account: UserId, school: SchoolId) -> Result<Option<MemberStanding>, TenancyError> {
        let db = self.platform.db.read(Scope::School(school));
        let Some(found) = schools::find(&db, school).await? else { return Ok(None) };
        let member = memberships::find(&db, school, account).await?;
        if !member.as_ref().is_some_and(membership::Model::may_enter) {
            return Ok(None);
        }
        let roles = memberships::roles_of(&db, school, account).await?;
        Ok(Some(MemberStanding { roles, writable: found.writable() }))
    }

    /// Whether a school is there, and may be written to; none if it is not there.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn writable(&self, school: SchoolId) -> Result<Option<bool>, TenancyError> {
        let db = self.platform.db.read(Scope::School(school));
        Ok(schools::find(&db, school).await?.map(|school| school.writable()))
    }

    /// Whether an account may enter a school as its member.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn may_enter(&self, account: UserId, school: SchoolId) -> Result<bool, TenancyError> {
        let db = self.platform.db.read(Scope::School(school));
        let member = memberships::find(&db, school, account).await?;
        if !member.as_ref().is_some_and(membership::Model::may_enter) {
            return Ok(false);
        }
        Ok(schools::find(&db, school).await?.is_some())
    }

    /// The schools that an account may enter as a member of them.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn schools_of(&self, account: UserId) -> Result<Vec<SchoolId>, TenancyError> {
        let db = self.platform.db.read(Scope::Platform);
        let mine = memberships::of_account(&db, account).await?;
        let open: Vec<_> = mine.iter().filter(|m| m.user_id == account && m.may_enter()).map(|m| m.school_id).collect();
        Ok(schools::find_many(&db, &open).await?.into_iter().map(|school| school.id).collect())
    }

    /// Whether anybody has a role of a school, or gets it who joins, redeems an invite, or is let in as they asked. Former members count: they may come
    /// back.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn role_in_use(&self, tx: &Tx, school: SchoolId, role: &str) -> Result<bool, TenancyError> {
        if memberships::anybody_has(tx.conn(), school, role).await? {
            return Ok(true);
        }
        if invites::any_grants(tx.conn(), school, role, tx.now()).await? {
            return Ok(true);
        }
        if signup_requests::any_asks(tx.conn(), school, role).await? {
            return Ok(true);
        }
        let school = schools::find_locked(tx.conn(), school).await?;
        Ok(school.is_some_and(|school| school.open_roles().iter().any(|name| name == role)))
    }

    /// The school that somebody means by its slug or id.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn school_named(&self, text: &str) -> Result<Option<SchoolId>, TenancyError> {
        Ok(self.find_school(text).await?.map(|school| school.id))
    }

    /// The account of the member of a school who has this username there.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn member_named(&self, school: SchoolId, username: &str) -> Result<Option<UserId>, TenancyError> {
        let db = self.platform.db.read(Scope::School(school));
        let found = memberships::find_by_username(&db, school, &fold(username)).await?;
        Ok(found.filter(|member| member.claimant_id.is_none()).map(|member| member.user_id))
    }

    pub(crate) async fn find_school(&self, text: &str) -> Result<Option<school::Model>, TenancyError> {
        let db = self.platform.db.read(Scope::Platform);
        Ok(match Uuid::parse_str(text) {
            Ok(id) => schools::find(&db, SchoolId(id)).await?,
            Err(_) => schools::find_by_slug(&db, text).await?,
        })
    }
}
