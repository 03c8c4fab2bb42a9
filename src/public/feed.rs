//! `/notices/feed.xml`: the same announcements as an Atom feed (RFC 4287).

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;

use super::PublicState;
use super::language::{LangArg, Wanted};
use super::list::SHOWN;
use super::respond::{ATOM, Cached};
use crate::domain::announcement::{Announcement, AnnouncementState};
use crate::domain::clock::Millis;

#[derive(Serialize)]
pub(super) struct Feed<'a> {
    lang: &'a str,
    title: &'a str,
    own: String,
    page: String,
    updated: String,
    entries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    lang: &'a str,
    id: String,
    title: String,
    author: &'a str,
    links: Vec<Link>,
    published: Option<String>,
    updated: String,
    summary: &'a str,
}

#[derive(Serialize)]
struct Link {
    lang: String,
    href: String,
}

pub(super) async fn feed(
    State(state): State<PublicState>,
    Query(lang): Query<LangArg>,
    headers: HeaderMap,
) -> Response {
    let wanted = Wanted::of(&lang, &headers);
    let announcements = match state.store.public_announcements(SHOWN).await {
        Ok(announcements) => announcements,
        Err(error) => return state.failed(&wanted, &error),
    };
    let locale = state.chrome(&wanted);
    let words = state.pages.languages.words(locale);
    let modified = announcements.iter().map(|announcement| announcement.updated_at).max();
    let feed = Feed {
        lang: locale.as_str(),
        title: words.list_title(),
        own: state.address("notices/feed.xml"),
        page: state.address("notices"),
        // The form asks for a time even of an empty feed; the epoch never changes.
        updated: modified.unwrap_or(Millis(0)).to_rfc3339(),
        entries: announcements.iter().filter_map(|one| entry(&state, &wanted, words.withdrawn(), one)).collect(),
    };
    match state.pages.render("feed.xml", &feed) {
        Ok(body) => state.cached(&headers, Cached { status: StatusCode::OK, media_type: ATOM, body, modified, locale }),
        Err(error) => state.failed(&wanted, &error),
    }
}

/// The feed with made-up announcements, or with none.
pub(super) fn sample(full: bool) -> Feed<'static> {
    let text = || String::from("A sample");
    let entry = |published| Entry {
        lang: "en",
        id: text(),
        title: text(),
        author: "A sample",
        links: vec![Link { lang: text(), href: text() }],
        published,
        updated: text(),
        summary: "A sample",
    };
    Feed {
        lang: "en",
        title: "A sample",
        own: text(),
        page: text(),
        updated: text(),
        entries: if full { vec![entry(Some(text())), entry(None)] } else { Vec::new() },
    }
}

fn entry<'a>(
    state: &PublicState,
    wanted: &Wanted,
    withdrawn: &'a str,
    announcement: &'a Announcement,
) -> Option<Entry<'a>> {
    let (locale, text) = super::announcement::text(wanted, announcement)?;
    let path = format!("notices/{}", announcement.slug);
    let gone = announcement.state == AnnouncementState::Withdrawn;
    Some(Entry {
        lang: locale.as_str(),
        id: format!("urn:uuid:{}", announcement.id),
        title: if gone { format!("{withdrawn}: {}", text.title) } else { text.title.clone() },
        author: text.organisation.as_deref().unwrap_or(&text.title),
        links: announcement
            .texts
            .keys()
            .map(|lang| Link { lang: lang.to_string(), href: state.address(&format!("{path}?lang={lang}")) })
            .collect(),
        published: announcement.published_at.map(Millis::to_rfc3339),
        updated: announcement.updated_at.to_rfc3339(),
        summary: match (gone, &announcement.withdrawn_reason) {
            (true, Some(reason)) => reason,
            _ => &text.what_happened,
        },
    })
}
