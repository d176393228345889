//! Facts about a school's people that other contexts ask for: each one query, whatever the number of people.

use std::collections::{HashMap, HashSet};

use lyceum_kernel::{GroupId, Rank, SchoolId, Scope, UserId};

use crate::error::TenancyError;
use crate::model::fold;
use crate::model::membership::{Column, Model};
use crate::repo::{groups, memberships, schools};
use crate::service::TenancyService;

/// By what a member is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum MemberName {
    /// Their id in the school.
    Id(UserId),
    /// The id in the school's own records.
    ExternalId(String),
    /// Their address, whatever its case.
    Email(String),
    /// Their username, whatever its case.
    Username(String),
}

impl MemberName {
    const fn id(&self) -> Option<UserId> {
        match self {
            Self::Id(id) => Some(*id),
            Self::ExternalId(_) | Self::Email(_) | Self::Username(_) => None,
        }
    }

    /// What stands in this column, if that is where it is to be looked for.
    fn key(&self, column: Column) -> Option<String> {
        match (self.folded(), column) {
            (Self::ExternalId(key), Column::ExternalId)
            | (Self::Email(key), Column::EmailKey)
            | (Self::Username(key), Column::UsernameKey) => Some(key),
            _ => None,
        }
    }

    /// The form that is compared.
    fn folded(&self) -> Self {
        match self {
            Self::Email(text) => Self::Email(fold(text)),
            Self::Username(text) => Self::Username(fold(text)),
            other => other.clone(),
        }
    }
}

/// Where somebody is written to, and in whose name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub email: String,
    /// What people call them.
    pub name: Option<String>,
    /// The school's language.
    pub locale: String,
    /// What the school is called.
    pub school: String,
}

impl TenancyService {
    /// Which of some people may enter a school and have a rank of at least `rank` there.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn members_of_rank(
        &self,
        school: SchoolId,
        people: &[UserId],
        rank: Rank,
    ) -> Result<HashSet<UserId>, TenancyError> {
        let db = self.platform.db.read(Scope::School(school));
        let rows = memberships::find_some(&db, school, people).await?;
        let fit = rows.into_iter().filter(|row| row.may_enter() && row.rank() >= rank);
        Ok(fit.map(|row| row.user_id).collect())
    }

    /// Those of some people who belong to a school, with their rank there: who is kept out does not, who has been asked and has not
    /// come yet does.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn members_among(
        &self,
        school: SchoolId,
        people: &[UserId],
    ) -> Result<HashMap<UserId, Rank>, TenancyError> {
        let db = self.platform.db.read(Scope::School(school));
        let rows = memberships::find_some(&db, school, people).await?;
        Ok(rows.into_iter().filter(Model::seated).map(|row| (row.user_id, row.rank())).collect())
    }

    /// Those of a school's members whom these names mean, as [`members_among`](Self::members_among) counts them: four queries at most.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn members_named(
        &self,
        school: SchoolId,
        names: &[MemberName],
    ) -> Result<HashMap<MemberName, (UserId, Rank)>, TenancyError> {
        let db = self.platform.db.read(Scope::School(school));
        let ids: Vec<_> = names.iter().filter_map(MemberName::id).collect();
        let mut rows = Vec::new();
        if !ids.is_empty() {
            rows.extend(memberships::find_some(&db, school, &ids).await?);
        }
        for column in [Column::ExternalId, Column::EmailKey, Column::UsernameKey] {
            let keys = names.iter().filter_map(|name| name.key(column)).collect();
            rows.extend(memberships::find_many_by(&db, school, column, keys).await?);
        }
        rows.retain(Model::seated);
        let mut found: HashMap<MemberName, &Model> = HashMap::new();
        for row in &rows {
            found.insert(MemberName::Id(row.user_id), row);
            found.extend(row.external_id.clone().map(|id| (MemberName::ExternalId(id), row)));
            found.extend(row.email_key.clone().map(|key| (MemberName::Email(key), row)));
            found.extend(row.username_key.clone().map(|key| (MemberName::Username(key), row)));
        }
        let meant = |name: &MemberName| found.get(&name.folded()).map(|row| (name.clone(), (row.user_id, row.rank())));
        Ok(names.iter().filter_map(meant).collect())
    }

    /// Where somebody who belongs to a school is written to, and in whose name; nothing without an address. Two queries.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn address_of(&self, school: SchoolId, user: UserId) -> Result<Option<Address>, TenancyError> {
        let db = self.platform.db.read(Scope::School(school));
        let row = memberships::find_some(&db, school, &[user]).await?.into_iter().find(Model::seated);
        let Some((row, found)) = row.zip(schools::find(&db, school).await?) else { return Ok(None) };
        let address = |email| Address { email, name: row.full_name, locale: found.locale, school: found.name };
        Ok(row.email.map(address))
    }

    /// Everybody who is in some groups of a school, each once; nothing if one of them is not there.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn people_in_groups(
        &self,
        school: SchoolId,
        ids: &[GroupId],
    ) -> Result<Option<Vec<UserId>>, TenancyError> {
        let db = self.platform.db.read(Scope::School(school));
        let there = groups::known(&db, school, ids).await?;
        if ids.iter().any(|id| !there.contains(id)) {
            return Ok(None);
        }
        let mut people = groups::people_of(&db, school, ids).await?;
        let members = self.members_among(school, &people).await?;
        let mut seen = HashSet::new();
        people.retain(|user| members.contains_key(user) && seen.insert(*user));
        Ok(Some(people))
    }

    /// The groups of a school that somebody is in.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn groups_of(&self, school: SchoolId, user: UserId) -> Result<HashSet<GroupId>, TenancyError> {
        let db = self.platform.db.read(Scope::School(school));
        Ok(groups::of_person(&db, school, user).await?.into_iter().collect())
    }

    /// The groups of a school, deleted ones among them, that somebody is in: they will be in them when those come back.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn any_groups_of(&self, school: SchoolId, user: UserId) -> Result<HashSet<GroupId>, TenancyError> {
        let db = self.platform.db.read(Scope::School(school));
        Ok(groups::any_of_person(&db, school, user).await?.into_iter().collect())
    }

    /// Everybody who is in a group of a school, deleted ones among them, once for each.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn group_members(&self, school: SchoolId) -> Result<Vec<(GroupId, UserId)>, TenancyError> {
        Ok(groups::all_members(&self.platform.db.read(Scope::School(school)), school).await?)
    }

    /// Which of some groups there are in a school.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn known_groups(&self, school: SchoolId, ids: &[GroupId]) -> Result<HashSet<GroupId>, TenancyError> {
        let db = self.platform.db.read(Scope::School(school));
        Ok(groups::known(&db, school, ids).await?.into_iter().collect())
    }

    /// The language of a school (BCP 47).
    ///
    /// # Errors
    /// If the database is away, or there is no such school.
    pub async fn locale(&self, school: SchoolId) -> Result<String, TenancyError> {
        let db = self.platform.db.read(Scope::School(school));
        Ok(schools::find(&db, school).await?.ok_or(TenancyError::SchoolNotFound)?.locale)
    }
}
