//! Somebody who is to be added.

use std::borrow::Cow;

use lyceum_kernel::{GroupId, SchoolId};
use serde::Deserialize;
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AnyOfBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};
use validator::{Validate, ValidationError, ValidationErrors};

use crate::dto::text::{EmailAddress, ExternalId, FirstPassword, FullName, Level, RoleName, Username};

/// Somebody to be added: with an e-mail address, which gets an invitation or a first password, or with a username and a first
/// password.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    /// One of username and e-mail address is needed.
    #[serde(default)]
    pub username: Option<Username>,
    /// Where the invitation goes if no password is given.
    #[serde(default)]
    pub email: Option<EmailAddress>,
    /// A first password, which its owner must change before anything else. Needed where there is no address.
    #[serde(default)]
    pub password: Option<FirstPassword>,
    /// What people call them.
    #[serde(default)]
    pub full_name: Option<FullName>,
    /// Nobody gives a role above their own.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    pub role: Option<RoleName>,
    /// Year, grade or level.
    #[serde(default)]
    pub level: Option<Level>,
    /// The id in the school's own records.
    #[serde(default)]
    pub external_id: Option<ExternalId>,
    /// Groups of the school to be in.
    #[serde(default)]
    pub group_ids: Vec<GroupId>,
    /// For super admins: the school to add them to, in place of the active one.
    #[serde(default)]
    pub school_id: Option<SchoolId>,
}

impl Validate for CreateUser {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut errors = ValidationErrors::new();
        let fault = |message| ValidationError::new("missing").with_message(Cow::Borrowed(message));
        if self.email.is_none() {
            if self.username.is_none() {
                errors.add("email", fault("is required where there is no username"));
            }
            if self.password.is_none() {
                let message = "is required where there is no address that an invitation could go to";
                errors.add("password", fault(message));
            }
        }
        if self.group_ids.len() > 50 {
            let message = Cow::Borrowed("must be 50 at most");
            errors.add("group_ids", ValidationError::new("length").with_message(message));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

macro_rules! create_schema {
    ($(#[$doc:meta])* $name:ident { $($first:tt)* }) => {
        $(#[$doc])*
        #[derive(ToSchema)]
        #[expect(dead_code, reason = "it is there for its schema")]
        struct $name {
            $($first)*
            /// What people call them.
            full_name: Option<FullName>,
            /// Nobody gives a role above their own; the school's default, or `member` on the deployment, if left out.
            #[schema(value_type = RoleName, required = false)]
            role: Option<RoleName>,
            /// Year, grade or level, in the school's own words.
            level: Option<Level>,
            /// The id in the school's own records.
            external_id: Option<ExternalId>,
            /// Groups of the school to be in.
            #[schema(required = false, max_items = 50)]
            group_ids: Vec<GroupId>,
            /// For super admins: the school to add them to, in place of the active one.
            school_id: Option<SchoolId>,
        }
    };
}

create_schema!(
    /// Somebody with an e-mail address. Without a password they are sent an invitation to choose one.
    CreateUserByEmail {
        /// Where mail for them goes.
        email: EmailAddress,
        /// The name to log in with beside the address.
        username: Option<Username>,
        /// A first password, which its owner must change before anything else.
        password: Option<FirstPassword>,
    }
);

create_schema!(
    /// Somebody who is known by a username and begins with a password from staff.
    CreateUserByUsername {
        /// The name to log in with.
        username: Username,
        /// A first password, which its owner must change before anything else.
        password: FirstPassword,
        /// Where mail for them goes.
        email: Option<EmailAddress>,
    }
);

impl PartialSchema for CreateUser {
    fn schema() -> RefOr<Schema> {
        let either = AnyOfBuilder::new()
            .item(strict::<CreateUserByEmail>())
            .item(strict::<CreateUserByUsername>())
            .description(Some("Somebody with an e-mail address, or with a username and a first password."))
            .examples([json!({"email": "grace@example.org", "full_name": "Grace Hopper", "role": "teacher"})])
            .build();
        RefOr::T(Schema::AnyOf(either))
    }
}

/// The schema of an object that has no other members.
fn strict<T: PartialSchema>() -> RefOr<Schema> {
    use utoipa::openapi::schema::AdditionalProperties;
    match T::schema() {
        RefOr::T(Schema::Object(mut object)) => {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            RefOr::T(Schema::Object(object))
        }
        other => other,
    }
}

impl ToSchema for CreateUser {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("CreateUser")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        CreateUserByEmail::schemas(schemas);
        CreateUserByUsername::schemas(schemas);
    }
}
