//! A directory that takes messages: for development, and for places from which another system carries them on.
//!
//! One file per message, `{attempt}.eml` for email, `{attempt}.pdf` for letters, `{attempt}.json` for the rest, complete and on disk before the
//! message counts as accepted: written under another name, synced, renamed. The files hold personal data in clear;
//! they and the directory are the owner's alone.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;

use super::press::{Press, Sender};
use super::settings::{Common, Faults, Surroundings};
use super::smtp::{MailComposer, MailContent};
use super::{Answer, Checked, Descriptor, Provider, ProviderFault};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::contact::PushTarget;
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;

/// `kind = "spool"`: a directory that takes messages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpoolSettings {
    /// The directory; it is created with access for the owner alone.
    pub directory: PathBuf,
    /// The channel it stands in for.
    pub channel: Channel,
    /// The sender of emails.
    #[serde(default = "nobody")]
    pub from: String,
    /// Paper and window of letters, by name.
    #[serde(default = "din5008_b")]
    pub form: String,
    /// Who writes letters.
    #[serde(default)]
    pub sender: Sender,
}

fn din5008_b() -> String {
    String::from("din5008_b")
}

fn nobody() -> String {
    String::from("notices@localhost.localdomain")
}

/// A directory that takes messages.
pub struct SpoolProvider {
    descriptor: Descriptor,
    directory: PathBuf,
    composer: MailComposer,
    press: Press,
}

impl SpoolProvider {
    /// Builds the provider and its directory.
    ///
    /// # Errors
    /// When the directory cannot be made, the sender is not an address, or there is no such form of letters.
    pub fn build(common: &Common, settings: &SpoolSettings, around: &Surroundings) -> Result<Self, Faults> {
        let mail = MailContent { from: &settings.from, from_name: None, reply_to: None };
        let composer = MailComposer::build(&mail)?;
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&settings.directory)
            .map_err(|e| Faults::one("directory", format!("{} cannot be made: {e}", settings.directory.display())))?;
        Ok(Self {
            descriptor: common.descriptor("spool", settings.channel, false),
            directory: settings.directory.clone(),
            composer,
            press: Press::new(&settings.form, &settings.sender, &around.fonts)?,
        })
    }

    fn write_out(&self, message: &Message, now: Millis) -> Option<(String, Vec<u8>)> {
        let id = message.attempt.0;
        match &message.body {
            Body::Email { .. } => self.composer.compose(message, now).ok().map(|bytes| (format!("{id}.eml"), bytes)),
            other => {
                let document = json!({
                    "attempt": message.attempt,
                    "campaign": message.campaign,
                    "person": message.person,
                    "written_at": now.to_rfc3339(),
                    "locale": message.locale,
                    "channel": other.contact().channel(),
                    "body": body(other),
                });
                Some((format!("{id}.json"), format!("{document:#}\n").into_bytes()))
            }
        }
    }
}

fn body(body: &Body) -> serde_json::Value {
    match body {
        Body::Email { .. } | Body::Letter { .. } => serde_json::Value::Null,
        Body::Sms { to, text, .. } => json!({ "to": to.expose(), "text": text.expose() }),
        Body::Push { to, title, text, url } => {
            let to = match to {
                PushTarget::Fcm(token) => json!({ "fcm": token.expose() }),
                PushTarget::FcmInstallation(id) => json!({ "fid": id.expose() }),
                PushTarget::Apns(token) => json!({ "apns": token.expose() }),
                PushTarget::Ntfy(topic) => json!({ "ntfy": topic.expose() }),
                PushTarget::Webpush(subscription) => json!({ "webpush": subscription }),
            };
            json!({ "to": to, "title": title.expose(), "text": text.expose(), "url": url })
        }
        Body::Voice { to, script } => json!({ "to": to.expose(), "text": script.plain().expose() }),
    }
}

/// Puts a file in place so that it is there whole or not at all, also after a power failure.
fn put(directory: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    put_with(directory, name, bytes, |directory| File::open(directory)?.sync_all())
}

/// The same, with what makes a directory's names durable.
fn put_with(directory: &Path, name: &str, bytes: &[u8], sync: fn(&Path) -> io::Result<()>) -> io::Result<()> {
    let (under_way, place) = (directory.join(format!(".{name}.part")), directory.join(name));
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&under_way)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&under_way, &place));
    if written.is_err() {
        // What is left would only be a half-written file that nobody reads.
        let _ = fs::remove_file(&under_way);
    }
    written?;
    sync(directory).inspect_err(|_| {
        // What is not sure to stay must not be taken either: it is put in again as another attempt. Where it cannot be taken
        // away, the person has it twice, which is better than not at all.
        let _ = fs::remove_file(&place);
    })
}

