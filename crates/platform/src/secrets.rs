//! Keys, one-time tokens and sealed values, all derived from one secret key.
//!
//! Every use has a purpose, and every purpose a key of its own (HMAC-SHA256, RFC 2104, of the secret key), so a token of one kind
//! never opens another door. A token is derived from the row it stands for rather than drawn and stored: it can be
//! written into a letter when that is sent and be in no table before.

use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit as _, Mac};
use lyceum_kernel::Entropy;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::clock::OsEntropy;
use crate::config::SecurityConfig;

const MAC_BYTES: usize = 32;
/// Row id and generation.
const BODY_BYTES: usize = 16 + 4;
const NONCE_BYTES: usize = 24;
/// First byte of everything sealed: the format.
const SEAL_FORMAT: u8 = 1;
const KEY_FILE: &str = "secret.key";

/// A token on its way to its owner. It is never printed; the database keeps its [hash](Token::hash) at most.
#[derive(Clone)]
pub struct Token(SecretString);

impl Token {
    /// The text itself, for the answer or letter that carries it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// SHA-256 of the text.
    pub fn hash(&self) -> [u8; 32] {
        Keyring::token_hash(self.expose())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

/// The keys of this deployment: the present one, and earlier ones that still open what was made under them.
pub struct Keyring {
    /// At least one; the present one first.
    roots: Vec<SecretSlice<u8>>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("keys", &self.roots.len()).finish()
    }
}

impl Keyring {
    /// A keyring of the present key and earlier ones.
    pub fn new(present: &[u8], previous: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let roots = std::iter::once(present.to_vec()).chain(previous).map(SecretSlice::from).collect();
        Self { roots }
    }

    /// The keyring of a configuration. Without a configured key, `data_dir/secret.key` is read, or made if it is not there
    /// (production never gets here without one: its configuration is refused).
    ///
    /// # Errors
    /// When the file can be neither read nor made.
    pub fn from_config(security: &SecurityConfig, data_dir: &Path) -> std::io::Result<Self> {
        let present = match &security.secret_key {
            Some(key) => key.clone(),
            None => generate_secret_file(data_dir)?,
        };
        let previous = security.previous_secret_keys.iter().map(|key| key.expose_secret().as_bytes().to_vec());
        Ok(Self::new(present.expose_secret().as_bytes(), previous))
    }

    /// The token for one row and generation. A higher generation makes the tokens of lower ones useless where the row
    /// remembers its generation. Its text is `lyc_`, three letters of the purpose, `_` and 70 characters of base64url.
    pub fn token(&self, purpose: &str, row: Uuid, generation: u32) -> Token {
        let mut body = [0_u8; BODY_BYTES];
        body[..16].copy_from_slice(row.as_bytes());
        body[16..].copy_from_slice(&generation.to_be_bytes());
        let root = self.roots.first().map_or(&[][..], |root| root.expose_secret());
        let mac = token_mac(root, purpose, &body);
        // The body is masked under the MAC, so that tokens share nothing that can be seen, and the MAC comes first.
        mask(root, purpose, &mac, &mut body);
        let mut bytes = [0_u8; MAC_BYTES + BODY_BYTES];
        bytes[..MAC_BYTES].copy_from_slice(&mac);
        bytes[MAC_BYTES..].copy_from_slice(&body);
        Token(format!("{}{}", prefix(purpose), URL_SAFE_NO_PAD.encode(bytes)).into())
    }

