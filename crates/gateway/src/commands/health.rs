//! `lyceum health`: a health check for containers, which have no curl.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, bail};
use lyceum_platform::config::Config;

use crate::cli::Health;

const PATIENCE: Duration = Duration::from_secs(3);

/// Succeeds if the server of this configuration answers 200.
pub(super) fn run(config: &Config, options: &Health) -> anyhow::Result<()> {
    let path = if options.live { "/health/live" } else { "/health/ready" };
    let address = SocketAddr::new(reachable(config.server.host), config.server.port);
    let mut stream =
        TcpStream::connect_timeout(&address, PATIENCE).with_context(|| format!("no server at {address}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = [0_u8; 12];
    stream.read_exact(&mut answer).context("the server closed the connection")?;
    if &answer[8..] != b" 200" {
        bail!("{path} answered{}", String::from_utf8_lossy(&answer[8..]));
    }
    super::say("ready")
}

/// A server that listens everywhere is asked on the loopback interface.
fn reachable(host: IpAddr) -> IpAddr {
    match host {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}
