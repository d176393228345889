//! Requests and answers of logging in, by JSON and by OAuth2 form.

use std::borrow::Cow;

use lyceum_kernel::SchoolId;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{
    AdditionalProperties, KnownFormat, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{Object, RefOr};
use utoipa::{PartialSchema, ToSchema};
use validator::{Validate, ValidationError};

use crate::password::policy::MAX_CHARS;

/// Longest username or address that can be logged in with.
const NAME_MAX: usize = 254;
/// No control characters, and at least one that is not a space.
const NAME_PATTERN: &str = r"^[^\u0000-\u001f\u007f]*[^\u0000-\u0020\u007f][^\u0000-\u001f\u007f]*$";
/// Six digits of an authenticator, or a recovery code.
const CODE_PATTERN: &str = "^[0-9A-Za-z -]{6,32}$";
/// A refresh token: see [`Keyring::token`](lyceum_platform::secrets::Keyring::token).
const REFRESH_PATTERN: &str = "^lyc_ref_[A-Za-z0-9_-]{70}$";
/// In a form, where a field without a value was omitted (RFC 6749, section 3.1).
const FORM_CODE_PATTERN: &str = "^([0-9A-Za-z -]{6,32})?$";
/// RFC 6749, section 3.3; or empty, see above.
const SCOPE_PATTERN: &str = r"^([\u0021\u0023-\u005b\u005d-\u007e]+( [\u0021\u0023-\u005b\u005d-\u007e]+)*)?$";
/// Longest `scope`.
const SCOPE_MAX: usize = 4_000;

/// Somebody logs in. Either `username` or `email`; an address is taken as a `username` too.
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "one_name"))]
pub struct Login {
    /// The username, or the address.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[validate(custom(function = "name"))]
    pub username: Option<String>,
    /// The address.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[validate(custom(function = "name"))]
    pub email: Option<String>,
    /// The password.
    pub password: GivenPassword,
    /// A code of the second factor.
    #[serde(default)]
    #[validate(custom(function = "code"))]
    pub totp: Option<String>,
    /// The school to act in, by slug or id; a username is looked for among its members first. Needed where several schools have
    /// the username.
    #[serde(default)]
    #[validate(custom(function = "name"))]
    pub school: Option<String>,
}

impl Login {
    /// What to look the account up by.
    pub fn name(&self) -> &str {
        self.username.as_deref().or(self.email.as_deref()).unwrap_or_default()
    }
}

fn one_name(login: &Login) -> Result<(), ValidationError> {
    if login.username.is_some() == login.email.is_some() {
        return Err(fault("one_of", "needs either `username` or `email`"));
    }
    Ok(())
}

fn fault(code: &'static str, message: &'static str) -> ValidationError {
    ValidationError::new(code).with_message(Cow::Borrowed(message))
}

fn name(text: &str) -> Result<(), ValidationError> {
    let control = |c: char| c <= '\u{1f}' || c == '\u{7f}';
    let sound = text.chars().count() <= NAME_MAX && !text.contains(control) && text.contains(|c| c != ' ');
    if sound {
        Ok(())
    } else {
        Err(fault("name", "must be 1 to 254 characters, not only spaces, with no control characters"))
    }
}

/// A password to log in with: 1 to 256 characters. Checked while it is read, so that no list of faults ever holds it.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "SecretString")]
pub struct GivenPassword(SecretString);

impl GivenPassword {
    /// The password.
    pub fn into_secret(self) -> SecretString {
        self.0
    }
}

impl TryFrom<SecretString> for GivenPassword {
    type Error = &'static str;

    fn try_from(password: SecretString) -> Result<Self, Self::Error> {
        let text = password.expose_secret();
        // Bytes first: counting the characters of a megabyte would be work.
        let sound = !text.is_empty() && text.len() <= 4 * MAX_CHARS && text.chars().count() <= MAX_CHARS;
        if sound { Ok(Self(password)) } else { Err("must have 1 to 256 characters") }
    }
}

/// A text that looks like a refresh token.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "SecretString")]
pub struct RefreshToken(SecretString);

impl RefreshToken {
    /// The text.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl TryFrom<SecretString> for RefreshToken {
    type Error = &'static str;

    fn try_from(token: SecretString) -> Result<Self, Self::Error> {
        let sound = token.expose_secret().strip_prefix("lyc_ref_").is_some_and(|rest| {
            rest.len() == 70 && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        });
        if sound { Ok(Self(token)) } else { Err("must be a refresh token as a login answers it") }
    }
}

fn code(text: &str) -> Result<(), ValidationError> {
    let sound =
        (6..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-'));
    if sound { Ok(()) } else { Err(fault("totp", "must be six digits or a recovery code")) }
}

fn text(example: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).examples([example])
}

fn name_schema(example: &str) -> ObjectBuilder {
    text(example).min_length(Some(1)).max_length(Some(NAME_MAX)).pattern(Some(NAME_PATTERN))
}

fn password_schema() -> Object {
    text("correct horse battery staple")
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
        .min_length(Some(1))
        .max_length(Some(MAX_CHARS))
        .description(Some("The password."))
        .build()
}