#[async_trait]
impl Provider for SpoolProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        if message.body.contact().channel() != self.descriptor.channel {
            return Answer::of(Outcome::Misconfigured, "wrong-channel");
        }
        let written = match message.body {
            Body::Letter { .. } => match self.press.set(message, now).await {
                Ok(pdf) => Some((format!("{}.pdf", message.attempt), pdf.bytes)),
                Err(answer) => return answer,
            },
            _ => self.write_out(message, now),
        };
        let Some((name, bytes)) = written else {
            return Answer::of(Outcome::Rejected, "cannot-be-written");
        };
        let (directory, file) = (self.directory.clone(), name.clone());
        let done = tokio::task::spawn_blocking(move || put(&directory, &file, &bytes)).await;
        match done.unwrap_or_else(|e| Err(io::Error::other(e))) {
            Ok(()) => Answer { reference: Some(name), ..Answer::of(Outcome::Accepted, "spooled") },
            Err(error) => {
                tracing::warn!(provider = %self.descriptor.name, %error, "the spool directory takes no message");
                Answer::of(Outcome::Retry, format!("write-{:?}", error.kind()))
            }
        }
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        let directory = self.directory.clone();
        let tried = tokio::task::spawn_blocking(move || {
            put(&directory, "check", b"")?;
            fs::remove_file(directory.join("check"))
        });
        let tried = tried.await.unwrap_or_else(|e| Err(io::Error::other(e)));
        tried.map(|()| Checked::Directory).map_err(|e| ProviderFault {
            name: self.descriptor.name.clone(),
            reason: format!("the directory {} cannot be written: {e}", self.directory.display()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::{EmailAddress, PhoneNumber};
    use crate::domain::id::{AttemptId, CampaignId, PersonId};
    use crate::domain::pii::Pii;
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt;

    fn message(body: Body) -> Message {
        let id = uuid::Uuid::from_u128;
        Message {
            attempt: AttemptId(id(1)),
            campaign: CampaignId(id(2)),
            person: PersonId(id(3)),
            locale: String::from("en"),
            body,
        }
    }

    fn provider(channel: Channel, directory: &Path) -> SpoolProvider {
        let settings = SpoolSettings {
            channel,
            directory: directory.join("out"),
            from: String::from("a@example.org"),
            form: din5008_b(),
            sender: Sender::default(),
        };
        let around = Surroundings::for_tests(std::sync::Arc::new(crate::system::System));
        SpoolProvider::build(&Common::named("spool"), &settings, &around).unwrap()
    }

    #[tokio::test]
    async fn a_text_message_becomes_one_file_for_the_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let spool = provider(Channel::Sms, directory.path());
        let to = PhoneNumber::from_e164("+14155550123").unwrap();
        let sms = message(Body::Sms { to, text: Pii::new(String::from("hello")), fields: BTreeMap::new() });
        let answer = spool.send(&sms, Millis(0)).await;
        assert_eq!(answer.outcome, Outcome::Accepted);
        // The same attempt again, after a crash, replaces its file.
        spool.send(&sms, Millis(0)).await;
        let files: Vec<_> = fs::read_dir(directory.path().join("out")).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(files.len(), 1);
        assert_eq!(fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
        let read: serde_json::Value = serde_json::from_slice(&fs::read(&files[0]).unwrap()).unwrap();
        assert_eq!(read["body"]["to"], "+14155550123");
        assert_eq!(spool.check().await, Ok(Checked::Directory));
    }

    #[test]
    fn what_is_not_sure_to_stay_is_not_there() {
        let directory = tempfile::tempdir().unwrap();
        let failing = |_: &Path| Err(io::Error::other("the disk is gone"));
        assert!(put_with(directory.path(), "1.json", b"{}", failing).is_err());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn an_email_becomes_a_message_file_and_a_full_or_missing_directory_is_no_acceptance() {
        let directory = tempfile::tempdir().unwrap();
        let spool = provider(Channel::Email, directory.path());
        let pii = |t: &str| Pii::new(t.to_owned());
        let email = message(Body::Email {
            to: EmailAddress::parse("ann@example.com").unwrap(),
            to_name: None,
            subject: pii("s"),
            text: pii("t"),
            html: pii("<p>t</p>"),
        });
        let answer = spool.send(&email, Millis(0)).await;
        let file = directory.path().join("out").join(answer.reference.unwrap());
        assert!(fs::read_to_string(file).unwrap().contains("To: ann@example.com"));
        fs::remove_dir_all(directory.path().join("out")).unwrap();
        assert_eq!(spool.send(&email, Millis(0)).await.outcome, Outcome::Retry);
        assert!(spool.check().await.is_err());
    }
}
