//! Writes to the table `emails`.

#![expect(clippy::disallowed_methods, reason = "letters belong to the platform; this is the one way to them")]

use chrono::{DateTime, Utc};
use lyceum_kernel::{EmailId, Entropy, UserId};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, UpdateMany,
};

use super::email::{Column, EmailState, Entity, Model, SmtpState};
use super::transport::Refusal;
use super::{Letter, MAIL_SEND};
use crate::jobs::{self, NewJob};

/// Rows per statement: 19 columns each, and SQLite binds at most 32,766 values.
const BATCH: usize = 500;

/// Queues letters in the caller's transaction: a row in `emails` and a job `mail.send` for each, which is due when they are to
/// leave. Ring
/// [`JobRegistry::wake`](crate::jobs::JobRegistry::wake) once it has committed.
pub async fn insert_many(
    db: &impl ConnectionTrait,
    (now, leave): (DateTime<Utc>, DateTime<Utc>),
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
        .map(|row| {
            let job = NewJob::new(MAIL_SEND, &row.id).key(format!("{MAIL_SEND}:{}", row.id));
            job.school(row.school_id).run_at(leave)
        })
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

/// The letter as it stands.
pub async fn find(db: &impl ConnectionTrait, email: EmailId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(email).one(db).await
}

/// Notes, before it happens, that the message is handed over. `false`: it has been sent or given up meanwhile.
pub(super) async fn handing_over(db: &impl ConnectionTrait, email: EmailId, message_id: &str) -> Result<bool, DbErr> {
    let update = open(email)
        .col_expr(Column::State, Expr::value(EmailState::Sending.to_value()))
        .col_expr(Column::SmtpState, Expr::value(SmtpState::DataSent.to_value()))
        .col_expr(Column::MessageId, Expr::value(message_id))
        .col_expr(Column::Tries, Expr::col(Column::Tries).add(1));
    Ok(update.exec(db).await?.rows_affected > 0)
}

/// The server took it.
pub(super) async fn accepted(db: &impl ConnectionTrait, email: EmailId, now: DateTime<Utc>) -> Result<(), DbErr> {
    let update = open(email)
        .col_expr(Column::State, Expr::value(EmailState::Sent.to_value()))
        .col_expr(Column::SmtpState, Expr::value(SmtpState::Accepted.to_value()))
        .col_expr(Column::LastError, Expr::value(None::<String>))
        .col_expr(Column::SentAt, Expr::value(now));
    update.exec(db).await.map(|_| ())
}

/// The server did not take it, for good or for now; or nobody knows.
pub(super) async fn refused(db: &impl ConnectionTrait, email: EmailId, refusal: &Refusal) -> Result<(), DbErr> {
    let mut update = open(email).col_expr(Column::LastError, Expr::value(refusal.text.as_str()));
    if refusal.answered {
        update = update.col_expr(Column::SmtpState, Expr::value(SmtpState::Refused.to_value()));
    }
    if refusal.for_good {
        update = update.col_expr(Column::State, Expr::value(EmailState::Failed.to_value()));
    }
    update.exec(db).await.map(|_| ())
}

/// Forgets one letter.
pub(super) async fn forget(db: &impl ConnectionTrait, email: EmailId) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::Id.eq(email)).exec(db).await.map(|_| ())
}

/// Forgets every letter about an account, and with those not sent yet, sending them.
pub async fn forget_all(db: &impl ConnectionTrait, account: UserId) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::UserId.eq(account)).exec(db).await.map(|_| ())
}

/// It cannot be made into a message; its job is parked, and a retry may find the template mended.
pub(super) async fn hold(db: &impl ConnectionTrait, email: EmailId, error: &str) -> Result<(), DbErr> {
    open(email).col_expr(Column::LastError, Expr::value(error)).exec(db).await.map(|_| ())
}

fn open(email: EmailId) -> UpdateMany<Entity> {
    Entity::update_many()
        .filter(Column::Id.eq(email))
        .filter(Column::State.is_in([EmailState::Queued, EmailState::Sending]))
}
