//! Facts about a school's people that other contexts ask for: each one query, whatever the number of people.

use std::collections::{HashMap, HashSet};

use lyceum_kernel::{GroupId, Rank, SchoolId, Scope, UserId};

use crate::error::TenancyError;
use crate::model::membership::Model;
use crate::repo::{groups, memberships, schools};
use crate::service::TenancyService;

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
