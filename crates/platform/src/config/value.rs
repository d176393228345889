//! How single values are read and shown: lists also as comma-separated text, secrets never in clear.

use std::fmt::Display;
use std::marker::PhantomData;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserializer, Serialize, Serializer};

const MASK: &str = "***";

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T> Visitor<'de> for ListVisitor<T>
where
    T: FromStr,
    T::Err: Display,
{
    type Value = Vec<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list, or text separated by commas")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(|item| parsed(item).map_err(E::custom)).collect()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<String>()? {
            list.push(parsed(item.trim()).map_err(A::Error::custom)?);
        }
        Ok(list)
    }
}

fn parsed<T>(item: &str) -> Result<T, String>
where
    T: FromStr,
    T::Err: Display,
{
    item.parse().map_err(|error| format!("{item:?}: {error}"))
}

/// A list, or text separated by commas.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: Display,
{
    deserializer.deserialize_any(ListVisitor(PhantomData))
}

/// The same for secrets.
pub(super) fn secret_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SecretString>, D::Error> {
    let texts: Vec<String> = list(deserializer)?;
    Ok(texts.into_iter().map(SecretString::from).collect())
}

/// A URL without slashes at its end.
pub(super) fn trimmed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = <String as serde::Deserialize>::deserialize(deserializer)?;
    Ok(text.trim().trim_end_matches('/').to_owned())
}

/// Shows that a secret is there.
#[expect(clippy::ref_option, reason = "serde passes the field as it is")]
pub(super) fn masked_option<S: Serializer>(secret: &Option<SecretString>, to: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(|_| MASK).serialize(to)
}

/// Shows how many secrets are there.
pub(super) fn masked_list<S: Serializer>(secrets: &[SecretString], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(secrets.iter().map(|_| MASK))
}

/// Shows a URL without its password and its query.
pub(super) fn masked_url<S: Serializer>(url: &SecretString, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&without_secrets(url.expose_secret()))
}

/// The same, if it is there.
#[expect(clippy::ref_option, reason = "serde passes the field as it is")]
pub(super) fn masked_url_option<S: Serializer>(url: &Option<SecretString>, to: S) -> Result<S::Ok, S::Error> {
    url.as_ref().map(|url| without_secrets(url.expose_secret())).serialize(to)
}

fn without_secrets(text: &str) -> String {
    let Ok(mut url) = url::Url::parse(text) else { return MASK.to_owned() };
    if url.password().is_some() && url.set_password(Some(MASK)).is_err() {
        return MASK.to_owned();
    }
    if url.scheme() != "sqlite" && url.query().is_some() {
        url.set_query(Some(MASK));
    }
    url.into()
}
