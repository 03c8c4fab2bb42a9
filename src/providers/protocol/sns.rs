//! The envelope in which Amazon SNS posts notifications, and who signed it.
//!
//! Believed is what one of the configured topics sent, signed by a certificate of Amazon's: it is fetched over HTTPS from
//! a host of SNS only, whatever the envelope says. SHA-1 (signature version 1) is refused unless configured: the same
//! key signs what strangers publish, and a collision could carry their words to us. A subscription is confirmed by a
//! call to a host of SNS only.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use p256::pkcs8::spki::SubjectPublicKeyInfoRef;
use p256::pkcs8::spki::der::Decode;
use ring::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use url::Url;

use crate::providers::ReceiptError;
use crate::providers::http::{Http, Reach};
use crate::providers::settings::Faults;

/// Certificates remembered at most; there is one per region.
const REMEMBERED: usize = 16;

/// What SNS posts. Fields that it may add are of no interest.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    r#type: String,
    message_id: String,
    topic_arn: String,
    #[serde(default)]
    subject: Option<String>,
    message: String,
    timestamp: String,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
    #[serde(default)]
    token: Option<String>,
    #[serde(rename = "SubscribeURL", default)]
    subscribe_url: Option<String>,
}

/// A notification that is genuine.
pub(in crate::providers) struct Notification {
    /// The same on redelivery.
    pub id: String,
    /// What was published.
    pub message: String,
}

/// Reads envelopes of some topics.
pub(in crate::providers) struct Topics {
    arns: Vec<String>,
    accept_sha1: bool,
    /// Stands in for SNS's own hosts, for tests.
    instead: Option<Url>,
    http: Http,
    keys: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Topics {
    /// With the topics that are believed.
    pub(in crate::providers) fn build(
        arns: Vec<String>,
        accept_sha1: bool,
        instead: Option<Url>,
    ) -> Result<Self, Faults> {
        let mut found = Faults::default();
        let named = arns.iter().all(|arn| arn.starts_with("arn:aws") && arn.split(':').count() == 6);
        found.require(named, "topic_arns", "give topics like arn:aws:sns:eu-west-1:123456789012:candour-mail");
        found.none()?;
        let reach = if instead.is_some() { Reach::Anywhere } else { Reach::PublicOnly };
        let http = Http::new(reach).map_err(Faults::at(""))?;
        Ok(Self { arns, accept_sha1, instead, http, keys: Mutex::default() })
    }

    /// Reads what SNS posted. A confirmation of a subscription is answered, and is no notification.
    pub(in crate::providers) async fn read(&self, body: &[u8]) -> Result<Option<Notification>, ReceiptError> {
        let envelope: Envelope =
            serde_json::from_slice(body).map_err(|_| ReceiptError::Malformed("it is no envelope of SNS"))?;
        // Before anything is fetched: strangers make us call nobody.
        if !self.arns.contains(&envelope.topic_arn) {
            return Err(ReceiptError::Forged);
        }
        let certificate = of_sns(&envelope.signing_cert_url, &envelope.topic_arn).filter(is_certificate);
        let certificate = certificate.ok_or(ReceiptError::Forged)?;
        let algorithm = match envelope.signature_version.as_str() {
            "2" => &RSA_PKCS1_2048_8192_SHA256,
            "1" if self.accept_sha1 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            "1" => {
                tracing::warn!(topic = %envelope.topic_arn, "the topic signs with SHA-1; set its SignatureVersion to 2");
                return Err(ReceiptError::Forged);
            }
            _ => return Err(ReceiptError::Forged),
        };
        let text = signed_text(&envelope).ok_or(ReceiptError::Malformed("its Type is none"))?;
        let signature = BASE64.decode(envelope.signature.trim()).map_err(|_| ReceiptError::Forged)?;
        let key = self.key(&certificate).await?;
        let key = UnparsedPublicKey::new(algorithm, key);
        key.verify(text.as_bytes(), &signature).map_err(|_| ReceiptError::Forged)?;
        match envelope.r#type.as_str() {
            "Notification" => Ok(Some(Notification { id: envelope.message_id, message: envelope.message })),
            "SubscriptionConfirmation" => {
                self.confirm(envelope.subscribe_url.as_deref().unwrap_or_default(), &envelope.topic_arn).await?;
                Ok(None)
            }
            _ => {
                tracing::warn!(topic = %envelope.topic_arn, "the subscription to the topic has ended");
                Ok(None)
            }
        }
    }

    async fn confirm(&self, url: &str, topic: &str) -> Result<(), ReceiptError> {
        let url = of_sns(url, topic).ok_or(ReceiptError::Forged)?;
        match self.http.run(self.http.get(self.place(&url))).await {
            Ok(reply) if reply.status == 200 => {
                tracing::info!(topic, "the subscription to the topic is confirmed");
                Ok(())
            }
            _ => Err(ReceiptError::Unready("the subscription could not be confirmed")),
        }
    }

