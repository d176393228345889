//! Joining a school: the one function through which people come in, whoever brings them and however.
//!
//! In one transaction: the account opened or found, the membership, its roles and groups, the seat, the audit rows, the events
//! and the letter. Staff who add people, invites, requests to join and imports all call [`TenancyService::join`].

use lyceum_kernel::events::tenancy::{
    GroupMemberAdded, MemberAccepted, MemberJoined, MemberReturned, MemberRolesChanged,
};
use lyceum_kernel::{GroupId, SchoolId, UserId};
use lyceum_platform::cache::CacheTag;
use lyceum_platform::uow::{Audit, Tx};
use serde_json::json;

use crate::error::TenancyError;
use crate::letters::{self, OFFER_LIFE};
use crate::model::membership::{Column, MembershipId, Model, Status};
use crate::model::{family_key, fold, name_key, school};
use crate::policy;
use crate::ports::{Account, HashedPassword, NewAccount, PERMISSIONS_TAG, RoleFacts};
use crate::repo::memberships::Change;
use crate::repo::{groups, memberships, schools};
use crate::service::TenancyService;

/// The role of those who join a school that names none.
const DEFAULT_ROLE: &str = "student";

/// Somebody who is to join.
#[derive(Debug, Clone)]
pub enum Newcomer {
    /// An account whose owner wants it: comes in at once.
    Owner(UserId),
    /// Somebody known by an address or a username. An unknown address gets an account; a known one an offer by mail, which looks
    /// just the same to whoever adds it.
    Person(NewPerson),
}

/// Somebody as whoever adds them knows them: an address, or a username and a first password.
#[derive(Debug, Clone, Default)]
pub struct NewPerson {
    /// The address.
    pub email: Option<String>,
    /// The name to log in with; unique in the school.
    pub username: Option<String>,
    /// What people call them.
    pub full_name: Option<String>,
    /// A first password. Without one an invitation to choose one is mailed.
    pub password: Option<HashedPassword>,
    /// Whether they chose it themselves: then the account is theirs alone, and waits for its activation.
    pub chosen: bool,
}

/// Where the seat comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seat {
    /// One more of the school's is taken now.
    Take,
    /// It was taken before, by [`TenancyService::reserve_seats`].
    Reserved,
}

/// What somebody joins, and as what.
#[derive(Debug, Clone)]
pub struct Joining {
    /// The school.
    pub school: SchoolId,
    /// Who.
    pub who: Newcomer,
    /// The roles, looked up with [`TenancyService::role_facts`] and allowed by whoever gives them. None: the school's default.
    pub roles: Vec<RoleFacts>,
    /// The groups.
    pub groups: Vec<GroupId>,
    /// Year, grade or level.
    pub level: Option<String>,
    /// The id in the school's own records.
    pub external_id: Option<String>,
    /// Where the seat comes from.
    pub seat: Seat,
    /// How they came, for the audit log: `added`, `invited`, `registered`, `requested`, `imported`,
    /// `founded`.
    pub means: &'static str,
}

impl Joining {
    /// Somebody joins a school in some roles; the rest can be set.
    pub const fn new(school: SchoolId, who: Newcomer, roles: Vec<RoleFacts>, means: &'static str) -> Self {
        Self { school, who, roles, groups: Vec::new(), level: None, external_id: None, seat: Seat::Take, means }
    }
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// In.
    Joined,
    /// An offer was mailed; it is for its owner to accept.
    Offered,
    /// Was in before; roles and groups were added, none was taken.
    WasMember {
        /// Whether a role was added.
        raised: bool,
    },
}

/// A membership as it is after joining.
#[derive(Debug, Clone)]
pub struct Joined {
    /// The row.
    pub membership: Model,
    /// The names of the roles, sorted.
    pub roles: Vec<String>,
    /// The groups that they were not in before.
    pub entered: Vec<GroupId>,
    /// What became of it.
    pub outcome: Outcome,
}

impl TenancyService {
    /// What is known of these roles of a school, in the order of their names. They stay as they are until the transaction ends.
    ///
    /// # Errors
    /// [`TenancyError::UnknownRole`] if one of them is no role of the school.
    pub async fn role_facts(
        &self,
        tx: &Tx,
        school: SchoolId,
        names: &[String],
    ) -> Result<Vec<RoleFacts>, TenancyError> {
        let facts = self.known_roles(tx, school, names).await?;
        let known = names.iter().all(|name| facts.iter().any(|role| role.name == *name));
        if known { Ok(facts) } else { Err(TenancyError::UnknownRole) }
    }

