//! The notice: written, read and previewed.

use serde_json::json;

use super::{Flaw, IncidentError, Incidents, Requirement, entry, rehearsal};
use crate::domain::actor::ActorRef;
use crate::domain::channel::Channel;
use crate::domain::contact::PostalAddress;
use crate::domain::id::{IncidentId, NoticeId, PersonId};
use crate::domain::incident::Incident;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::letter::Letter;
use crate::domain::locale::Locale;
use crate::domain::notice::{Notice, NoticeContent};
use crate::domain::person::PersonRecord;
use crate::domain::pii::Pii;
use crate::domain::price::Price;
use crate::domain::sample;
use crate::domain::segments;
use crate::render::{CompiledNotice, RenderError, Rendered};
use crate::store::StoreError;

/// What to preview.
#[derive(Clone, Debug, Default)]
pub struct PreviewRequest {
    /// Content that is not stored yet; the newest version otherwise.
    pub content: Option<NoticeContent>,
    /// A real person; a made-up one otherwise.
    pub person: Option<PersonId>,
    /// Language; the person's own otherwise, or the notice's default.
    pub locale: Option<Locale>,
    /// Residence, for what the law asks of the notice; the person's own otherwise, or every one of the incident's.
    pub jurisdiction: Option<JurisdictionId>,
    /// Only this channel; all of the cascade otherwise.
    pub channel: Option<Channel>,
    /// Whether a real person is masked, because whoever looks may not see who it is.
    pub masked: bool,
}

/// How the notice looks over one channel, or why it does not.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The channel.
    pub channel: Channel,
    /// The message.
    pub rendered: Rendered,
    /// What the channel's first provider takes for it, where that is counted.
    pub cost: Option<Price>,
}

/// A letter to be looked at.
#[derive(Clone, Debug)]
pub struct LetterPreview {
    /// What it says.
    pub letter: Letter,
    /// Where to, if anywhere.
    pub to: PostalAddress,
    /// To whom.
    pub to_name: Option<Pii<String>>,
    /// Country of the organisation, which an address within it does not name.
    pub from_country: Option<String>,
}

/// A whole preview.
#[derive(Clone, Debug)]
pub struct Previews {
    /// Stands for what was previewed.
    pub hash: String,
    /// Place of the variant that this residence reads; `None` where it reads what all others do.
    pub variant: Option<usize>,
    /// Per channel.
    pub previews: Vec<Preview>,
    /// What the law asks of it.
    pub requirements: Vec<Requirement>,
}

impl Incidents {
    /// Writes the next version of the notice over the one that its author has `seen`, 0 for none. The same content over the
    /// same facts gives the version there is.
    ///
    /// # Errors
    /// `Stale` when another version is the newest by now, `Frozen` when the incident is closed; when a template does not
    /// work, or storage fails.
    pub async fn put_notice(
        &self,
        id: IncidentId,
        content: NoticeContent,
        seen: i64,
        by: &ActorRef,
    ) -> Result<Notice, IncidentError> {
        let incident = self.store.incident(id).await?;
        if !incident.state.is_editable() {
            return Err(IncidentError::Frozen(incident.state));
        }
        self.check_variants(&content)?;
        let compiled = self.renderer.compile(&content, &incident.facts)?;
        rehearsal::try_channels(&content, &compiled)?;
        match self.store_notice(&incident, content, &compiled, seen, by).await {
            Err(IncidentError::Store(StoreError::Conflict(_))) => {
                // Somebody was faster between the reading and our writing: by writing another, or by closing the incident.
                let state = self.store.incident(id).await?.state;
                Err(if state.is_editable() {
                    IncidentError::Stale(self.notice(id).await?.version)
                } else {
                    IncidentError::Frozen(state)
                })
            }
            other => other,
        }
    }

    pub(super) async fn store_notice(
        &self,
        incident: &Incident,
        content: NoticeContent,
        compiled: &CompiledNotice,
        seen: i64,
        by: &ActorRef,
    ) -> Result<Notice, IncidentError> {
        let now = self.clock.now();
        let notice = Notice {
            id: NoticeId::new(now, self.entropy.ten()),
            incident: incident.id,
            version: 0,
            content,
            facts: incident.facts.clone(),
            hash: compiled.hash().to_owned(),
            created_at: now,
        };
        let locales: Vec<&str> = notice.content.texts.keys().map(Locale::as_str).collect();
        let detail = json!({ "notice": notice.id, "hash": notice.hash, "locales": locales });
        let audit = entry(incident.id, now, by, "notice.written", detail);
        Ok(self.store.put_notice(&notice, Some(seen), audit).await?)
    }

    /// The newest version.
    ///
    /// # Errors
    /// When there is no such incident, or it has no notice.
    pub async fn notice(&self, id: IncidentId) -> Result<Notice, IncidentError> {
        // First the incident, so that a wrong identifier is told from a notice that is not written yet.
        self.store.incident(id).await?;
        match self.store.latest_notice(id).await {
            Err(StoreError::NotFound(_)) => Err(IncidentError::NoNotice),
            other => Ok(other?),
        }
    }

