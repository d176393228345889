//! Requests and views. Each request says in the API document exactly what it accepts, and accepts exactly that.

pub mod catalogue;
pub mod customers;
pub mod invoices;
pub mod payments;
pub mod reports;
pub mod subscriptions;
mod text;

pub use text::{Country, Currency, Email, Line, Paragraph, PlanCode};
