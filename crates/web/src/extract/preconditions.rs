//! Preconditions (RFC 9110, section 13.1).

use actix_web::http::header;
use lyceum_kernel::{ErrorKind, ServiceError};

use crate::describe::{Describe, Description};
use crate::etag::TagList;
use crate::problem::Problem;
use crate::route::{Extract, Incoming};

/// `If-Match`: which versions the client means to change. Without the header anything goes.
#[derive(Debug, Clone, Default)]
pub struct IfMatch(Option<TagList>);

/// `If-None-Match`: which versions the client has already. Replies with an `ETag` look at it by themselves; handlers take it only
/// to save themselves the work.
#[derive(Debug, Clone, Default)]
pub struct IfNoneMatch(Option<TagList>);

/// The resource has changed since the client saw it: 412.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The resource is not at the version that If-Match names. Read it again.")]
pub struct Stale;

impl ServiceError for Stale {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Stale
    }

    fn code(&self) -> &'static str {
        "stale"
    }
}

impl IfMatch {
    /// Fails unless the client means the version with this entity tag, or did not say.
    pub fn require(&self, etag: &str) -> Result<(), Stale> {
        match &self.0 {
            Some(list) if !list.matches_strongly(etag) => Err(Stale),
            _ => Ok(()),
        }
    }

    /// The version that the client means, for services that compare inside their transaction: nothing if it did not say or said
    /// `*`; -1, which no resource has, if it named no tag of this kind of view.
    pub fn version(&self, kind: &str) -> Option<i64> {
        let Some(TagList::Tags(tags)) = &self.0 else { return None };
        let versions = tags.iter().filter(|tag| !tag.weak).filter_map(|tag| {
            let (version, of) = tag.quoted.trim_matches('"').split_once('-')?;
            (of == kind).then(|| version.parse().ok()).flatten()
        });
        Some(versions.max().unwrap_or(-1))
    }
}

impl IfNoneMatch {
    /// Whether the client has the version with this entity tag.
    pub fn matches(&self, etag: &str) -> bool {
        self.0.as_ref().is_some_and(|list| list.matches_weakly(etag))
    }
}

impl Extract for IfMatch {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        let value = incoming.header(&header::IF_MATCH)?;
        value.map(|value| TagList::parse("if-match", &value)).transpose().map(Self)
    }
}

impl Extract for IfNoneMatch {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        read_if_none_match(incoming).map(Self)
    }
}

pub(crate) fn read_if_none_match(incoming: &Incoming) -> Result<Option<TagList>, Problem> {
    let value = incoming.header(&header::IF_NONE_MATCH)?;
    value.map(|value| TagList::parse("if-none-match", &value)).transpose()
}

impl Describe for IfMatch {
    fn describe(description: &mut Description) {
        description
            .note("`If-Match`, with the `ETag` of an earlier answer, changes only that version; another is 412.");
        description.problem(400, "malformed-header", "A header is not what its specification says.");
        description.problem(412, "stale", "The resource is not at the version that `If-Match` names.");
        description.versioned = true;
    }
}

impl Describe for IfNoneMatch {
    fn describe(description: &mut Description) {
        describe_if_none_match(description);
    }
}

pub(crate) fn describe_if_none_match(description: &mut Description) {
    description.note(
        "`If-None-Match`, with the `ETag` of an earlier answer, gets 304 without a body while nothing has changed.",
    );
    description.problem(400, "malformed-header", "A header is not what its specification says.");
}
