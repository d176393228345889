//! What every request needs of the process: the platform, the authenticator and the policies made from configuration.

use std::sync::Arc;

use actix_web::HttpRequest;
use lyceum_platform::limiter::Policy;
use lyceum_platform::platform::Platform;

use crate::authentication::Authenticator;
use crate::socket::Sockets;

/// Shared by all requests; found in the application's data as `Arc<WebState>`.
pub struct WebState {
    platform: Platform,
    authenticator: Arc<dyn Authenticator>,
    public_url: String,
    sockets: Arc<Sockets>,
    pub(crate) policies: Policies,
}

/// How much may be asked, by whom.
pub(crate) struct Policies {
    pub(crate) enabled: bool,
    pub(crate) account: Policy,
    pub(crate) school: Policy,
    pub(crate) address: Policy,
}

impl WebState {
    /// Takes policies and bounds from the platform's configuration.
    pub fn new(platform: Platform, authenticator: Arc<dyn Authenticator>) -> Self {
        let limits = &platform.config.limits;
        let policies = Policies {
            enabled: limits.enabled,
            account: Policy::per_minute("account", limits.requests_per_minute),
            school: Policy::per_minute("school", limits.school_requests_per_minute),
            address: Policy::per_minute("address", limits.anonymous_requests_per_minute),
        };
        let public_url = platform.config.server.public_url.trim_end_matches('/').to_owned();
        let sockets = Sockets::new(&platform);
        Self { platform, authenticator, public_url, sockets, policies }
    }

    /// The state of the application that serves `request`.
    pub fn of(request: &HttpRequest) -> Option<&Self> {
        request.app_data::<Arc<Self>>().map(AsRef::as_ref)
    }

    /// The platform.
    pub const fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Who knows tokens.
    pub fn authenticator(&self) -> &dyn Authenticator {
        &*self.authenticator
    }

    /// The open sockets of this node.
    pub(crate) const fn sockets(&self) -> &Arc<Sockets> {
        &self.sockets
    }

    /// How the world reaches the server, without a slash at the end.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }
}
