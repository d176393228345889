//! What a school has paid for: who sells seats asks here, and sets how many there are.

use lyceum_kernel::{SchoolId, Scope};
use lyceum_platform::cache::CacheTag;
use lyceum_platform::uow::{Audit, UnitOfWork};
use serde_json::json;

use crate::error::TenancyError;
use crate::ports::SCHOOL_TAG;
use crate::repo::{memberships, schools};
use crate::service::TenancyService;

impl TenancyService {
    /// The name of a school and the seats taken there; none if there is no such school.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn name_and_seats(&self, school: SchoolId) -> Result<Option<(String, u64)>, TenancyError> {
        let found = schools::find(&self.platform.db.read(Scope::School(school)), school).await?;
        Ok(found.map(|school| (school.name, u64::try_from(school.seats_used).unwrap_or_default())))
    }

    /// Address and name of those who run a school and can be written to, at most `most` of them.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn administrators(
        &self,
        school: SchoolId,
        most: u64,
    ) -> Result<Vec<(String, Option<String>)>, TenancyError> {
        let db = self.platform.db.read(Scope::School(school));
        Ok(memberships::addresses_of_administrators(&db, school, most).await?)
    }

    /// From now on the school has so many seats (any number if none), and may only read if it has lapsed. People who sit
    /// beyond the limit keep their seats. The same terms again change nothing.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn set_terms(
        &self,
        work: UnitOfWork,
        school: SchoolId,
        seat_limit: Option<u32>,
        lapsed: bool,
    ) -> Result<(), TenancyError> {
        let mut tx = work.begin().await?;
        let limit = seat_limit.map(i64::from);
        let Some(found) = schools::find_locked(tx.conn(), school).await? else { return Ok(tx.commit_quietly().await?) };
        if (found.seat_limit, found.lapsed_at.is_some()) != (limit, lapsed) {
            let lapsed_at = lapsed.then(|| found.lapsed_at.unwrap_or(tx.now()));
            schools::limit_seats(tx.conn(), school, limit, lapsed_at, tx.now()).await?;
            let told = |limit: Option<i64>, lapsed: bool| json!({"seat_limit": limit, "lapsed": lapsed});
            let audit = Audit::of("tenancy.terms_changed", "school", school).school(Some(school));
            let audit = audit.before(told(found.seat_limit, found.lapsed_at.is_some()));
            tx.audit(audit.after(told(limit, lapsed)));
            tx.invalidate(CacheTag::new(SCHOOL_TAG, school.uuid()));
        }
        Ok(tx.commit_quietly().await?)
    }
}