/// The same, or null.
fn or_null(text: ObjectBuilder) -> ObjectBuilder {
    text.schema_type(SchemaType::from_iter([Type::String, Type::Null]))
}

fn code_schema() -> ObjectBuilder {
    let what = "Six digits of the authenticator app, or a recovery code: for accounts with a second factor.";
    text("287082").min_length(Some(6)).max_length(Some(32)).pattern(Some(CODE_PATTERN)).description(Some(what))
}

impl PartialSchema for Login {
    fn schema() -> RefOr<Schema> {
        let by = |field: &'static str, example: &str, what: &str| {
            let school = "The school to act in, by slug or id. A username is looked for among its members: needed where several \
                          schools have it.";
            ObjectBuilder::new()
                .schema_type(Type::Object)
                .property(field, name_schema(example).description(Some(what)).build())
                .required(field)
                .property("password", password_schema())
                .required("password")
                .property("totp", or_null(code_schema()).build())
                .property("school", or_null(name_schema("northfield")).description(Some(school)).build())
                .additional_properties(Some(AdditionalProperties::FreeForm(false)))
                .build()
        };
        let either = OneOfBuilder::new()
            .item(by("username", "ada.lovelace", "The username; an e-mail address is understood as well."))
            .item(by("email", "ada@example.org", "The e-mail address."))
            .description(Some("What somebody logs in with."))
            .build();
        RefOr::T(Schema::OneOf(either))
    }
}

impl ToSchema for Login {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Login")
    }
}

/// Somebody wants a new pair.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "refresh_token": "lyc_ref_AZqXbwB8PpGAAExY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6MDEyMzQ1Njc4OTAtX0FCQ0R"
}))]
pub struct Refresh {
    /// The refresh token of the latest pair.
    #[schema(value_type = String, format = Password, pattern = "^lyc_ref_[A-Za-z0-9_-]{70}$", min_length = 78, max_length = 78)]
    pub refresh_token: RefreshToken,
}

/// The school to act in from now on.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"school_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03"}))]
pub struct SwitchSchool {
    /// One of the caller's schools.
    pub school_id: SchoolId,
}

/// Access and refresh token (RFC 6749, section 5.1).
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "access_token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6Ii4uLiJ9.eyJpc3MiOiIuLi4ifQ.c2lnbmF0dXJl",
    "refresh_token": "lyc_ref_Jc0dS1q…",
    "token_type": "Bearer",
    "expires_in": 900,
    "refresh_expires_in": 2_592_000
}))]
pub struct TokenPair {
    /// A JWT for `Authorization: Bearer`.
    pub access_token: String,
    /// Good once, for the next pair.
    pub refresh_token: String,
    /// Always `Bearer`.
    #[schema(value_type = String)]
    pub token_type: &'static str,
    /// Seconds until the access token expires.
    pub expires_in: i64,
    /// Seconds until the refresh token expires.
    pub refresh_expires_in: i64,
    /// The permissions that the tokens are narrowed to, where some were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scope: Option<String>,
}

/// The form of the OAuth2 token endpoint (RFC 6749, sections 4.3.2 and 6). Every field is optional here, so that what is missing
/// or wrong is told in OAuth2's own words.
#[derive(Debug, Default, Deserialize, Validate)]
pub struct TokenForm {
    #[serde(default)]
    grant_type: Option<String>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<SecretString>,
    #[serde(default)]
    refresh_token: Option<SecretString>,
    #[serde(default)]
    scope: Option<String>,
    #[serde(default)]
    totp: Option<String>,
}

/// What a token form asks for.
#[derive(Debug)]
pub enum TokenRequest {
    /// A session for a name and a password.
    Password {
        /// Username or e-mail address.
        username: String,
        /// The password.
        password: GivenPassword,
        /// A code of the second factor.
        totp: Option<String>,
        /// Permissions to narrow the session to.
        scope: Option<String>,
    },
    /// The next pair.
    RefreshToken(RefreshToken),
}

impl TokenForm {
    /// What it asks for.
    ///
    /// # Errors
    /// `invalid_request`, `invalid_scope` or `unsupported_grant_type`.
    pub fn read(self) -> Result<TokenRequest, OAuthError> {
        match self.grant_type.as_deref() {
            Some("password") => self.read_password(),
            Some("refresh_token") => {
                let token = self.refresh_token.ok_or(OAuthError::request("refresh_token is missing"))?;
                let token = token.try_into().map_err(|_| OAuthError::request("refresh_token is malformed"))?;
                Ok(TokenRequest::RefreshToken(token))
            }
            Some(_) => Err(OAuthError::new("unsupported_grant_type", "grant_type must be password or refresh_token")),
            None => Err(OAuthError::request("grant_type is missing")),
        }
    }

