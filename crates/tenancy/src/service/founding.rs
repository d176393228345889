//! Schools that sign up: each with its first administrator. How often anybody may sign up is counted here.

use std::net::IpAddr;

use lyceum_platform::limiter::{Policy, network};
use lyceum_platform::uow::{Answer, Committed, UnitOfWork};

use crate::dto::person::Mailed;
use crate::dto::signup::{FoundedSchool, SignUpSchool};
use crate::error::TenancyError;
use crate::model::fold;
use crate::service::TenancyService;
use crate::service::joining::{Joining, NewPerson, Newcomer};
use crate::service::schools::{DEFAULT_LOCALE, DEFAULT_TIME_ZONE, NewSchool};

/// The role of whoever founds a school.
const FOUNDER: &str = "school_admin";

/// Sign-ups from one address in an hour: a whole school may sit behind one.
const PER_ADDRESS: Policy = Policy::per_hour("signup_address", 60).exact();

/// Sign-ups in the name of one e-mail address in an hour.
const PER_EMAIL: Policy = Policy::per_hour("signup_email", 5).exact();

impl TenancyService {
    /// Counts a sign-up, known addresses and unknown ones alike.
    pub(crate) async fn count_signup(&self, address: Option<IpAddr>, email: &str) -> Result<(), TenancyError> {
        let limiter = &self.platform.limiter;
        let decisions =
            [limiter.check(&PER_ADDRESS, &network(address)).await, limiter.check(&PER_EMAIL, &fold(email)).await];
        match decisions.into_iter().find(|decision| !decision.allowed) {
            None => Ok(()),
            Some(decision) => Err(TenancyError::TooManySignups { retry_after: decision.reset_after }),
        }
    }

    /// Somebody founds a school. The school is there at once; they come in once they have followed the link in the mail: the one
    /// that activates a new account, or the one that offers the school to the owner of an account that was there before.
    pub(crate) async fn sign_up_school(
        &self,
        address: Option<IpAddr>,
        uow: UnitOfWork,
        form: SignUpSchool,
    ) -> Result<Committed<Mailed>, TenancyError> {
        if !self.platform.config.tenancy.school_signup {
            return Err(TenancyError::SignupClosed);
        }
        let SignUpSchool { school: FoundedSchool { name, slug, time_zone, locale }, email, password, full_name } = form;
        let (name, email, full_name) = (String::from(name), String::from(email), full_name.map(String::from));
        self.count_signup(address, &email).await?;
        let names: Vec<&str> =
            [Some(name.as_str()), Some(email.as_str()), full_name.as_deref()].into_iter().flatten().collect();
        let password = self.accounts.hash_password(&names, &password.0).await?;
        let mut tx = uow.begin().await?;
        let new = NewSchool {
            name,
            slug: slug.into(),
            time_zone: time_zone.map_or_else(|| DEFAULT_TIME_ZONE.to_owned(), String::from),
            locale: locale.map_or_else(|| DEFAULT_LOCALE.to_owned(), String::from),
            directory_public: false,
            requestable_roles: Vec::new(),
        };
        let school = self.found_school(&mut tx, new).await?;
        let roles = self.role_facts(&tx, school, &[FOUNDER.to_owned()]).await?;
        let founder =
            NewPerson { email: Some(email), username: None, full_name, password: Some(password), chosen: true };
        self.join(&mut tx, Joining::new(school, Newcomer::Person(founder), roles, "founded")).await?;
        Ok(tx.commit(Answer::accepted(on_its_way())).await?)
    }
}

/// The one answer to strangers.
pub(crate) fn on_its_way() -> Mailed {
    Mailed { detail: "The answer comes by mail.".to_owned() }
}
