//! One's own schools: seeing them, taking up what is offered, leaving.

use std::collections::HashMap;

use lyceum_kernel::{Page, PageRequest, Principal, SchoolId, Scope, UserId};
use lyceum_platform::uow::{Answer, Committed, Tx, UnitOfWork};
use secrecy::{ExposeSecret, SecretString};

use crate::dto::school::MySchool;
use crate::error::TenancyError;
use crate::letters::{self, OFFER_LIFE, OFFER_TOKEN};
use crate::model::membership::{Column, MembershipId, Model, Status};
use crate::model::{membership_role, school};
use crate::repo::memberships::{self, Change};
use crate::repo::schools;
use crate::service::TenancyService;

impl TenancyService {
    /// The schools that the caller belongs to or is asked to join: few, so one page. Three queries.
    pub(crate) async fn my_schools(
        &self,
        who: &Principal,
        request: &PageRequest,
    ) -> Result<Page<MySchool>, TenancyError> {
        let db = self.platform.db.read(Scope::Platform);
        let mut mine = memberships::of_account(&db, who.user_id).await?;
        let ids: Vec<_> = mine.iter().map(|row| row.school_id).collect();
        let there: HashMap<SchoolId, school::Model> =
            schools::find_many(&db, &ids).await?.into_iter().map(|school| (school.id, school)).collect();
        mine.retain(|row| there.contains_key(&row.school_id));
        let total = request.total.then_some(mine.len() as u64);
        if let Some(cursor) = &request.cursor {
            mine.retain(|row| row.id.uuid() > cursor.id);
        }
        let page = Page::cut(mine, request, |row| lyceum_kernel::Cursor { id: row.id.uuid(), key: Vec::new() });
        let users: Vec<UserId> = page.items.iter().map(|row| row.user_id).collect();
        let roles = memberships::roles_of_many(&db, Scope::Platform, &users).await?;
        let view = |row: Model| view(&row, &there, &roles, who);
        Ok(Page { total, items: page.items.into_iter().filter_map(view).collect(), next: page.next })
    }

    /// The caller takes up what a school offers them.
    pub(crate) async fn accept_mine(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: SchoolId,
    ) -> Result<Committed<()>, TenancyError> {
        let mut tx = uow.begin().await?;
        let offered = memberships::find_offered_locked(tx.conn(), id, who.user_id).await?;
        self.accept_offer(&mut tx, offered).await?;
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Whoever holds the letter takes up what it offers.
    pub(crate) async fn accept_by_token(
        &self,
        uow: UnitOfWork,
        token: &SecretString,
    ) -> Result<Committed<()>, TenancyError> {
        let opened = self.platform.keyring.open_token(OFFER_TOKEN, token.expose_secret());
        let (id, generation) = opened.ok_or(TenancyError::OfferUnknown)?;
        let mut tx = uow.begin().await?;
        let row = memberships::find_by_id_locked(tx.conn(), MembershipId(id)).await?;
        let row = row.ok_or(TenancyError::OfferUnknown)?;
        let latest = u32::try_from(row.offer_generation).is_ok_and(|latest| latest == generation);
        let open = latest && row.offer_expires_at.is_some_and(|until| tx.now() < until);
        if !open || row.deleted_at.is_some() {
            return Err(TenancyError::OfferExpired);
        }
        self.accept_offer(&mut tx, Some(row)).await?;
        Ok(tx.commit(Answer::no_content()).await?)
    }

    async fn accept_offer(&self, tx: &mut Tx, offered: Option<Model>) -> Result<(), TenancyError> {
        let row = offered.ok_or(TenancyError::OfferUnknown)?;
        schools::find(tx.conn(), row.school_id).await?.ok_or(TenancyError::OfferUnknown)?;
        if row.status == Status::Inactive {
            return Err(TenancyError::OfferExpired);
        }
        let claimant = row.claimant_id.ok_or(TenancyError::OfferExpired)?;
        let account = self.accounts.by_id(tx, claimant).await?;
        let account = account.filter(|account| account.reachable).ok_or(TenancyError::OfferUnknown)?;
        self.accept(tx, row, &account).await?;
        Ok(())
    }

    /// Mails an offer once more; the letter before is void.
    pub(crate) async fn offer_again(
        &self,
        tx: &mut Tx,
        school: &school::Model,
        row: Model,
        claimant: UserId,
    ) -> Result<(), TenancyError> {
        let account = self.accounts.by_id(tx, claimant).await?.ok_or(TenancyError::MemberNotFound)?;
        let (generation, until) = (row.offer_generation + 1, tx.now() + OFFER_LIFE);
        Change::of(&row, tx.now())
            .set(Column::OfferGeneration, generation)
            .set(Column::OfferExpiresAt, until)
            .apply(tx.conn())
            .await?;
        let row = Model { offer_generation: generation, offer_expires_at: Some(until), ..row };
        letters::offer(tx, school, &account, &row);
        Ok(())
    }

    /// The caller leaves a school, or declines what it offers.
    pub(crate) async fn leave_mine(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: SchoolId,
    ) -> Result<Committed<()>, TenancyError> {
        let tx = self.leave(who, uow, id).await?;
        Ok(tx.commit(Answer::no_content()).await?)
    }
}

fn view(
    row: &Model,
    schools: &HashMap<SchoolId, school::Model>,
    roles: &[membership_role::Model],
    who: &Principal,
) -> Option<MySchool> {
    let school = schools.get(&row.school_id)?;
    let theirs = roles.iter().filter(|role| role.school_id == row.school_id && role.user_id == row.user_id);
    Some(MySchool {
        id: school.id,
        slug: school.slug.clone(),
        name: school.name.clone(),
        role: row.role.clone(),
        roles: theirs.map(|role| role.role.clone()).collect(),
        status: row.status,
        joined_at: row.joined_at,
        active: who.school_id == Some(school.id),
    })
}
