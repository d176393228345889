//! W3C Trace Context, level 1: the `traceparent` header.

use std::fmt;

use lyceum_kernel::Entropy;

/// The trace that a request belongs to, and the span in it that caused the work.
///
/// Read and written as `00-<trace id>-<parent id>-<flags>` (<https://www.w3.org/TR/trace-context/>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace_id: u128,
    parent_id: u64,
    flags: u8,
}

impl TraceContext {
    const SAMPLED: u8 = 1;

    /// Reads a `traceparent`; nothing for one that the standard calls invalid. Of a future version what version 00 knows is read.
    pub fn parse(header: &str) -> Option<Self> {
        let header = header.trim_matches([' ', '\t']);
        let mut parts = header.splitn(4, '-');
        let version = hex(parts.next()?, 2)?;
        let trace_id = hex(parts.next()?, 32)?;
        let parent_id = u64::try_from(hex(parts.next()?, 16)?).ok()?;
        let rest = parts.next()?;
        let (flags, more) = rest.split_at_checked(2)?;
        let well_ended = if version == 0 { more.is_empty() } else { more.is_empty() || more.starts_with('-') };
        let flags = u8::try_from(hex(flags, 2)?).ok()?;
        let valid = version != 0xff && trace_id != 0 && parent_id != 0 && well_ended;
        valid.then_some(Self { trace_id, parent_id, flags: flags & Self::SAMPLED })
    }

    /// A trace that begins here.
    pub fn begin(entropy: &dyn Entropy) -> Self {
        let mut trace_id = [0_u8; 16];
        entropy.fill(&mut trace_id);
        Self { trace_id: u128::from_be_bytes(trace_id).max(1), parent_id: span_id(entropy), flags: 0 }
    }

    /// The same trace with a new span of ours as the parent, to be sent on or logged.
    #[must_use]
    pub fn child(self, entropy: &dyn Entropy) -> Self {
        Self { parent_id: span_id(entropy), ..self }
    }

    /// The trace's id: 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace_id)
    }

    /// The parent span's id: 16 hexadecimal digits.
    pub fn parent_id(&self) -> String {
        format!("{:016x}", self.parent_id)
    }

    /// Whether the caller records this trace.
    pub const fn sampled(&self) -> bool {
        self.flags & Self::SAMPLED != 0
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.parent_id, self.flags)
    }
}

fn span_id(entropy: &dyn Entropy) -> u64 {
    let mut id = [0_u8; 8];
    entropy.fill(&mut id);
    u64::from_be_bytes(id).max(1)
}

/// A number of exactly so many lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let well_formed = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    well_formed.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::OsEntropy;

    const HEADER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn reads_what_it_writes() {
        let context = TraceContext::parse(HEADER).unwrap();
        assert_eq!(context.to_string(), HEADER);
        assert_eq!(context.trace_id(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(context.parent_id(), "b7ad6b7169203331");
        assert!(context.sampled());
        let child = context.child(&OsEntropy);
        assert_eq!(child.trace_id(), context.trace_id());
        assert_ne!(child.parent_id(), context.parent_id());
        let fresh = TraceContext::begin(&OsEntropy);
        assert_eq!(TraceContext::parse(&fresh.to_string()), Some(fresh));
    }

    #[test]
    fn refuses_what_the_standard_refuses() {
        for header in [
            "",
            "00",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-é",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more",
        ] {
            assert_eq!(TraceContext::parse(header), None, "{header}");
        }
        let future = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-will-be-like";
        assert_eq!(TraceContext::parse(future), TraceContext::parse(HEADER));
    }
}