    /// The same without those that are no roles of the school any more.
    pub(crate) async fn known_roles(
        &self,
        tx: &Tx,
        school: SchoolId,
        names: &[String],
    ) -> Result<Vec<RoleFacts>, TenancyError> {
        let mut facts = self.roles.assignable(tx, school, names).await?;
        facts.sort_by(|a, b| a.name.cmp(&b.name));
        facts.dedup_by(|a, b| a.name == b.name);
        Ok(facts)
    }

    /// The name of the role of those who join a school without another.
    pub(crate) fn joining_role(&self, school: &school::Model) -> String {
        let config = &self.platform.config.tenancy;
        let usual = config.joining_role.as_ref().filter(|_| config.default_school.as_ref() == Some(&school.slug));
        usual.or(school.default_role.as_ref()).cloned().unwrap_or_else(|| DEFAULT_ROLE.to_owned())
    }

    /// Takes seats for people who are about to join, all or none. What is not used goes back with
    /// [`return_seats`](Self::return_seats).
    ///
    /// # Errors
    /// [`TenancyError::NoSeatLeft`].
    pub async fn reserve_seats(&self, tx: &mut Tx, school: SchoolId, seats: i64) -> Result<(), TenancyError> {
        if schools::take_seats(tx.conn(), school, seats).await? { Ok(()) } else { Err(TenancyError::NoSeatLeft) }
    }