    /// Shows how the notice would look with the facts as they are now, and what the law still misses in it.
    ///
    /// # Errors
    /// When there is no notice, no such person, or a text uses something that has no value.
    pub async fn preview(&self, id: IncidentId, request: PreviewRequest) -> Result<Previews, IncidentError> {
        let docket = self.store.docket(id).await?;
        let facts = &docket.incident.facts;
        let content = match request.content {
            Some(content) => content,
            None => self.notice(id).await?.content,
        };
        self.check_variants(&content)?;
        let compiled = self.renderer.compile(&content, facts)?;
        let mut record = match request.person {
            Some(person) => self.somebody(id, person, request.masked).await?,
            None => sample::person(request.locale.clone(), None),
        };
        if request.jurisdiction.is_some() {
            record.jurisdiction.clone_from(&request.jurisdiction);
        }
        let channels = request.channel.map_or_else(|| content.cascade.clone(), |channel| vec![channel]);
        let mut previews = render(&compiled, &channels, request.locale.as_ref(), &record)?;
        for preview in &mut previews {
            preview.cost = self.cost(preview.channel, &preview.rendered);
        }
        let residence = record.jurisdiction.as_ref();
        let requirements = self.requirements_of(&docket, &content, facts, residence);
        let variant = content.variant_of(residence);
        Ok(Previews { hash: compiled.hash().to_owned(), variant, previews, requirements })
    }

    /// Refuses variants for places in which, as far as there are rules, nobody lives.
    fn check_variants(&self, content: &NoticeContent) -> Result<(), IncidentError> {
        let named =
            content.variants.iter().enumerate().flat_map(|(place, v)| v.jurisdictions.iter().map(move |j| (place, j)));
        let unknown = named.filter(|(_, jurisdiction)| self.rules.residence(jurisdiction).is_none());
        let flaws: Vec<Flaw> = unknown
            .map(|(place, jurisdiction)| Flaw {
                field: format!("variants[{place}].jurisdictions"),
                reason: self.rules.why_nobody_lives_in(jurisdiction),
                remedy: String::from("GET /v1/jurisdictions lists those in which people live."),
            })
            .collect();
        if flaws.is_empty() { Ok(()) } else { Err(IncidentError::Flawed(flaws)) }
    }

    /// A person of the incident, with a made-up code.
    async fn somebody(&self, id: IncidentId, person: PersonId, masked: bool) -> Result<PersonRecord, IncidentError> {
        let record = self.store.person(id, person).await?.record;
        let record = if masked { record.masked() } else { record };
        Ok(PersonRecord { remedy_code: sample::remedy_code(), ..record })
    }

    fn cost(&self, channel: Channel, rendered: &Rendered) -> Option<Price> {
        let price = self.carriers.iter().find(|carrier| carrier.channel == channel)?.price?;
        let messages = match rendered {
            Rendered::Sms { text, .. } => segments::measure(text.expose()).segments,
            _ => 1,
        };
        price.times(u64::try_from(messages).ok()?)
    }
}

impl Incidents {
    /// What the letter of the notice says, with the facts as they are now, and to whom. Nothing of `channel` and
    /// `jurisdiction` is used.
    ///
    /// # Errors
    /// As [`Incidents::preview`].
    pub async fn preview_letter(
        &self,
        id: IncidentId,
        request: PreviewRequest,
    ) -> Result<LetterPreview, IncidentError> {
        let facts = self.store.docket(id).await?.incident.facts;
        let content = match request.content {
            Some(content) => content,
            None => self.notice(id).await?.content,
        };
        let compiled = self.renderer.compile(&content, &facts)?;
        let mut record = match request.person {
            Some(person) => self.somebody(id, person, request.masked).await?,
            None => sample::person(request.locale.clone(), None),
        };
        if request.jurisdiction.is_some() {
            record.jurisdiction.clone_from(&request.jurisdiction);
        }
        let rendered = render(&compiled, &[Channel::Letter], request.locale.as_ref(), &record)?;
        let letter = rendered.into_iter().find_map(|preview| match preview.rendered {
            Rendered::Letter(letter) => Some(letter),
            _ => None,
        });
        Ok(LetterPreview {
            // The channel asked for is the channel rendered.
            letter: letter.ok_or(IncidentError::NoNotice)?,
            to: record.address.clone().unwrap_or_default(),
            to_name: record.name.clone(),
            from_country: facts.organisation.country,
        })
    }
}

fn render(
    compiled: &CompiledNotice,
    channels: &[Channel],
    locale: Option<&Locale>,
    record: &PersonRecord,
) -> Result<Vec<Preview>, RenderError> {
    let one = |&channel: &Channel| {
        let rendered = match locale {
            Some(locale) => compiled.render_locale(channel, locale, record),
            None => compiled.render(channel, record),
        };
        rendered.map(|rendered| Preview { channel, rendered, cost: None })
    };
    channels.iter().map(one).collect()
}
