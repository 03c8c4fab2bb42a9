//! Every page once, with made-up announcements: a template that uses a name that is not there is found at the start, and not when
//! the public reads.
//!
//! The samples are the two ends: everything that can be said, and next to nothing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::pages::{PageError, Pages};
use super::respond::{Frame, OtherLanguage};
use super::{announcement, feed, list};
use crate::domain::actor::ActorRef;
use crate::domain::announcement::{Announcement, AnnouncementState, AnnouncementText};
use crate::domain::clock::Millis;
use crate::domain::id::{AnnouncementId, IncidentId};
use crate::domain::locale::Locale;

/// Renders them all.
///
/// # Errors
/// The first that does not render.
pub(super) fn render_all(pages: &Pages) -> Result<(), PageError> {
    let locale = pages.languages.last_resort();
    for full in [true, false] {
        let sample = sample(locale, full);
        let text = &sample.texts[locale];
        let page = || announcement::view(frame(pages, locale, full), locale, text, &sample);
        render(pages, "announcement.html", &page())?;
        render(pages, "withdrawn.html", &page())?;
        render(pages, "list.html", &list::sample(frame(pages, locale, full), full))?;
        render(pages, "not_found.html", &frame(pages, locale, full))?;
        render(pages, "failed.html", &frame(pages, locale, full))?;
        render(pages, "feed.xml", &feed::sample(full))?;
    }
    Ok(())
}

fn render(pages: &Pages, name: &str, page: &impl Serialize) -> Result<(), PageError> {
    pages.render(name, page).map(drop).map_err(|error| PageError::Invalid {
        file: format!("public/{}.hbs", error.template_name.as_deref().unwrap_or(name)),
        reason: error.to_string(),
    })
}

fn frame<'a>(pages: &'a Pages, locale: &'a Locale, full: bool) -> Frame<'a> {
    let language = |current| OtherLanguage {
        lang: locale.to_string(),
        name: pages.languages.name(locale),
        href: String::from("https://candour.example.org/notices?lang=en"),
        current,
    };
    Frame {
        lang: locale.as_str(),
        title: String::from("A sample"),
        words: pages.languages.words(locale),
        style: pages.style(),
        all: String::from("https://candour.example.org/notices"),
        languages: if full { vec![language(true), language(false)] } else { Vec::new() },
        feed: String::from("https://candour.example.org/notices/feed.xml"),
    }
}

fn sample(locale: &Locale, full: bool) -> Announcement {
    let given = |text: &str| if full { String::from(text) } else { String::new() };
    let contact = ["privacy@example.org", "Privacy office"].map(String::from).to_vec();
    let text = AnnouncementText {
        title: given("A sample"),
        what_happened: given("A tape was lost."),
        what_we_do: given("We look for it."),
        what_you_can_do: if full { vec![given("Wait.")] } else { Vec::new() },
        what_we_offer: given("Help."),
        organisation: full.then(|| given("Example Library")),
        contact: if full { contact } else { Vec::new() },
    };
    let at = full.then_some(Millis(0));
    Announcement {
        id: AnnouncementId::new(Millis(0), [0; 10]),
        incident: IncidentId::new(Millis(0), [0; 10]),
        slug: String::from("a-sample"),
        state: AnnouncementState::Withdrawn,
        default_locale: locale.clone(),
        texts: BTreeMap::from([(locale.clone(), text)]),
        covers: 0,
        reasons: BTreeMap::new(),
        author: ActorRef::operator(),
        publisher: None,
        created_at: Millis(0),
        published_at: at,
        withdrawn_at: at,
        withdrawn_reason: full.then(|| given("It was found.")),
        updated_at: Millis(0),
    }
}
