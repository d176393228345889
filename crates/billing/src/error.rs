//! What can go wrong in billing, with the stable code of each.

use std::time::Duration;

use lyceum_kernel::{ErrorKind, Fault, ServiceError};
use lyceum_platform::PlatformError;
use lyceum_platform::error::violated_constraint;
use sea_orm::DbErr;

/// Everything a use case of billing can fail with.
#[derive(Debug, thiserror::Error)]
pub enum BillingError {
    /// No such thing, or not visible.
    #[error("there is nothing here that you can see")]
    NotFound,
    /// The caller has no active school.
    #[error("choose a school first: POST /v1/auth/switch-school")]
    NoSchool,
    /// `If-Match` names an older version.
    #[error("it has changed in the meantime")]
    Stale,
    /// Two plans have one code.
    #[error("another plan has this code")]
    CodeTaken,
    /// The plan or the price is not for sale.
    #[error("the plan or its price is not for sale")]
    NotForSale,
    /// A plan with prices that are for sale cannot be deleted.
    #[error("the plan has prices that are for sale: withdraw them first")]
    PlanOnSale,
    /// What was not deleted cannot be restored.
    #[error("it is not deleted")]
    NotDeleted,
    /// The school has a subscription already.
    #[error("the school has a subscription: change it, or cancel it first")]
    AlreadySubscribed,
    /// The subscription is over.
    #[error("the subscription is over: start another")]
    SubscriptionOver,
    /// The plan is not sold with so many seats.
    #[error("the plan is sold with at most {0} seats")]
    TooManySeats(i32),
    /// More seats are taken than would be left.
    #[error("{0} seats are taken: free some first")]
    SeatsInUse(u64),
    /// Invoices of one subscription are written in one currency.
    #[error("the price is in another currency than the subscription's")]
    OtherCurrency,
    /// The invoice is not in a state that allows it.
    #[error("the invoice is {0}, which does not allow it")]
    InvoiceState(&'static str),
    /// An invoice cannot come to less than nothing.
    #[error("the lines come to less than nothing")]
    NegativeTotal,
    /// A payment of the invoice is under way.
    #[error("a payment of this invoice is under way")]
    PaymentUnderWay,
    /// The provider cannot charge anything.
    #[error("this deployment is paid by transfer, as the invoice says; staff mark it paid")]
    NotCollected,
    /// The payment method cannot be charged.
    #[error("the payment method is not ready to be charged")]
    MethodNotReady,
    /// The signature of an event is missing, wrong or old.
    #[error("the signature is missing, wrong or too old")]
    SignatureInvalid,
    /// Values that were refused.
    #[error("the request contains invalid values")]
    Invalid(Vec<Fault>),
    /// The document could not be drawn.
    #[error("the document could not be drawn: {0}")]
    Document(String),
    /// Another context could not answer.
    #[error("the school cannot be asked: {0}")]
    Schools(Box<dyn ServiceError>),
    /// Something below failed.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// A fault of ours that no client can help.
    #[error("{0}")]
    Internal(&'static str),
}

impl From<DbErr> for BillingError {
    fn from(error: DbErr) -> Self {
        match violated_constraint(&error).as_deref() {
            Some("uq_billing_plans_code") => Self::CodeTaken,
            Some("uq_subscriptions_school_id") => Self::AlreadySubscribed,
            _ => Self::Platform(error.into()),
        }
    }
}

impl ServiceError for BillingError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound => ErrorKind::NotFound,
            Self::Stale => ErrorKind::Stale,
            Self::SignatureInvalid => ErrorKind::Forbidden,
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::NoSchool
            | Self::CodeTaken
            | Self::NotForSale
            | Self::PlanOnSale
            | Self::NotDeleted
            | Self::AlreadySubscribed
            | Self::SubscriptionOver
            | Self::TooManySeats(_)
            | Self::SeatsInUse(_)
            | Self::OtherCurrency
            | Self::InvoiceState(_)
            | Self::NegativeTotal
            | Self::PaymentUnderWay
            | Self::NotCollected
            | Self::MethodNotReady => ErrorKind::Conflict,
            Self::Schools(error) => match error.kind() {
                ErrorKind::Internal => ErrorKind::Internal,
                _ => ErrorKind::Unavailable,
            },
            Self::Platform(error) => error.kind(),
            Self::Document(_) | Self::Internal(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::NoSchool => "no-active-school",
            Self::Stale => "stale",
            Self::CodeTaken => "plan-code-taken",
            Self::NotForSale => "not-for-sale",
            Self::PlanOnSale => "plan-on-sale",
            Self::NotDeleted => "not-deleted",
            Self::AlreadySubscribed => "already-subscribed",
            Self::SubscriptionOver => "subscription-over",
            Self::TooManySeats(_) => "too-many-seats",
            Self::SeatsInUse(_) => "seats-in-use",
            Self::OtherCurrency => "other-currency",
            Self::InvoiceState(_) => "invoice-state",
            Self::NegativeTotal => "negative-total",
            Self::PaymentUnderWay => "payment-under-way",
            Self::NotCollected => "paid-by-transfer",
            Self::MethodNotReady => "payment-method-not-ready",
            Self::SignatureInvalid => "signature-invalid",
            Self::Invalid(_) => "invalid",
            Self::Schools(_) => "unavailable",
            Self::Platform(error) => error.code(),
            Self::Document(_) | Self::Internal(_) => "internal",
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            Self::Invalid(faults) => faults.clone(),
            Self::Platform(error) => error.faults(),
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Schools(error) => error.retry_after(),
            Self::Platform(error) => error.retry_after(),
            _ => None,
        }
    }
}
