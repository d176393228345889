//! Typed identifiers: `UUIDv7` (RFC 9562) values that cannot be mistaken for one another.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::Entropy;

/// Makes a `UUIDv7` from a time and 10 random bytes: sortable by creation, unique without coordination.
pub fn uuid_v7(now: DateTime<Utc>, entropy: &dyn Entropy) -> Uuid {
    let mut random = [0_u8; 10];
    entropy.fill(&mut random);
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// Declares an id type: a newtype over [`Uuid`] that serialises as its string and is stored as the database's UUID.
///
/// Contexts use it for their own ids: `lyceum_kernel::id!(CourseId, "A course.");`
#[macro_export]
macro_rules! id {
    ($name:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(
            Debug,
            Clone,
            Copy,
            PartialEq,
            Eq,
            Hash,
            PartialOrd,
            Ord,
            ::serde::Serialize,
            ::serde::Deserialize,
            ::utoipa::ToSchema,
            ::sea_orm::DeriveValueType,
        )]
        #[serde(transparent)]
        #[schema(value_type = String, format = Uuid)]
        pub struct $name(pub ::uuid::Uuid);

        impl $name {
            /// A new id for something that comes to be at `now`.
            pub fn new(now: ::chrono::DateTime<::chrono::Utc>, entropy: &dyn $crate::Entropy) -> Self {
                Self($crate::id::uuid_v7(now, entropy))
            }

            /// The plain UUID.
            pub const fn uuid(self) -> ::uuid::Uuid {
                self.0
            }
        }

        // sea-orm wants this of every primary key; no UUID is made from a number.
        impl ::sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, ::sea_orm::DbErr> {
                Err(::sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                ::uuid::Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(UserId, "A person's account.");
id!(SchoolId, "A school: one tenant of the deployment.");
id!(GroupId, "A class, cohort or team inside a school.");
id!(InviteId, "An invite into a school.");
id!(SignupRequestId, "Somebody's request to join a school.");
id!(CourseId, "A course.");
id!(SectionId, "A section of a course.");
id!(BlockId, "A content block in a section of a course.");
id!(EnrollmentId, "Somebody in a course.");
id!(TestId, "A test: also what others call an exam.");
id!(AttemptId, "Somebody's attempt at a test.");
id!(FileId, "A file.");
id!(SessionId, "A login session: one chain of refresh tokens.");
id!(JobId, "A job in the outbox.");
id!(EventId, "Something that happened, told to its consumers.");
id!(EmailId, "A message to be mailed; its `Message-ID` is made from it.");

/// The id of one request, made by the server or taken from a valid `X-Request-Id`: 1 to 64 of `[A-Za-z0-9_.-]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(std::sync::Arc<str>);

impl RequestId {
    /// Takes an id from outside if it is well formed.
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
        well_formed.then(|| Self(text.into()))
    }

    /// A fresh id.
    pub fn new(now: DateTime<Utc>, entropy: &dyn Entropy) -> Self {
        let mut text = Uuid::encode_buffer();
        Self((&*uuid_v7(now, entropy).simple().encode_lower(&mut text)).into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
