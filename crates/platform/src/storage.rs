//! The S3 bucket as the configuration names it.

use std::time::Duration;

use s3::creds::Credentials;
use s3::{Bucket, Region};
use secrecy::ExposeSecret as _;

use crate::config::StorageConfig;

/// The configured bucket, each call of which takes at most `timeout`. Nothing is asked of the server.
///
/// # Errors
/// What is wrong with the configuration, in a sentence without secrets.
pub fn bucket(config: &StorageConfig, timeout: Duration) -> Result<Box<Bucket>, String> {
    let secret = |secret: &Option<secrecy::SecretString>| secret.as_ref().map(|text| text.expose_secret().to_owned());
    let (access_key, secret_key) = (secret(&config.access_key), secret(&config.secret_key));
    let credentials = Credentials::new(access_key.as_deref(), secret_key.as_deref(), None, None, None)
        .map_err(|_| "the S3 credentials are not usable".to_owned())?;
    let region = match &config.endpoint {
        Some(endpoint) => Region::Custom { region: config.region.clone(), endpoint: endpoint.clone() },
        None => config.region.parse().map_err(|_| "the S3 region is unknown".to_owned())?,
    };
    let name = config.bucket.as_deref().unwrap_or_default();
    let mut bucket = Bucket::new(name, region, credentials).map_err(|error| error.to_string())?;
    if config.path_style {
        bucket.set_path_style();
    }
    bucket.set_request_timeout(Some(timeout));
    Ok(bucket)
}
