//! The table `emails`.

use chrono::{DateTime, Utc};
use lyceum_kernel::{EmailId, SchoolId, UserId};
use sea_orm::entity::prelude::*;

/// Where a letter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum EmailState {
    /// Not tried yet.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// Tried at least once.
    #[sea_orm(string_value = "sending")]
    Sending,
    /// The server took it.
    #[sea_orm(string_value = "sent")]
    Sent,
    /// Refused for good.
    #[sea_orm(string_value = "failed")]
    Failed,
}

/// How far the last try got with the SMTP server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum SmtpState {
    /// Handed over, answer unknown: after a crash here the message may or may not have arrived.
    #[sea_orm(string_value = "data_sent")]
    DataSent,
    /// The server took responsibility for it.
    #[sea_orm(string_value = "accepted")]
    Accepted,
    /// The server said no, for now or for good.
    #[sea_orm(string_value = "refused")]
    Refused,
}

/// One letter.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "emails")]
pub struct Model {
    /// Its id, from which the `Message-ID` is made.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EmailId,
    /// The recipient's address.
    pub to_address: String,
    /// The recipient's name.
    pub to_name: Option<String>,
    /// The template's name.
    pub template: String,
    /// The recipient's language.
    pub locale: String,
    /// What the template may name.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
    /// What the token in it is for.
    pub token_purpose: Option<String>,
    /// The row the token opens.
    pub token_row: Option<Uuid>,
    /// Which token of that row.
    pub token_generation: Option<i32>,
    /// `id@domain`, fixed at the first try.
    pub message_id: Option<String>,
    /// Where it stands.
    pub state: EmailState,
    /// How far the last try got.
    pub smtp_state: Option<SmtpState>,
    /// How often it was handed over.
    pub tries: i32,
    /// Why the last try failed, without addresses.
    pub last_error: Option<String>,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
    /// When the server took it.
    pub sent_at: Option<DateTime<Utc>>,
    /// The school it is about.
    pub school_id: Option<SchoolId>,
    /// The account it is about.
    pub user_id: Option<UserId>,
}

/// None: letters outlive what they are about.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