    /// The row and generation of a token that was made here for this purpose; nothing for any other text. Takes the same time
    /// wherever a MAC differs.
    pub fn open_token(&self, purpose: &'static str, text: &str) -> Option<(Uuid, u32)> {
        let encoded = text.strip_prefix(prefix(purpose).as_str())?;
        let mut bytes = [0_u8; MAC_BYTES + BODY_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(encoded, &mut bytes).ok()?;
        if length != bytes.len() {
            return None;
        }
        let (mac, masked) = bytes.split_at(MAC_BYTES);
        self.roots.iter().find_map(|root| {
            let mut body = [0_u8; BODY_BYTES];
            body.copy_from_slice(masked);
            mask(root.expose_secret(), purpose, mac, &mut body);
            let expected = token_mac(root.expose_secret(), purpose, &body);
            if !bool::from(expected.ct_eq(mac)) {
                return None;
            }
            let row = Uuid::from_slice(&body[..16]).ok()?;
            let generation = u32::from_be_bytes(body[16..].try_into().ok()?);
            Some((row, generation))
        })
    }

    /// SHA-256 of a token: what the database may keep of it.
    pub fn token_hash(text: &str) -> [u8; 32] {
        Sha256::digest(text.as_bytes()).into()
    }

    /// HMAC-SHA256 of `data` under the present key for a purpose: for stable pseudonyms such as masked addresses.
    pub fn mac(&self, purpose: &'static str, data: &[u8]) -> [u8; 32] {
        let root = self.roots.first().map_or(&[][..], |root| root.expose_secret());
        hmac(&derive(root, "mac", purpose), &[data])
    }

    /// Encrypts and authenticates (XChaCha20-Poly1305, random nonce). The result is 41 bytes longer than `plain`.
    pub fn seal(&self, purpose: &'static str, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0_u8; NONCE_BYTES];
        OsEntropy.fill(&mut nonce);
        let root = self.roots.first().map_or(&[][..], |root| root.expose_secret());
        let payload = Payload { msg: plain, aad: purpose.as_bytes() };
        // Encrypting fails only for plain texts of more than 256 GiB.
        let sealed = cipher(root, purpose).encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        let mut bytes = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
        bytes.push(SEAL_FORMAT);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        bytes
    }

    /// What was sealed for this purpose, under the present key or an earlier one; nothing if it was altered.
    pub fn open(&self, purpose: &'static str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (format, rest) = sealed.split_first()?;
        if *format != SEAL_FORMAT {
            return None;
        }
        let (nonce, text) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let nonce = XNonce::from(*nonce);
        self.roots.iter().find_map(|root| {
            let payload = Payload { msg: text, aad: purpose.as_bytes() };
            cipher(root.expose_secret(), purpose).decrypt(&nonce, payload).ok()
        })
    }
}

fn prefix(purpose: &str) -> String {
    let word = purpose.rsplit('.').next().unwrap_or(purpose);
    let short: String = word.chars().filter(char::is_ascii_alphanumeric).take(3).collect();
    format!("lyc_{}_", short.to_ascii_lowercase())
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut key_block = [0_u8; 64];
    if key.len() > key_block.len() {
        key_block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        key_block[..key.len()].copy_from_slice(key);
    }
    let mut mac = Hmac::<Sha256>::new(&key_block.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The key for one use and purpose.
fn derive(root: &[u8], usage: &str, purpose: &str) -> [u8; 32] {
    hmac(root, &[b"lyceum/1/", usage.as_bytes(), b"/", purpose.as_bytes()])
}

fn token_mac(root: &[u8], purpose: &str, body: &[u8; BODY_BYTES]) -> [u8; MAC_BYTES] {
    hmac(&derive(root, "token", purpose), &[body])
}

fn mask(root: &[u8], purpose: &str, mac: &[u8], body: &mut [u8; BODY_BYTES]) {
    let stream = hmac(&derive(root, "token-mask", purpose), &[mac]);
    for (byte, mask) in body.iter_mut().zip(stream) {
        *byte ^= mask;
    }
}

fn cipher(root: &[u8], purpose: &str) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(derive(root, "seal", purpose)))
}

/// The secret key in `data_dir/secret.key`, made there (256 random bits, readable by its owner only) if there is none. Of several
/// processes that start at once one makes it and the others read it.
///
/// # Errors
/// When the folder cannot be written or the file does not hold a key.
pub fn generate_secret_file(data_dir: &Path) -> std::io::Result<SecretString> {
    let path = data_dir.join(KEY_FILE);
    for _ in 0..3 {
        match read_secret_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            other => return other,
        }
        std::fs::create_dir_all(data_dir)?;
        let mut random = [0_u8; 32];
        OsEntropy.fill(&mut random);
        write_secret_file(&path, &URL_SAFE_NO_PAD.encode(random))?;
    }
    read_secret_file(&path)
}

/// Writes the key beside its place and links it in: it appears whole or not at all, and never over another.
fn write_secret_file(path: &Path, text: &str) -> std::io::Result<()> {
    let draft = draft_path(path);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::hard_link(&draft, path)
    });
    let removed = std::fs::remove_file(&draft);
    match written {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => removed,
    }
}

fn draft_path(path: &Path) -> PathBuf {
    let mut random = [0_u8; 8];
    OsEntropy.fill(&mut random);
    path.with_extension(format!("{:016x}.new", u64::from_be_bytes(random)))
}

