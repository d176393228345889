//! Coming in by an invite, or as somebody who registered: at once with an account, else once the address is proven.

use std::net::IpAddr;

use lyceum_kernel::events::tenancy::InviteRedeemed;
use lyceum_kernel::{
    ErrorKind, InviteId, PermissionMarker as _, PermissionSet, PlatformRole, Principal, Rank, SchoolId, Scope,
    ServiceError as _, UserId,
};
use lyceum_platform::secrets::Keyring;
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::dto::invite::Redeemed;
use crate::error::TenancyError;
use crate::letters;
use crate::model::invite::{Model, State};
use crate::model::{arrival, fold, school};
use crate::perm::UserInvite;
use crate::ports::RoleFacts;
use crate::repo::{groups, invites, memberships, schools};
use crate::service::TenancyService;
use crate::service::guesses::Guesser;
use crate::service::invites::INVITE_CODE;
use crate::service::joining::{Joined, Joining, Newcomer, Outcome};

/// Where somebody who registers will belong once their address is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The school.
    pub school: SchoolId,
    /// By which invite; none where the school lets anybody in.
    pub invite: Option<InviteId>,
}

impl TenancyService {
    /// The caller comes in by a code, or gets what it grants beside what they have.
    pub(crate) async fn redeem_invite(
        &self,
        who: &Principal,
        address: Option<IpAddr>,
        uow: UnitOfWork,
        code: &SecretString,
    ) -> Result<Committed<Redeemed>, TenancyError> {
        let id = self.guessed(&Guesser::new(Some(who.user_id), address), code).await?;
        let mut tx = uow.begin().await?;
        let view = self.take_up(&mut tx, id, who.user_id).await?;
        Ok(tx.commit(Answer::ok(view)).await?)
    }

    /// The invite that a code is of. A text that is none is counted.
    async fn guessed(&self, guesser: &Guesser, code: &SecretString) -> Result<InviteId, TenancyError> {
        let limiter = &self.platform.limiter;
        guesser.admit(limiter).await?;
        let found = match self.platform.keyring.open_token(INVITE_CODE, code.expose_secret()) {
            Some((id, _)) => {
                let db = self.platform.db.read(Scope::Platform);
                let row = invites::find(&db, Scope::Platform, InviteId(id)).await?;
                row.filter(|row| row.code_hash == Keyring::token_hash(code.expose_secret()))
            }
            None => None,
        };
        if found.is_none() {
            guesser.failed(limiter).await?;
        }
        found.map(|row| row.id).ok_or(TenancyError::InviteUnknown)
    }

    /// Somebody who registers with a code: where it will lead them. Nothing is taken yet, and the answer says nothing of the
    /// address but whether the invite is for it.
    ///
    /// # Errors
    /// [`TenancyError::InviteUnknown`], [`TenancyError::InviteOver`], [`TenancyError::InviteForAnother`],
    /// [`TenancyError::TooManyGuesses`].
    pub async fn entry_by_code(
        &self,
        address: Option<IpAddr>,
        email: &str,
        code: &SecretString,
    ) -> Result<Entry, TenancyError> {
        let id = self.guessed(&Guesser::new(None, address), code).await?;
        let db = self.platform.db.read(Scope::Platform);
        let row = invites::find(&db, Scope::Platform, id).await?.ok_or(TenancyError::InviteUnknown)?;
        schools::find(&db, row.school_id).await?.ok_or(TenancyError::InviteUnknown)?;
        if row.state(self.platform.clock.now()) != State::Active {
            return Err(TenancyError::InviteOver);
        }
        is_for(&row, Some(email))?;
        Ok(Entry { school: row.school_id, invite: Some(row.id) })
    }

    /// Somebody who registers names a school: it takes them if it lets people in by themselves. One that does not looks like
    /// one that is not there.
    ///
    /// # Errors
    /// [`TenancyError::SchoolNotFound`].
    pub async fn entry_by_school(&self, text: &str) -> Result<Entry, TenancyError> {
        let found = self.find_school(text).await?.filter(|school| school.self_signup && school.writable());
        found.map(|school| Entry { school: school.id, invite: None }).ok_or(TenancyError::SchoolNotFound)
    }

