//! Whom invoices are addressed to.

use chrono::{DateTime, Utc};
use lyceum_web::MergeField;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::{Country, Email, Line, Paragraph};
use crate::model::customer;

/// Whom the school's invoices are addressed to. Until it is set, they bear the school's name.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "name": "Northfield School", "email": "bursar@northfield.example", "address": "1 School Lane\nNorthfield", "country": "GB",
    "tax_id": null, "version": 1, "updated_at": "2026-11-21T08:00:00Z"
}))]
pub struct Customer {
    /// The name on invoices.
    pub name: String,
    /// Where questions about invoices go.
    pub email: Option<String>,
    /// The postal address; lines are separated by line feeds.
    pub address: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// The tax number.
    pub tax_id: Option<String>,
    /// Raised by every change; 0 until it is set.
    pub version: i64,
    /// When it last changed.
    pub updated_at: Option<DateTime<Utc>>,
}

impl From<customer::Model> for Customer {
    fn from(customer: customer::Model) -> Self {
        let customer::Model {
            school_id: _,
            name,
            email,
            address,
            country,
            tax_id,
            provider_ref: _,
            version,
            created_at: _,
            updated_at,
        } = customer;
        Self { name, email, address, country, tax_id, version, updated_at: Some(updated_at) }
    }
}

/// The whole of it. Issued invoices keep what they bear.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Northfield School", "email": "bursar@northfield.example", "country": "GB"}))]
pub struct PutCustomer {
    /// The name on invoices.
    pub name: Line,
    /// Where questions about invoices go.
    #[serde(default)]
    pub email: Option<Email>,
    /// The postal address.
    #[serde(default)]
    pub address: Option<Paragraph>,
    /// ISO 3166-1 alpha-2.
    #[serde(default)]
    pub country: Option<Country>,
    /// The tax number.
    #[serde(default)]
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64)]
    pub tax_id: Option<String>,
}

/// A merge patch of it.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"address": "2 School Lane\nNorthfield"}))]
pub struct PatchCustomer {
    /// The name on invoices.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(nullable = false)]
    pub name: Option<Line>,
    /// Where questions about invoices go.
    #[serde(default)]
    #[schema(value_type = Option<Email>)]
    pub email: MergeField<Email>,
    /// The postal address.
    #[serde(default)]
    #[schema(value_type = Option<Paragraph>)]
    pub address: MergeField<Paragraph>,
    /// ISO 3166-1 alpha-2.
    #[serde(default)]
    #[schema(value_type = Option<Country>)]
    pub country: MergeField<Country>,
    /// The tax number.
    #[serde(default)]
    #[validate(length(min = 1, max = 64))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub tax_id: MergeField<String>,
}