fn read_secret_file(path: &Path) -> std::io::Result<SecretString> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(4_096).read_to_string(&mut text)?;
    let key = text.trim();
    if key.len() < crate::config::SECRET_KEY_BYTES {
        let problem = format!("{} holds no key of at least {} bytes", path.display(), crate::config::SECRET_KEY_BYTES);
        return Err(std::io::Error::new(ErrorKind::InvalidData, problem));
    }
    Ok(key.to_owned().into())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn keyring(key: &str) -> Keyring {
        Keyring::new(key.as_bytes(), [])
    }

    const A: &str = "kL9vQ2xT7mN4pR8sW3yB6cF1hJ5dG0aZ";
    const B: &str = "zA0gD5jH1fC6bY3wS8rP4nM7tX2qV9lK";

    #[test]
    fn a_token_opens_for_its_purpose_only() {
        let (keys, row) = (keyring(A), Uuid::from_u128(7));
        let token = keys.token("password_reset", row, 3);
        assert_eq!(keys.open_token("password_reset", token.expose()), Some((row, 3)));
        assert_eq!(keys.open_token("password_resets", token.expose()), None, "same prefix, other purpose");
        assert_eq!(keys.open_token("activation", token.expose()), None);
        assert_eq!(keyring(B).open_token("password_reset", token.expose()), None);
        assert_eq!(format!("{token:?} {keys:?}"), "Token(***) Keyring { keys: 1 }");
    }

    #[test]
    fn an_altered_token_does_not_open() {
        let keys = keyring(A);
        let text = keys.token("refresh", Uuid::from_u128(9), 0).expose().to_owned();
        for index in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[index] = if bytes[index] == b'x' { b'y' } else { b'x' };
            let altered = String::from_utf8(bytes).unwrap();
            assert_eq!(keys.open_token("refresh", &altered), None, "{index}");
        }
        for text in ["", "lyc_ref_", "lyc_ref_AAAA", &text[..text.len() - 1], &format!("{text}A"), &format!("{text}=")]
        {
            assert_eq!(keys.open_token("refresh", text), None);
        }
    }

    #[test]
    fn ten_thousand_tokens_share_no_prefix() {
        let keys = keyring(A);
        let tokens: Vec<_> = (0..10_000).map(|n| keys.token("refresh", Uuid::from_u128(n), 0)).collect();
        let starts: HashSet<_> =
            tokens.iter().map(|token| token.expose()["lyc_ref_".len()..][..12].to_owned()).collect();
        let ends: HashSet<_> =
            tokens.iter().map(|token| token.expose()[token.expose().len() - 12..].to_owned()).collect();
        assert_eq!((starts.len(), ends.len()), (10_000, 10_000));
    }

    #[test]
    fn earlier_keys_still_open() {
        let row = Uuid::from_u128(5);
        let token = keyring(A).token("activation", row, 1);
        let sealed = keyring(A).seal("totp", b"hidden");
        let rotated = Keyring::new(B.as_bytes(), [A.as_bytes().to_vec()]);
        assert_eq!(rotated.open_token("activation", token.expose()), Some((row, 1)));
        assert_eq!(rotated.open("totp", &sealed).as_deref(), Some(&b"hidden"[..]));
        assert_ne!(rotated.token("activation", row, 1).expose(), token.expose());
    }

    #[test]
    fn sealed_values_are_whole_or_nothing() {
        let keys = keyring(A);
        let sealed = keys.seal("totp", b"hidden");
        assert_eq!(sealed.len(), 6 + 41);
        assert_ne!(keys.seal("totp", b"hidden"), sealed, "each has its own nonce");
        assert_eq!(keys.open("signing_key", &sealed), None);
        for index in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[index] ^= 1;
            assert_eq!(keys.open("totp", &altered), None, "{index}");
            assert_eq!(keys.open("totp", &sealed[..index]), None, "{index}");
        }
    }

    #[test]
    fn hmac_agrees_with_rfc_4231() {
        let hex = |bytes: [u8; 32]| {
            let (high, low) = bytes.split_at(16);
            let number = |half: &[u8]| u128::from_be_bytes(half.try_into().unwrap());
            format!("{:032x}{:032x}", number(high), number(low))
        };
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex(hmac(b"Jefe", &[b"what do ya want ", b"for nothing?"])), expected);
        let expected = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
        assert_eq!(hex(hmac(&[0xaa; 131], &[b"Test Using Larger Than Block-Size Key - Hash Key First"])), expected);
    }

    #[test]
    fn processes_that_start_at_once_agree_on_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let folder = folder.path().join("data");
                std::thread::spawn(move || generate_secret_file(&folder).unwrap().expose_secret().to_owned())
            })
            .collect();
        let keys: HashSet<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert_eq!(keys.len(), 1);
        let files: Vec<_> = std::fs::read_dir(folder.path().join("data")).unwrap().map(|file| file.unwrap()).collect();
        assert_eq!(files.len(), 1, "no drafts are left");
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&files[0].metadata().unwrap().permissions()) & 0o777, 0o600);
    }
}