    /// Gives reserved seats back.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn return_seats(&self, tx: &mut Tx, school: SchoolId, seats: i64) -> Result<(), TenancyError> {
        Ok(schools::return_seats(tx.conn(), school, seats).await?)
    }

    /// Somebody joins a school. A role that somebody has is never taken, so that joining never lowers.
    ///
    /// # Errors
    /// [`TenancyError::SchoolNotFound`], [`TenancyError::GroupNotFound`], [`TenancyError::NoSeatLeft`],
    /// [`TenancyError::AlreadyMember`] (a [`NewPerson`] whose address a member has), [`TenancyError::KeptOut`] (an owner whom
    /// staff keep out), [`TenancyError::UsernameTaken`], [`TenancyError::ExternalIdTaken`].
    pub async fn join(&self, tx: &mut Tx, joining: Joining) -> Result<Joined, TenancyError> {
        let school = schools::find(tx.conn(), joining.school).await?.ok_or(TenancyError::SchoolNotFound)?;
        if groups::find_living(tx.conn(), school.id, &joining.groups).await?.len() != joining.groups.len() {
            return Err(TenancyError::GroupNotFound);
        }
        let mut joined = match joining.who.clone() {
            Newcomer::Owner(account) => self.join_owner(tx, &school, account, &joining).await?,
            Newcomer::Person(person) => self.join_person(tx, &school, person, &joining).await?,
        };
        let user = joined.membership.user_id;
        joined.entered = groups::add_member(tx.conn(), school.id, &joining.groups, user, tx.now()).await?;
        for group_id in joined.entered.iter().copied() {
            tx.emit(&GroupMemberAdded { school_id: school.id, group_id, user_id: user });
        }
        joined.roles.sort();
        tx.invalidate(CacheTag::new(PERMISSIONS_TAG, user.uuid()));
        Ok(joined)
    }

    async fn join_owner(
        &self,
        tx: &mut Tx,
        school: &school::Model,
        id: UserId,
        joining: &Joining,
    ) -> Result<Joined, TenancyError> {
        let account = self.accounts.by_id(tx, id).await?.ok_or(TenancyError::MemberNotFound)?;
        if let Some(offered) = memberships::find_offered_locked(tx.conn(), school.id, id).await? {
            let accepted = self.accept(tx, offered, &account).await?;
            return self.add_roles(tx, accepted, joining).await;
        }
        match memberships::find_locked(tx.conn(), school.id, id).await? {
            Some(row) if row.deleted_at.is_none() => {
                if row.status == Status::Inactive {
                    return Err(TenancyError::KeptOut);
                }
                self.add_roles(tx, row, joining).await
            }
            former => {
                if former.is_some() {
                    memberships::erase(tx.conn(), school.id, id).await?;
                    tx.emit(&MemberReturned { school_id: school.id, user_id: id });
                }
                let mut row = blank(tx, school, id, joining);
                row.status = Status::Active;
                row.joined_at = Some(tx.now());
                self.copy_names(tx, &mut row, &account).await?;
                self.enrol(tx, row, joining, Outcome::Joined).await
            }
        }
    }

    async fn join_person(
        &self,
        tx: &mut Tx,
        school: &school::Model,
        person: NewPerson,
        joining: &Joining,
    ) -> Result<Joined, TenancyError> {
        let known = match &person.email {
            Some(email) => self.accounts.by_email(tx, email).await?,
            None => None,
        };
        let fresh = UserId::new(tx.now(), tx.entropy());
        let mut row = blank(tx, school, fresh, joining);
        (row.username_key, row.email_key) = (person.username.as_deref().map(fold), person.email.as_deref().map(fold));
        (row.username, row.email) = (person.username.clone(), person.email.clone());
        row.family_key = family_key(person.full_name.as_deref());
        row.name_key = sort_key(person.full_name.as_deref(), person.username.as_deref(), person.email.as_deref());
        row.full_name.clone_from(&person.full_name);
        row.vouched = person.password.is_some() && !person.chosen;
        if let Some(account) = known {
            row.claimant_id = Some(account.id);
            row.offer_expires_at = Some(tx.now() + OFFER_LIFE);
            let joined = self.enrol(tx, row, joining, Outcome::Offered).await?;
            letters::offer(tx, school, &account, &joined.membership);
            return Ok(joined);
        }
        let NewPerson { email, username, full_name, password, chosen } = person;
        row.joined_at = row.vouched.then(|| tx.now());
        row.status = Status::Active;
        let account = NewAccount { username, email, full_name, password, opened_by: (!chosen).then_some(school.id) };
        row.user_id = self.accounts.open(tx, account).await?;
        self.enrol(tx, row, joining, Outcome::Joined).await
    }

    /// Takes the seat and writes the membership with its roles.
    async fn enrol(
        &self,
        tx: &mut Tx,
        row: Model,
        joining: &Joining,
        outcome: Outcome,
    ) -> Result<Joined, TenancyError> {
        if joining.seat == Seat::Take {
            self.reserve_seats(tx, row.school_id, 1).await?;
        }
        let roles: Vec<_> = joining.roles.iter().map(|role| role.name.clone()).collect();
        memberships::insert(tx.conn(), row.clone()).await?;
        memberships::set_roles(tx.conn(), row.school_id, row.user_id, &roles).await?;
        tx.audit(Audit::of("tenancy.member_added", "member", row.user_id).school(Some(row.school_id)).after(json!({
            "roles": roles, "username": row.username, "email": row.email, "full_name": row.full_name,
            "level": row.level, "external_id": row.external_id, "means": joining.means,
        })));
        if outcome == Outcome::Joined {
            tx.emit(&MemberJoined { school_id: row.school_id, user_id: row.user_id, roles: roles.clone() });
        }
        Ok(Joined { membership: row, roles, entered: Vec::new(), outcome })
    }

    /// Adds the roles that a member does not have yet.
    async fn add_roles(&self, tx: &mut Tx, row: Model, joining: &Joining) -> Result<Joined, TenancyError> {
        let held = memberships::roles_of(tx.conn(), row.school_id, row.user_id).await?;
        let new: Vec<_> = joining.roles.iter().filter(|role| !held.contains(&role.name)).collect();
        if new.is_empty() {
            return Ok(Joined {
                membership: row,
                roles: held,
                entered: Vec::new(),
                outcome: Outcome::WasMember { raised: false },
            });
        }
        let mut roles = held.clone();
        roles.extend(new.iter().map(|role| role.name.clone()));
        roles.sort();
        let mut after = row.clone();
        for role in new {
            let rank = i16::from(role.rank.get());
            if rank > after.rank {
                (after.rank, after.role) = (rank, role.name.clone());
            }
        }
        memberships::set_roles(tx.conn(), row.school_id, row.user_id, &roles).await?;
        Change::of(&row, tx.now())
            .set(Column::Role, after.role.clone())
            .set(Column::Rank, after.rank)
            .apply(tx.conn())
            .await?;
        (after.version, after.updated_at) = (row.version + 1, tx.now());
        tx.audit(
            Audit::of("tenancy.member_roles_changed", "member", row.user_id)
                .school(Some(row.school_id))
                .before(json!({ "roles": held }))
                .after(json!({ "roles": roles, "means": joining.means })),
        );
        tx.emit(&MemberRolesChanged { school_id: row.school_id, user_id: row.user_id, roles: roles.clone() });
        Ok(Joined { membership: after, roles, entered: Vec::new(), outcome: Outcome::WasMember { raised: true } })
    }

    /// Somebody who has an account takes up what was offered to them: the membership is theirs from now on, with the names that
    /// their account has.
    pub(crate) async fn accept(&self, tx: &mut Tx, row: Model, account: &Account) -> Result<Model, TenancyError> {
        // Somebody who was a member before: the former membership makes room. One who is a member has nothing to accept.
        if let Some(former) = memberships::find_locked(tx.conn(), row.school_id, account.id).await? {
            if former.deleted_at.is_none() {
                return Err(TenancyError::AlreadyMember);
            }
            memberships::erase(tx.conn(), row.school_id, account.id).await?;
        }
        let mut after = Model { user_id: account.id, claimant_id: None, status: Status::Active, ..row.clone() };
        (after.joined_at, after.offer_expires_at) = (Some(tx.now()), None);
        self.copy_names(tx, &mut after, account).await?;
        Change::of(&row, tx.now())
            .set(Column::UserId, after.user_id)
            .set(Column::ClaimantId, None::<UserId>)
            .set(Column::Status, after.status)
            .set(Column::JoinedAt, after.joined_at)
            .set(Column::OfferExpiresAt, after.offer_expires_at)
            .set(Column::Username, after.username.clone())
            .set(Column::UsernameKey, after.username_key.clone())
            .set(Column::Email, after.email.clone())
            .set(Column::EmailKey, after.email_key.clone())
            .set(Column::FullName, after.full_name.clone())
            .set(Column::NameKey, after.name_key.clone())
            .set(Column::FamilyKey, after.family_key.clone())
            .apply(tx.conn())
            .await?;
        (after.version, after.updated_at) = (row.version + 1, tx.now());
        let roles = memberships::roles_of(tx.conn(), after.school_id, after.user_id).await?;
        tx.audit(
            Audit::of("tenancy.membership_accepted", "member", after.user_id)
                .school(Some(after.school_id))
                .by(account.id)
                .after(json!({ "roles": roles })),
        );
        let Model { school_id, user_id, .. } = after;
        tx.emit(&MemberJoined { school_id, user_id, roles });
        tx.emit(&MemberAccepted { school_id, user_id, formerly: row.user_id });
        tx.invalidate(CacheTag::new(PERMISSIONS_TAG, account.id.uuid()));
        Ok(after)
    }

    /// Copies what the directory shows of an account. A username that another member has is left out: whoever comes from
    /// elsewhere is known by name and address.
    pub(crate) async fn copy_names(&self, tx: &Tx, row: &mut Model, account: &Account) -> Result<(), TenancyError> {
        let Account { username, email, full_name, .. } = account;
        let key = username.as_deref().map(fold);
        let taken = match &key {
            Some(key) => memberships::find_by_username(tx.conn(), row.school_id, key).await?,
            None => None,
        };
        let free = taken.is_none_or(|other| other.id == row.id);
        (row.username, row.username_key) = if free { (username.clone(), key) } else { (None, None) };
        (row.email, row.email_key) = (email.clone(), email.as_deref().map(fold));
        row.full_name.clone_from(full_name);
        row.family_key = family_key(full_name.as_deref());
        row.name_key = sort_key(full_name.as_deref(), username.as_deref(), email.as_deref());
        Ok(())
    }
}

/// Where somebody stands in a list by name.
pub(crate) fn sort_key(full_name: Option<&str>, username: Option<&str>, email: Option<&str>) -> String {
    name_key([full_name, username, email])
}

/// A membership with no names yet, waiting.
pub(crate) fn blank(tx: &Tx, school: &school::Model, user: UserId, joining: &Joining) -> Model {
    let highest = policy::highest(&joining.roles);
    Model {
        school_id: school.id,
        user_id: user,
        id: MembershipId::new(tx.now(), tx.entropy()),
        claimant_id: None,
        status: Status::Pending,
        vouched: false,
        offer_generation: 0,
        offer_expires_at: None,
        level: joining.level.clone(),
        external_id: joining.external_id.clone(),
        username: None,
        username_key: None,
        email: None,
        email_key: None,
        full_name: None,
        name_key: String::new(),
        family_key: String::new(),
        role: highest.map(|role| role.name.clone()).unwrap_or_default(),
        rank: highest.map_or(0, |role| i16::from(role.rank.get())),
        joined_at: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
        deleted_at: None,
    }
}