    /// The school that everybody joins who registers without more: the deployment's configuration names it, or none.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn usual_entry(&self) -> Result<Option<Entry>, TenancyError> {
        let Some(slug) = &self.platform.config.tenancy.default_school else { return Ok(None) };
        let found = self.find_school(slug).await?;
        if found.is_none() {
            tracing::warn!(school.slug = %slug, "tenancy.default_school_missing");
        }
        Ok(found.map(|school| Entry { school: school.id, invite: None }))
    }

    /// Notes in the transaction that makes the account where its owner will belong.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn await_arrival(&self, tx: &mut Tx, account: UserId, entry: Entry) -> Result<(), TenancyError> {
        let Entry { school, invite } = entry;
        let row = arrival::Model { school_id: school, user_id: account, invite_id: invite, created_at: tx.now() };
        Ok(invites::await_arrival(tx.conn(), row).await?)
    }

    /// The address of an account is proven: its owner comes in where they are awaited. What does not let them in any more, such
    /// as an invite that others have used up meanwhile, is told by mail and keeps nobody from their account.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn arrive(&self, tx: &mut Tx, account: UserId) -> Result<(), TenancyError> {
        let awaited = invites::arrivals_of(tx.conn(), account).await?;
        if awaited.is_empty() {
            return Ok(());
        }
        invites::forget_arrivals(tx.conn(), account).await?;
        for arrival::Model { school_id, invite_id, .. } in awaited {
            let outcome = match invite_id {
                Some(invite) => self.take_up(tx, invite, account).await.map(|_| ()),
                None => self.walk_in(tx, school_id, account).await,
            };
            match outcome {
                Ok(()) => {}
                Err(error) if is_final(&error) => self.regret(tx, school_id, account).await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Tells somebody that they could not be let in.
    async fn regret(&self, tx: &mut Tx, school: SchoolId, account: UserId) -> Result<(), TenancyError> {
        let school = schools::find(tx.conn(), school).await?;
        if let (Some(school), Some(account)) = (school, self.accounts.by_id(tx, account).await?) {
            letters::not_let_in(tx, &school, &account);
        }
        Ok(())
    }

    /// Uses an invite: the use is taken, the redemption noted and the membership made in one transaction.
    async fn take_up(&self, tx: &mut Tx, id: InviteId, person: UserId) -> Result<Redeemed, TenancyError> {
        let row = invites::find(tx.conn(), Scope::Platform, id).await?.ok_or(TenancyError::InviteUnknown)?;
        let school = schools::find(tx.conn(), row.school_id).await?.ok_or(TenancyError::InviteUnknown)?;
        if !school.writable() {
            return Err(TenancyError::SchoolReadOnly);
        }
        let account = self.accounts.by_id(tx, person).await?.ok_or(TenancyError::MemberNotFound)?;
        is_for(&row, account.email.as_deref())?;
        if !invites::take_use(tx.conn(), &row, tx.now()).await? {
            return Err(TenancyError::InviteOver);
        }
        let roles = self.known_roles(tx, school.id, std::slice::from_ref(&row.role)).await?;
        let role = roles.first().ok_or(TenancyError::InviteOver)?;
        if !self.stands_behind(tx, &row, role).await? {
            return Err(TenancyError::InviteOver);
        }
        invites::redeem(tx.conn(), &row, person, tx.now()).await?;
        // A group that is gone meanwhile keeps nobody out of the school.
        let group = groups::find_living(tx.conn(), school.id, row.group_id.as_slice()).await?;
        let mut joining = Joining::new(school.id, Newcomer::Owner(person), roles, "invited");
        joining.groups = group.into_iter().map(|group| group.id).collect();
        let joined = self.join(tx, joining).await?;
        let nothing_new = joined.outcome == Outcome::WasMember { raised: false } && joined.entered.is_empty();
        if nothing_new && row.course_id.is_none() {
            return Err(TenancyError::AlreadyMember);
        }
        note(tx, &row, person);
        letters::welcome(tx, &school, &account);
        Ok(redeemed(&school, &row, joined))
    }

    /// Whether whoever made an invite may still give what it grants.
    async fn stands_behind(&self, tx: &Tx, row: &Model, role: &RoleFacts) -> Result<bool, TenancyError> {
        let Some(maker) = self.accounts.by_id(tx, row.created_by).await?.filter(|maker| maker.reachable) else {
            return Ok(false);
        };
        if maker.platform_role == PlatformRole::SuperAdmin {
            return Ok(true);
        }
        let member = memberships::find(tx.conn(), row.school_id, row.created_by).await?;
        if !member.is_some_and(|member| member.may_enter()) {
            return Ok(false);
        }
        let names = memberships::roles_of(tx.conn(), row.school_id, row.created_by).await?;
        let held = self.known_roles(tx, row.school_id, &names).await?;
        let rank = held.iter().map(|role| role.rank).max().unwrap_or(Rank::MEMBER);
        let permissions = held.iter().fold(PermissionSet::default(), |all, role| all.union(&role.permissions));
        Ok(permissions.holds(UserInvite::PERMISSION) && role.rank <= rank && permissions.covers(&role.permissions))
    }

    /// Somebody joins a school that lets anybody in.
    async fn walk_in(&self, tx: &mut Tx, school: SchoolId, person: UserId) -> Result<(), TenancyError> {
        let found = schools::find(tx.conn(), school).await?.ok_or(TenancyError::SchoolNotFound)?;
        if !found.writable() {
            return Err(TenancyError::SchoolReadOnly);
        }
        let roles = self.role_facts(tx, school, &[self.joining_role(&found)]).await?;
        let account = self.accounts.by_id(tx, person).await?.ok_or(TenancyError::MemberNotFound)?;
        self.join(tx, Joining::new(school, Newcomer::Owner(person), roles, "registered")).await?;
        letters::welcome(tx, &found, &account);
        Ok(())
    }
}

/// An invite with an address is for whoever has it.
fn is_for(row: &Model, email: Option<&str>) -> Result<(), TenancyError> {
    match &row.email_key {
        Some(key) if email.map(fold).as_ref() != Some(key) => Err(TenancyError::InviteForAnother),
        _ => Ok(()),
    }
}

/// Whether trying again would end alike.
fn is_final(error: &TenancyError) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Gone | ErrorKind::Forbidden | ErrorKind::Conflict)
}

fn note(tx: &mut Tx, row: &Model, person: UserId) {
    tx.emit(&InviteRedeemed {
        school_id: row.school_id,
        user_id: person,
        invite_id: row.id,
        course_id: row.course_id,
        role: row.role.clone(),
    });
    tx.audit(
        Audit::of("tenancy.invite_redeemed", "invite", row.id.uuid())
            .school(Some(row.school_id))
            .by(person)
            .after(json!({ "user_id": person, "role": row.role, "uses": row.uses + 1 })),
    );
}

fn redeemed(school: &school::Model, row: &Model, joined: Joined) -> Redeemed {
    Redeemed {
        school_id: school.id,
        slug: school.slug.clone(),
        name: school.name.clone(),
        role: joined.membership.role,
        roles: joined.roles,
        group_id: row.group_id,
        course_id: row.course_id,
    }
}