    /// The public key of a certificate, fetched once.
    async fn key(&self, url: &Url) -> Result<Vec<u8>, ReceiptError> {
        let known = self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(url.as_str()).cloned();
        if let Some(key) = known {
            return Ok(key);
        }
        let unready = ReceiptError::Unready("the signing certificate could not be fetched");
        let reply = match self.http.run(self.http.get(self.place(url))).await {
            Ok(reply) if reply.status == 200 => reply,
            _ => return Err(unready),
        };
        let key = public_key(&reply.body).ok_or(unready)?;
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= REMEMBERED {
            keys.clear();
        }
        keys.insert(url.as_str().to_owned(), key.clone());
        Ok(key)
    }

    fn place(&self, url: &Url) -> Url {
        let Some(instead) = &self.instead else { return url.clone() };
        let mut moved = instead.clone();
        moved.set_path(url.path());
        moved.set_query(url.query());
        moved
    }
}

/// The address, if it is over HTTPS and SNS's own in the region of the topic. Hosts of that form in other regions are not: one of
/// Amazon's storage, `s3-us-west-2` say, may have a bucket of anybody's that is called `sns`.
fn of_sns(text: &str, topic: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let region = topic.split(':').nth(3).filter(|region| !region.is_empty())?;
    let own = format!("sns.{region}.amazonaws.com");
    let fits = url.host_str()?.strip_prefix(own.as_str()).is_some_and(|rest| matches!(rest, "" | ".cn"));
    let plain =
        url.scheme() == "https" && url.port().is_none() && url.username().is_empty() && url.password().is_none();
    (fits && plain).then_some(url)
}

/// Whether SNS keeps certificates at such an address.
fn is_certificate(url: &Url) -> bool {
    let name = url.path().strip_prefix("/SimpleNotificationService-").and_then(|rest| rest.strip_suffix(".pem"));
    let fits = name.is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()));
    fits && url.query().is_none()
}

/// The fields that a signature covers, each with its name, in the order of their names.
fn signed_text(envelope: &Envelope) -> Option<String> {
    let mut fields = vec![("Message", envelope.message.as_str()), ("MessageId", &envelope.message_id)];
    match envelope.r#type.as_str() {
        "Notification" => fields.extend(envelope.subject.as_deref().map(|subject| ("Subject", subject))),
        "SubscriptionConfirmation" | "UnsubscribeConfirmation" => {
            fields.push(("SubscribeURL", envelope.subscribe_url.as_deref()?));
        }
        _ => return None,
    }
    fields.push(("Timestamp", &envelope.timestamp));
    if envelope.r#type != "Notification" {
        fields.push(("Token", envelope.token.as_deref()?));
    }
    fields.push(("TopicArn", &envelope.topic_arn));
    fields.push(("Type", &envelope.r#type));
    Some(fields.iter().flat_map(|(name, value)| [name, "\n", value, "\n"]).collect())
}

/// The RSA key (PKCS#1) of a certificate in PEM.
fn public_key(pem: &[u8]) -> Option<Vec<u8>> {
    let der = CertificateDer::from_pem_slice(pem).ok()?;
    let certificate = webpki::EndEntityCert::try_from(&der).ok()?;
    let info = certificate.subject_public_key_info();
    let info = SubjectPublicKeyInfoRef::from_der(info.as_ref()).ok()?;
    info.subject_public_key.as_bytes().map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:candour-mail";

    #[test]
    fn only_sns_itself_is_called_in_the_region_of_the_topic() {
        let beijing = "arn:aws-cn:sns:cn-north-1:123456789012:candour-mail";
        for (fine, topic) in [
            ("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription", TOPIC),
            ("https://sns.cn-north-1.amazonaws.com.cn/x.pem", beijing),
        ] {
            assert!(of_sns(fine, topic).is_some(), "{fine}");
        }
        for foul in [
            "http://sns.eu-west-1.amazonaws.com/x.pem",
            "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
            "https://sns.evil.example/x.pem",
            "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem",
            "https://sns.a.b.amazonaws.com/x.pem",
            "https://sns.s3-us-west-2.amazonaws.com/x.pem",
            "https://sns.us-east-1.amazonaws.com/x.pem",
            "https://sns.eu-west-1.amazonaws.com:8443/x.pem",
            "https://me@sns.eu-west-1.amazonaws.com/x.pem",
            "https://s3.eu-west-1.amazonaws.com/x.pem",
            "https://169.254.169.254/x.pem",
        ] {
            assert!(of_sns(foul, TOPIC).is_none(), "{foul}");
        }
        // Of a topic that names no region there is no host.
        assert!(of_sns("https://sns..amazonaws.com/x.pem", "arn:aws:sns::123456789012:candour-mail").is_none());
    }

    #[test]
    fn certificates_are_where_sns_keeps_them() {
        let at = |path: &str| Url::parse(&format!("https://sns.eu-west-1.amazonaws.com{path}")).unwrap();
        assert!(is_certificate(&at("/SimpleNotificationService-7ff5318490ec183fbaddaa2a969abfda.pem")));
        for foul in [
            "/x.pem",
            "/SimpleNotificationService-.pem",
            "/SimpleNotificationService-1.pem?versionId=2",
            "/a/SimpleNotificationService-1.pem",
            "/SimpleNotificationService-1/2.pem",
            "/SimpleNotificationService-1.pem/x",
        ] {
            assert!(!is_certificate(&at(foul)), "{foul}");
        }
    }
}
