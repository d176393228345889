//! Requests and views of the second factor.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::text::{CurrentPassword, TotpCode};

/// The password, as proof of who asks for a delicate thing.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofOfPassword {
    /// The password of the account.
    pub password: CurrentPassword,
}

/// A secret for an authenticator app, shown once. It protects nothing until a code of it is confirmed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    "otpauth_uri": "otpauth://totp/Lyceum:ada%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Lyceum"
}))]
pub struct TotpEnrolment {
    /// The secret in Base32, to be typed in.
    pub secret: String,
    /// The same as a URI, to be shown as a QR code: SHA-1, six digits, 30 seconds.
    pub otpauth_uri: String,
}

/// The first code, which proves that the app has the secret.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmTotp {
    /// What the app shows now.
    #[validate(custom(function = "TotpCode::check"))]
    pub code: TotpCode,
}

/// Ten codes for the day the authenticator is lost, each good once. Shown once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"recovery_codes": ["7k2m-9x4c-p0qd-ve31"]}))]
pub struct RecoveryCodes {
    /// The codes. Dashes and case do not matter when they are typed.
    pub recovery_codes: Vec<String>,
}
