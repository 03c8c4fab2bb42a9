//! Writing the draft: texts of the author's own, or those of the incident's notice.

use std::collections::BTreeMap;

use serde_json::json;

use super::{AnnouncementError, Announcements, slug};
use crate::domain::actor::Actor;
use crate::domain::announcement::{Announcement, AnnouncementState, AnnouncementText};
use crate::domain::audit::AuditEntry;
use crate::domain::facts::IncidentFacts;
use crate::domain::id::{AnnouncementId, IncidentId};
use crate::domain::incident::IncidentState;
use crate::domain::locale::Locale;
use crate::domain::notice::NoticeTexts;
use crate::domain::text::is_stray;
use crate::store::StoreError;

/// What the author gives. Everything may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewAnnouncement {
    /// Locale shown when the reader's is not there; the notice's, or the first of the texts, unless given.
    pub default_locale: Option<Locale>,
    /// The words per locale; those of the incident's newest notice unless given. They may use the incident's facts
    /// (`{{organisation.name}}`) as the notice's texts do.
    pub texts: Option<BTreeMap<Locale, AnnouncementText>>,
}

/// Most locales of an announcement.
const MAX_LOCALES: usize = 40;

/// Longest line of a contact, in bytes.
const MAX_LINE: usize = 1000;

/// The slug is tried as it is, and then with a random ending.
const SLUG_TRIES: usize = 3;

impl Announcements {
    /// Writes the incident's draft, in place of an earlier one.
    ///
    /// # Errors
    /// When the incident is not open, a text cannot be filled from its facts, one is published already, or the database
    /// does not answer.
    pub async fn draft(
        &self,
        incident: IncidentId,
        new: NewAnnouncement,
        actor: &Actor,
    ) -> Result<Announcement, AnnouncementError> {
        let found = self.store.incident(incident).await?;
        if found.state != IncidentState::Open {
            return Err(AnnouncementError::NotOpen(found.state));
        }
        let (texts, preferred) = match new.texts {
            Some(given) => (self.settle(&given, &found.facts)?, None),
            None => self.texts_of_notice(incident).await?,
        };
        let default_locale = default_locale(new.default_locale.or(preferred), &texts)?;
        let reasons: BTreeMap<String, i64> = self
            .store
            .unreachable_reasons(incident)
            .await?
            .into_iter()
            .filter(|(_, people)| *people > 0)
            .map(|(reason, people)| (reason.as_str().to_owned(), people))
            .collect();
        let now = self.clock.now();
        let draft = Announcement {
            id: AnnouncementId::new(now, self.entropy.ten()),
            incident,
            slug: slug::of(texts.get(&default_locale).map_or("", |text| text.title.as_str())),
            state: AnnouncementState::Draft,
            default_locale,
            texts,
            covers: reasons.values().sum(),
            reasons,
            author: actor.to_ref(),
            publisher: None,
            created_at: now,
            published_at: None,
            withdrawn_at: None,
            withdrawn_reason: None,
            updated_at: now,
        };
        self.put(draft).await
    }

    async fn put(&self, mut draft: Announcement) -> Result<Announcement, AnnouncementError> {
        if let Ok(before) = self.store.announcement(draft.incident).await
            && before.state == AnnouncementState::Published
        {
            let reason = format!("{} is published; withdraw it before drafting another", before.slug);
            return Err(StoreError::Conflict(reason).into());
        }
        let title = draft.slug.clone();
        let mut refused = None;
        for _ in 0..SLUG_TRIES {
            let entry = AuditEntry {
                incident: Some(draft.incident),
                at: draft.created_at,
                actor: draft.author.clone(),
                action: String::from("announcement.drafted"),
                detail: json!({ "announcement": draft.id, "slug": draft.slug, "covers": draft.covers }),
            };
            match self.store.put_announcement(&draft, entry).await {
                Ok(stored) => return Ok(stored),
                // Nothing is published, so what is in the way is another announcement's slug.
                Err(taken @ StoreError::Conflict(_)) => refused = Some(taken),
                Err(other) => return Err(other.into()),
            }
            let mut random = [0; 4];
            self.entropy.fill(&mut random);
            draft.slug = format!("{title}-{}", hex::encode(random));
        }
        Err(refused.unwrap_or(StoreError::Busy).into())
    }

