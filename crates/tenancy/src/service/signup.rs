//! People who ask to join a school, and those who decide.

use std::net::IpAddr;

use lyceum_kernel::{Page, PageRequest, Principal, SchoolId, Scope, SignupRequestId};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use serde_json::{Value, json};

use crate::dto::person::Mailed;
use crate::dto::signup::{
    AskToJoin, AskToJoinAsMe, DecideRequest, Decision, MySignupRequest, SignupFilter, SignupRequest,
};
use crate::error::TenancyError;
use crate::letters;
use crate::model::signup_request::{Model, Status};
use crate::model::{fold, school};
use crate::policy;
use crate::ports::Account;
use crate::repo::keyset::Sorting;
use crate::repo::schools;
use crate::repo::signup_requests::{self, Filter};
use crate::service::TenancyService;
use crate::service::founding::on_its_way;
use crate::service::joining::{Joining, NewPerson, Newcomer};

/// The kind of view in entity tags of requests.
pub(crate) const REQUEST: &str = "signup-request";

/// A request to join, filed by the program itself.
#[derive(Debug, Clone)]
pub struct NewRequest {
    /// The school.
    pub school: SchoolId,
    /// Where the answer goes.
    pub email: String,
    /// What they call themselves.
    pub full_name: String,
    /// The name of the role that they ask for.
    pub role: String,
}

impl TenancyService {
    /// A stranger asks to join a school. Asking again changes what was asked; the answer is always the same.
    pub(crate) async fn ask_to_join(
        &self,
        address: Option<IpAddr>,
        uow: UnitOfWork,
        form: AskToJoin,
    ) -> Result<Committed<Mailed>, TenancyError> {
        let AskToJoin { school, email, full_name, role, message } = form;
        let email = String::from(email);
        self.count_signup(address, &email).await?;
        let school = self.find_school(&school).await?.filter(takes_requests).ok_or(TenancyError::SchoolNotFound)?;
        let role = requested_role(&school, role.map(String::from))?;
        let mut tx = uow.begin().await?;
        let row = Model { message, full_name: full_name.map(String::from), ..blank(&tx, &school, role, email) };
        self.file(&mut tx, row).await?;
        Ok(tx.commit(Answer::accepted(on_its_way())).await?)
    }

    /// The caller asks to join a school; one that lets anybody in takes them at once.
    pub(crate) async fn ask_to_join_as(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: AskToJoinAsMe,
    ) -> Result<Committed<MySignupRequest>, TenancyError> {
        let AskToJoinAsMe { school, role, message } = form;
        let found = self.find_school(&school).await?.filter(school::Model::writable);
        let school = found.ok_or(TenancyError::SchoolNotFound)?;
        let role = role.map(String::from);
        let open = self.joining_role(&school);
        let walks_in = school.self_signup && role.as_ref().is_none_or(|role| *role == open);
        if !walks_in && !takes_requests(&school) {
            // Before anything else is looked at: what is closed takes as long as what is not there.
            return Err(TenancyError::SchoolNotFound);
        }
        let mut tx = uow.begin().await?;
        let account = self.accounts.by_id(&tx, who.user_id).await?.ok_or(TenancyError::MemberNotFound)?;
        let email = account.email.clone().ok_or(TenancyError::AddressMissing)?;
        let role = if walks_in { open } else { requested_role(&school, role)? };
        let row = blank(&tx, &school, role, email);
        let row = Model { message, user_id: Some(account.id), full_name: account.full_name.clone(), ..row };
        let mut row = self.file(&mut tx, row).await?;
        if walks_in {
            let after = Model { status: Status::Approved, ..row.clone() };
            self.let_in(&mut tx, &school, Some(&account), &after).await?;
            row = decided(&tx, row, after).await?;
        }
        Ok(tx.commit(Answer::created(MySignupRequest::from(row)).location("/v1/me/signup-requests".to_owned())).await?)
    }

    /// Files somebody's request within a unit of work: for the demo.
    ///
    /// # Errors
    /// [`TenancyError::SchoolNotFound`].
    pub async fn file_request(&self, tx: &mut Tx, new: NewRequest) -> Result<(), TenancyError> {
        let NewRequest { school, email, full_name, role } = new;
        let school = schools::find(tx.conn(), school).await?.ok_or(TenancyError::SchoolNotFound)?;
        let row = Model { full_name: Some(full_name), ..blank(tx, &school, role, email) };
        self.file(tx, row).await?;
        Ok(())
    }

    /// Writes a request down, or changes the open one of the same address.
    async fn file(&self, tx: &mut Tx, row: Model) -> Result<Model, TenancyError> {
        let open = signup_requests::find_pending_locked(tx.conn(), &row).await?;
        let filed = if let Some(before) = open {
            let Model { full_name, role, message, .. } = row;
            let (version, updated_at) = (before.version + 1, tx.now());
            let after = Model { full_name, role, message, version, updated_at, ..before.clone() };
            signup_requests::update(tx.conn(), &before, &after).await?;
            after
        } else {
            signup_requests::insert(tx.conn(), row.clone()).await?;
            row
        };
        let audit = Audit::of("tenancy.signup_requested", "signup_request", filed.id.uuid());
        tx.audit(audit.school(Some(filed.school_id)).after(json!({ "role": filed.role })));
        Ok(filed)
    }

    /// A page of the requests to join the active school; of all schools for platform staff without one.
    pub(crate) async fn list_requests(
        &self,
        who: &Principal,
        filter: SignupFilter,
        request: &PageRequest,
    ) -> Result<Page<SignupRequest>, TenancyError> {
        let (filter, sorting) = filter.into_query();
        let scope = who.scope();
        let db = self.platform.db.read(scope);
        let (rows, total) = signup_requests::page(&db, scope, &filter, sorting, request).await?;
        let page = Page::cut(rows, request, |row| sorting.cursor(row.id.uuid(), ""));
        Ok(Page { total, ..page.map(SignupRequest::from) })
    }