    fn read_password(self) -> Result<TokenRequest, OAuthError> {
        let username = self.username.filter(|text| name(text).is_ok());
        let username = username.ok_or(OAuthError::request("username is missing or malformed"))?;
        let password = self.password.and_then(|password| password.try_into().ok());
        let password = password.ok_or(OAuthError::request("password is missing or malformed"))?;
        let totp = self.totp.filter(|text| !text.is_empty());
        if totp.as_deref().is_some_and(|text| code(text).is_err()) {
            return Err(OAuthError::request("totp is malformed"));
        }
        let scope = self.scope.filter(|text| !text.is_empty());
        if scope.as_deref().is_some_and(|text| !is_scope(text)) {
            return Err(OAuthError::new("invalid_scope", "scope is malformed"));
        }
        Ok(TokenRequest::Password { username, password, totp, scope })
    }
}

/// What a field that the endpoint does not know is called, and holds: OAuth2 wants it ignored.
fn text_without_nul() -> Object {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[^\\u0000]*$")).build()
}

fn is_scope(text: &str) -> bool {
    let allowed = |b: u8| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    text.len() <= SCOPE_MAX && text.split(' ').all(|name| !name.is_empty() && name.bytes().all(allowed))
}

impl PartialSchema for TokenForm {
    fn schema() -> RefOr<Schema> {
        let grant =
            |name: &'static str| ObjectBuilder::new().schema_type(Type::String).enum_values(Some([name])).build();
        let scope = text("course:read user:read")
            .max_length(Some(SCOPE_MAX))
            .pattern(Some(SCOPE_PATTERN))
            .description(Some("Permissions that the session is narrowed to, separated by single spaces."))
            .build();
        let password = ObjectBuilder::new()
            .schema_type(Type::Object)
            .property("grant_type", grant("password"))
            .required("grant_type")
            .property("username", name_schema("ada.lovelace").description(Some("Username or e-mail address.")).build())
            .required("username")
            .property("password", password_schema())
            .required("password")
            .property("totp", code_schema().min_length(None).pattern(Some(FORM_CODE_PATTERN)))
            .property("scope", scope)
            .property_names(Some(text_without_nul()))
            .additional_properties(Some(RefOr::T(Schema::Object(text_without_nul()))));
        let token = text("lyc_ref_Jc0dS1q…")
            .pattern(Some(REFRESH_PATTERN))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
            .build();
        let refresh = ObjectBuilder::new()
            .schema_type(Type::Object)
            .property("grant_type", grant("refresh_token"))
            .required("grant_type")
            .property("refresh_token", token)
            .required("refresh_token")
            .property_names(Some(text_without_nul()))
            .additional_properties(Some(RefOr::T(Schema::Object(text_without_nul()))));
        let either = OneOfBuilder::new()
            .item(password.description(Some("Username and password (RFC 6749, section 4.3).")).build())
            .item(refresh.description(Some("A refresh token (RFC 6749, section 6).")).build())
            .build();
        RefOr::T(Schema::OneOf(either))
    }
}

impl ToSchema for TokenForm {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("TokenForm")
    }
}

/// An error of the token endpoint (RFC 6749, section 5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OAuthError {
    /// `invalid_request`, `invalid_grant`, `invalid_scope`, `unsupported_grant_type` or `mfa_required`.
    #[schema(value_type = String, example = "invalid_grant")]
    pub error: &'static str,
    /// For people.
    #[schema(value_type = String)]
    pub error_description: Cow<'static, str>,
}

impl OAuthError {
    /// An error of this code.
    pub fn new(error: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Self { error, error_description: description.into() }
    }

    fn request(description: &'static str) -> Self {
        Self::new("invalid_request", description)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(json: &serde_json::Value) -> bool {
        Login::deserialize(json).is_ok_and(|login| login.validate().is_ok())
    }

    #[test]
    fn a_login_has_one_name() {
        use serde_json::json;
        assert!(login(&json!({"username": "ada", "password": "x"})));
        assert!(login(&json!({"email": "ada@example.org", "password": "x", "totp": "123456", "school": "north"})));
        for bad in [
            json!({"password": "x"}),
            json!({"username": "ada", "email": "ada@example.org", "password": "x"}),
            json!({"username": "ada", "password": ""}),
            json!({"username": "ada", "password": "x".repeat(257)}),
            json!({"username": " ", "password": "x"}),
            json!({"username": "ada", "password": "x", "totp": "12345"}),
            json!({"username": "ada", "password": "x", "role": "admin"}),
        ] {
            assert!(!login(&bad), "{bad}");
        }
    }

    #[test]
    fn forms_are_refused_in_the_words_of_oauth2() {
        let error = |form: TokenForm| form.read().unwrap_err().error;
        assert_eq!(error(TokenForm::default()), "invalid_request");
        let form = TokenForm { grant_type: Some("authorization_code".to_owned()), ..TokenForm::default() };
        assert_eq!(error(form), "unsupported_grant_type");
        let form = TokenForm { grant_type: Some("refresh_token".to_owned()), ..TokenForm::default() };
        assert_eq!(error(form), "invalid_request");
        let form = |scope: &str| TokenForm {
            grant_type: Some("password".to_owned()),
            username: Some("ada".to_owned()),
            password: Some("secret".to_owned().into()),
            scope: Some(scope.to_owned()),
            ..TokenForm::default()
        };
        assert_eq!(error(form("two  spaces")), "invalid_scope");
        assert!(form("").read().is_ok());
        assert!(form("course:read user:read").read().is_ok());
    }
}
