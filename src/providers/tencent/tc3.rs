//! Tencent Cloud's request signature, version 3 (`TC3-HMAC-SHA256`): an HMAC under a key derived from the secret, the day and
//! the service, over the digest of method, path, query, headers and the digest of the body.

use sha2::{Digest, Sha256};

use crate::config::Secret;
use crate::domain::clock::Millis;
use crate::providers::protocol::mac::{self, Hash};

const WAY: &str = "TC3-HMAC-SHA256";
/// The service, as the signature names it.
const SERVICE: &str = "sms";
/// The content type that is signed; the request must carry it letter by letter.
pub(super) const CONTENT_TYPE: &str = "application/json";

/// Whom the signature names.
pub(super) struct Credentials {
    pub(super) id: String,
    pub(super) secret: Secret,
}

/// The `Authorization` of a POST to `/` of that host.
pub(super) fn authorization(who: &Credentials, host: &str, body: &[u8], now: Millis) -> String {
    let at = now.to_timestamp();
    let (seconds, day) = (at.as_second(), at.strftime("%Y-%m-%d").to_string());
    let digest = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
    let canonical =
        format!("POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{host}\n\ncontent-type;host\n{}", digest(body));
    let scope = format!("{day}/{SERVICE}/tc3_request");
    let text = format!("{WAY}\n{seconds}\n{scope}\n{}", digest(canonical.as_bytes()));
    let first = format!("TC3{}", who.secret.expose());
    let step = |key: &[u8], part: &str| mac::hmac(Hash::Sha256, key, &[part.as_bytes()]);
    let key = step(&step(&step(first.as_bytes(), &day), SERVICE), "tc3_request");
    let signature = hex::encode(step(&key, &text));
    format!("{WAY} Credential={}/{scope}, SignedHeaders=content-type;host, Signature={signature}", who.id)
}
