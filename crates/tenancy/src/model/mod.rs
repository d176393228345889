//! The tables of tenancy as sea-orm entities, and the only doors into them.
//!
//! A school's rows are reached through [`ScopedTable`] by naming the school; `Scope::Platform` reaches the rows of all
//! schools (jobs, platform staff), `Scope::None` none. `schools` itself is a platform table: its row is the school.

pub(crate) use lyceum_platform::db::ScopedTable;
use lyceum_platform::db::{EntityTable, SchoolTable};
use lyceum_platform::{school_tables, versioned_rows};

pub mod arrival;
pub mod group;
pub mod group_member;
pub mod import;
pub mod import_chunk;
pub mod import_fault;
pub mod invite;
pub mod invite_redemption;
pub mod membership;
pub mod membership_role;
pub mod school;
pub mod signup_request;

/// The tables as their entities see them, for the test that holds entities against the migrated schema.
pub fn entity_tables() -> Vec<EntityTable> {
    vec![
        EntityTable::of::<arrival::Entity>(),
        EntityTable::of::<group::Entity>(),
        EntityTable::of::<group_member::Entity>(),
        EntityTable::of::<invite::Entity>(),
        EntityTable::of::<invite_redemption::Entity>(),
        EntityTable::of::<import::Entity>(),
        EntityTable::of::<import_chunk::Entity>(),
        EntityTable::of::<import_fault::Entity>(),
        EntityTable::of::<membership::Entity>(),
        EntityTable::of::<membership_role::Entity>(),
        EntityTable::of::<school::Entity>(),
        EntityTable::of::<signup_request::Entity>(),
    ]
}

school_tables! {
    arrival group group_member import import_chunk import_fault invite invite_redemption membership membership_role signup_request
}

versioned_rows!(group);

impl SchoolTable for school::Entity {
    const SCHOOL: Self::Column = school::Column::Id;
}

/// The form of a name that is compared and unique: trimmed and case-folded.
///
/// Going down, up and down again settles letters such as `ß`, `ẞ` and the final sigma alike.
pub fn fold(text: &str) -> String {
    text.trim().to_lowercase().to_uppercase().to_lowercase()
}

/// Most characters of a sort key: it has to fit into a cursor.
const NAME_KEY: usize = 80;

/// Where something stands in a list by name: by the first of the names there is, case-folded and cut.
pub fn name_key<'a>(names: impl IntoIterator<Item = Option<&'a str>>) -> String {
    names.into_iter().flatten().next().map(fold).unwrap_or_default().chars().take(NAME_KEY).collect()
}

/// The last word of a full name, case-folded and cut: what many are looked up by.
pub fn family_key(full_name: Option<&str>) -> String {
    full_name
        .and_then(|name| name.split_whitespace().next_back())
        .map(fold)
        .unwrap_or_default()
        .chars()
        .take(NAME_KEY)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{family_key, fold, name_key};

    #[test]
    fn the_family_is_the_last_word() {
        assert_eq!(family_key(Some("Ada King Lovelace ")), "lovelace");
        assert_eq!(family_key(Some("Plato")), "plato");
        assert_eq!(family_key(None), "");
    }

    #[test]
    fn folding_ignores_case() {
        assert_eq!(fold(" Ada@Example.ORG "), "ada@example.org");
        assert_eq!(fold("STRAẞE"), fold("straße"));
    }

    #[test]
    fn a_sort_key_is_the_first_name_there_is() {
        assert_eq!(name_key([None, Some("Ada"), Some("zoe")]), "ada");
        assert_eq!(name_key([Some("é".repeat(200).as_str())]).chars().count(), 80);
        assert_eq!(name_key([None]), "");
    }
}
