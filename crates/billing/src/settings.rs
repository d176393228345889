//! What can be tuned about billing, taken from `[billing]` of the configuration.

use lyceum_platform::config::Config;
use serde::{Deserialize, Serialize};

/// Who issues invoices, as it is printed on them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seller {
    /// The name.
    pub name: String,
    /// The postal address, a line each.
    pub address: Vec<String>,
    /// The tax number.
    pub tax_id: Option<String>,
    /// What the tax is called.
    pub tax_name: String,
    /// How to pay by transfer, a line each.
    pub instructions: Vec<String>,
}

/// Terms, tax and seller.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who issues invoices.
    pub seller: Seller,
    /// The rate of tax on subscriptions, in hundredths of a per cent.
    pub tax_basis_points: i32,
    /// What invoice numbers begin with.
    pub invoice_prefix: String,
    /// Days from issue to due date.
    pub terms_days: i32,
    /// Days from the due date to the day from which a school can only read.
    pub grace_days: i32,
    /// Where people come back to from a provider's page.
    pub public_url: String,
}

impl From<&Config> for Settings {
    fn from(config: &Config) -> Self {
        let billing = &config.billing;
        let lines = |text: &str| {
            let lines = text.split('|').map(str::trim).filter(|line| !line.is_empty());
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        Self {
            seller: Seller {
                name: billing.seller_name.clone(),
                address: lines(&billing.seller_address),
                tax_id: Some(billing.seller_tax_id.clone()).filter(|id| !id.is_empty()),
                tax_name: billing.tax_name.clone(),
                instructions: lines(&billing.payment_instructions),
            },
            tax_basis_points: billing.tax_basis_points,
            invoice_prefix: billing.invoice_prefix.clone(),
            terms_days: billing.payment_terms_days,
            grace_days: billing.grace_days,
            public_url: config.server.public_url.clone(),
        }
    }
}
