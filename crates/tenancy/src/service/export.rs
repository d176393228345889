//! What tenancy keeps about a person, for the export of their own data (GDPR, articles 15 and 20).

use std::collections::HashMap;

use lyceum_kernel::{SchoolId, Scope, UserId};
use serde_json::{Value, json};

use crate::error::TenancyError;
use crate::model::{invite_redemption, membership, school, signup_request};
use crate::repo::{groups, invites, memberships, schools, signup_requests};
use crate::service::TenancyService;

impl TenancyService {
    /// Memberships with roles and groups, requests to join, invites redeemed; former ones and offers too. Six queries.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn personal_data(&self, person: UserId) -> Result<Value, TenancyError> {
        let db = self.platform.db.read(Scope::Platform);
        let mine = memberships::all_of_account(&db, person).await?;
        let asked = signup_requests::of_account(&db, person).await?;
        let invited = invites::redeemed_by(&db, person).await?;
        let ids: Vec<_> = mine.iter().map(|row| row.user_id).collect();
        let roles = memberships::roles_of_many(&db, Scope::Platform, &ids).await?;
        let groups = groups::of_members(&db, &ids).await?;
        let mut named: Vec<SchoolId> = mine.iter().map(|row| row.school_id).collect();
        named.extend(asked.iter().map(|row| row.school_id));
        named.extend(invited.iter().map(|row| row.school_id));
        let there: HashMap<_, _> = schools::find_many(&db, &named).await?.into_iter().map(|s| (s.id, s)).collect();
        let membership = |row: &membership::Model| {
            let theirs = |school: SchoolId, user: UserId| (school, user) == (row.school_id, row.user_id);
            let roles = roles.iter().filter(|role| theirs(role.school_id, role.user_id)).map(|role| &role.role);
            let groups = groups.iter().filter(|(member, _)| theirs(member.school_id, member.user_id));
            json!({
                "school": about(&there, row.school_id), "status": row.status, "role": row.role,
                "roles": roles.collect::<Vec<_>>(), "level": row.level, "external_id": row.external_id,
                "username": row.username, "email": row.email, "full_name": row.full_name,
                "groups": groups.map(|(member, name)| json!({
                    "id": member.group_id, "name": name, "since": member.created_at,
                })).collect::<Vec<_>>(),
                "created_at": row.created_at, "joined_at": row.joined_at, "removed_at": row.deleted_at,
            })
        };
        let request = |row: &signup_request::Model| {
            json!({
                "school": about(&there, row.school_id), "role": row.role, "message": row.message, "email": row.email,
                "full_name": row.full_name, "status": row.status, "granted_role": row.granted_role,
                "created_at": row.created_at, "decided_at": row.decided_at,
            })
        };
        let redemption = |row: &invite_redemption::Model| json!({ "school": about(&there, row.school_id), "invite_id": row.invite_id, "redeemed_at": row.created_at });
        Ok(json!({
            "memberships": mine.iter().map(membership).collect::<Vec<_>>(),
            "signup_requests": asked.iter().map(request).collect::<Vec<_>>(),
            "invites_redeemed": invited.iter().map(redemption).collect::<Vec<_>>(),
        }))
    }
}

/// A school by id, and by name while it is there.
fn about(there: &HashMap<SchoolId, school::Model>, id: SchoolId) -> Value {
    json!({ "id": id, "name": there.get(&id).map(|school| &school.name) })
}
