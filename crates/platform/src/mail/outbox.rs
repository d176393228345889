//! Writes to the table `emails`.

use chrono::{DateTime, Utc};
use lyceum_kernel::{EmailId, Entropy};
use sea_orm::{ActiveModelTrait as _, ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _};

use super::email::{EmailState, Entity, Model};
use super::{Letter, MAIL_SEND};
use crate::jobs::{self, NewJob};

/// Rows per statement: 19 columns each, and SQLite binds at most 32,766 values.
const BATCH: usize = 500;

/// Queues letters in the caller's transaction: a row in `emails` and a job `mail.send` for each. Ring
/// [`JobRegistry::wake`](crate::jobs::JobRegistry::wake) once it has committed.
pub async fn insert_many(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    entropy: &dyn Entropy,
    letters: &[Letter],
) -> Result<Vec<EmailId>, DbErr> {
    let rows: Vec<Model> = letters.iter().map(|letter| row(letter, now, entropy)).collect();
    for batch in rows.chunks(BATCH) {
        Entity::insert_many(batch.iter().cloned().map(|row| row.into_active_model().reset_all()))
            .exec_without_returning(db)
            .await?;
    }
    let jobs: Vec<NewJob> = rows
        .iter()
        .map(|row| NewJob::new(MAIL_SEND, &row.id).key(format!("{MAIL_SEND}:{}", row.id)).school(row.school_id))
        .collect();
    jobs::outbox::insert_many(db, now, entropy, &jobs).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

fn row(letter: &Letter, now: DateTime<Utc>, entropy: &dyn Entropy) -> Model {
    Model {
        id: EmailId::new(now, entropy),
        to_address: letter.to.clone(),
        to_name: letter.to_name.clone(),
        template: letter.template.to_owned(),
        locale: letter.locale.clone(),
        data: letter.data.clone(),
        token_purpose: letter.token.map(|token| token.purpose.to_owned()),
        token_row: letter.token.map(|token| token.row),
        token_generation: letter.token.map(|token| i32::try_from(token.generation).unwrap_or(i32::MAX)),
        message_id: None,
        state: EmailState::Queued,
        smtp_state: None,
        tries: 0,
        last_error: None,
        created_at: now,
        sent_at: None,
        school_id: letter.school_id,
        user_id: letter.account,
    }
}