    /// The texts of the incident's newest notice, with the facts it was written from.
    async fn texts_of_notice(
        &self,
        incident: IncidentId,
    ) -> Result<(BTreeMap<Locale, AnnouncementText>, Option<Locale>), AnnouncementError> {
        let notice = match self.store.latest_notice(incident).await {
            Ok(notice) => notice,
            Err(StoreError::NotFound(_)) => return Err(AnnouncementError::NoTexts),
            Err(other) => return Err(other.into()),
        };
        let texts =
            notice.content.texts.iter().map(|(locale, text)| (locale.clone(), self.text_of_notice(locale, text)));
        let texts = self.settle(&texts.collect(), &notice.facts)?;
        Ok((texts, Some(notice.content.default_locale)))
    }

    fn text_of_notice(&self, locale: &Locale, text: &NoticeTexts) -> AnnouncementText {
        // A subject that the notice's author did not write speaks to one person; the heading speaks to all.
        let heading = || match self.renderer.words(locale) {
            Some(words) => format!("{} – {{{{organisation.name}}}}", words.headings.title),
            None => String::from("{{organisation.name}}"),
        };
        AnnouncementText {
            title: text.subject.clone().unwrap_or_else(heading),
            what_happened: text.what_happened.clone(),
            what_we_do: text.what_we_do.clone(),
            what_you_can_do: text.what_you_can_do.clone(),
            what_we_offer: text.what_we_offer.clone(),
            organisation: None,
            contact: Vec::new(),
        }
    }

    fn settle(
        &self,
        texts: &BTreeMap<Locale, AnnouncementText>,
        facts: &IncidentFacts,
    ) -> Result<BTreeMap<Locale, AnnouncementText>, AnnouncementError> {
        if texts.len() > MAX_LOCALES {
            return Err(field("texts", "it has more than 40 locales"));
        }
        texts.iter().map(|(locale, text)| Ok((locale.clone(), self.settle_one(locale, text, facts)?))).collect()
    }

    fn settle_one(
        &self,
        locale: &Locale,
        text: &AnnouncementText,
        facts: &IncidentFacts,
    ) -> Result<AnnouncementText, AnnouncementError> {
        let fill = |name: &str, source: &str| -> Result<String, AnnouncementError> {
            let filled = self.renderer.settled(locale, name, source, facts)?;
            let path = || format!("texts.{locale}.{name}");
            if filled.trim().is_empty() {
                return Err(field(path(), "it is blank"));
            }
            if filled.chars().any(is_stray) {
                return Err(field(path(), "it holds a control character"));
            }
            Ok(filled)
        };
        let steps = text.what_you_can_do.iter().enumerate();
        let contact = if text.contact.is_empty() { contact_lines(facts) } else { text.contact.clone() };
        let organisation = text.organisation.clone().or_else(|| facts.organisation.name.clone());
        if contact.iter().chain(&organisation).any(|line| line.chars().any(is_stray) || line.len() > MAX_LINE) {
            let path = format!("texts.{locale}.contact");
            return Err(field(path, "a line of it or of `organisation` is too long or holds a control character"));
        }
        Ok(AnnouncementText {
            title: crate::render::one_line(&fill("title", &text.title)?),
            what_happened: fill("what_happened", &text.what_happened)?,
            what_we_do: fill("what_we_do", &text.what_we_do)?,
            what_you_can_do: steps
                .map(|(place, step)| fill(&format!("what_you_can_do[{place}]"), step))
                .collect::<Result<_, _>>()?,
            what_we_offer: fill("what_we_offer", &text.what_we_offer)?,
            organisation,
            contact,
        })
    }
}

fn contact_lines(facts: &IncidentFacts) -> Vec<String> {
    let contact = &facts.contact;
    [&contact.name, &contact.email, &contact.phone, &contact.url]
        .into_iter()
        .flatten()
        .filter(|line| !line.trim().is_empty())
        .cloned()
        .collect()
}

fn default_locale(
    wanted: Option<Locale>,
    texts: &BTreeMap<Locale, AnnouncementText>,
) -> Result<Locale, AnnouncementError> {
    match wanted {
        Some(locale) if texts.contains_key(&locale) => Ok(locale),
        Some(_) => Err(field("default_locale", "it is not among the texts")),
        None => texts.keys().next().cloned().ok_or_else(|| field("texts", "it has no locale")),
    }
}

fn field(field: impl Into<String>, reason: &'static str) -> AnnouncementError {
    AnnouncementError::Field { field: field.into(), reason }
}