    /// A page of the caller's own requests, the newest first.
    pub(crate) async fn my_requests(
        &self,
        who: &Principal,
        request: &PageRequest,
    ) -> Result<Page<MySignupRequest>, TenancyError> {
        let filter = Filter { user: Some(who.user_id), ..Filter::default() };
        let sorting = Sorting { by_name: false, descending: true };
        let db = self.platform.db.read(Scope::Platform);
        let (rows, total) = signup_requests::page(&db, Scope::Platform, &filter, sorting, request).await?;
        let page = Page::cut(rows, request, |row| sorting.cursor(row.id.uuid(), ""));
        Ok(Page { total, ..page.map(MySignupRequest::from) })
    }

    /// One request.
    pub(crate) async fn show_request(
        &self,
        who: &Principal,
        id: SignupRequestId,
    ) -> Result<SignupRequest, TenancyError> {
        let scope = who.scope();
        let row = signup_requests::find(&self.platform.db.read(scope), scope, id).await?;
        row.map(SignupRequest::from).ok_or(TenancyError::RequestNotFound)
    }

    /// Staff let somebody in, perhaps in another role, or do not.
    pub(crate) async fn decide_request(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (SignupRequestId, DecideRequest),
    ) -> Result<Committed<SignupRequest>, TenancyError> {
        let school = who.school_id.ok_or(TenancyError::RequestNotFound)?;
        let mut tx = uow.begin().await?;
        let found = self.writable_school(&tx, who, school).await?;
        let row = signup_requests::find_locked(tx.conn(), school, id).await?;
        let row = row.ok_or(TenancyError::RequestNotFound)?;
        if_match.require(&etag(REQUEST, row.version)).map_err(|_| TenancyError::Stale)?;
        if row.status != Status::Pending {
            return Err(TenancyError::AlreadyDecided);
        }
        let asked = self.known_roles(&tx, school, std::slice::from_ref(&row.role)).await?;
        policy::may_decide(who, &asked)?;
        let mut after = Model { decided_by: Some(who.user_id), ..row.clone() };
        match form.status {
            Decision::Approved => {
                after.status = Status::Approved;
                after.granted_role = Some(form.role.map_or_else(|| row.role.clone(), String::from));
                let account = match row.user_id {
                    Some(user) => self.accounts.by_id(&tx, user).await?,
                    None => None,
                };
                let roles = self.role_facts(&tx, school, after.granted_role.as_slice()).await?;
                policy::may_decide(who, &roles)?;
                self.let_in(&mut tx, &found, account.as_ref(), &after).await?;
            }
            Decision::Rejected => {
                after.status = Status::Rejected;
                letters::rejected(&mut tx, &found, &row);
            }
        }
        let after = decided(&tx, row, after).await?;
        tx.audit(
            Audit::of("tenancy.signup_decided", "signup_request", id.uuid())
                .school(Some(school))
                .before(json!({ "status": "pending", "role": after.role }))
                .after(facts(&after)),
        );
        let tag = etag(REQUEST, after.version);
        Ok(tx.commit(Answer::ok(SignupRequest::from(after)).etag(tag)).await?)
    }

    /// Whoever asked joins: their account, if they were logged in; else whoever has the address.
    async fn let_in(
        &self,
        tx: &mut Tx,
        school: &school::Model,
        account: Option<&Account>,
        row: &Model,
    ) -> Result<(), TenancyError> {
        let role = row.granted_role.clone().unwrap_or_else(|| row.role.clone());
        let roles = self.role_facts(tx, school.id, &[role]).await?;
        let person = match account {
            Some(account) => Newcomer::Owner(account.id),
            None => Newcomer::Person(NewPerson {
                email: row.email.clone(),
                full_name: row.full_name.clone(),
                ..NewPerson::default()
            }),
        };
        self.join(tx, Joining::new(school.id, person, roles, "requested")).await?;
        if let Some(account) = account {
            letters::welcome(tx, school, account);
        }
        Ok(())
    }
}

/// Whether strangers may ask to join.
fn takes_requests(school: &school::Model) -> bool {
    school.writable() && !school.requestable().is_empty()
}

/// The role that is asked for: one that may be.
fn requested_role(school: &school::Model, role: Option<String>) -> Result<String, TenancyError> {
    let open = school.requestable();
    let wanted = role.or_else(|| open.first().cloned());
    wanted.filter(|role| open.contains(role)).ok_or(TenancyError::UnknownRole)
}

fn blank(tx: &Tx, school: &school::Model, role: String, email: String) -> Model {
    Model {
        school_id: school.id,
        id: SignupRequestId::new(tx.now(), tx.entropy()),
        user_id: None,
        email_key: Some(fold(&email)),
        email: Some(email),
        full_name: None,
        role,
        message: None,
        status: Status::Pending,
        granted_role: None,
        decided_by: None,
        decided_at: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

/// Writes what became of a request.
async fn decided(tx: &Tx, before: Model, after: Model) -> Result<Model, TenancyError> {
    let granted_role = match after.status {
        Status::Approved => after.granted_role.or_else(|| Some(after.role.clone())),
        Status::Pending | Status::Rejected => None,
    };
    let (version, now) = (before.version + 1, tx.now());
    let after = Model { granted_role, version, decided_at: Some(now), updated_at: now, ..after };
    signup_requests::update(tx.conn(), &before, &after).await?;
    Ok(after)
}

/// What the audit log keeps of a decision: not who asked, which is theirs to have erased.
fn facts(row: &Model) -> Value {
    json!({ "status": row.status, "role": row.role, "granted_role": row.granted_role })
}
