//! `/notices/{slug}`: one announcement in the reader's language, or what is left of it.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;

use super::PublicState;
use super::language::{LangArg, Wanted};
use super::respond::{Cached, Frame, HTML, day};
use crate::announcements::is_slug;
use crate::domain::announcement::{Announcement, AnnouncementState, AnnouncementText};
use crate::domain::locale::Locale;

#[derive(Serialize)]
pub(super) struct AnnouncementPage<'a> {
    #[serde(flatten)]
    frame: Frame<'a>,
    /// Language of the announcement's own words, which may be none of the page's.
    text_lang: &'a str,
    heading: &'a str,
    organisation: Option<&'a str>,
    published: Option<Day>,
    withdrawn: Option<Day>,
    reason: Option<Vec<&'a str>>,
    what_happened: Vec<&'a str>,
    what_we_do: Vec<&'a str>,
    what_you_can_do: &'a [String],
    what_we_offer: Vec<&'a str>,
    contact: Vec<Contact<'a>>,
}

#[derive(Serialize)]
struct Day {
    machine: String,
    people: String,
}

/// A line of whom to ask, as a link where it is one.
#[derive(Serialize)]
struct Contact<'a> {
    text: &'a str,
    href: Option<String>,
}

pub(super) async fn page(
    State(state): State<PublicState>,
    Path(slug): Path<String>,
    Query(lang): Query<LangArg>,
    headers: HeaderMap,
) -> Response {
    let wanted = Wanted::of(&lang, &headers);
    if !is_slug(&slug) {
        return state.not_found(&wanted);
    }
    let announcement = match state.store.public_announcement(&slug).await {
        Ok(announcement) => announcement,
        Err(error) => return state.missing(&wanted, &error),
    };
    let Some((locale, text)) = text(&wanted, &announcement) else {
        return state.failed(&wanted, &"an announcement without a text");
    };
    let withdrawn = announcement.state == AnnouncementState::Withdrawn;
    let chrome = state.pages.languages.nearest(locale).unwrap_or_else(|| state.chrome(&wanted));
    let title = if withdrawn { state.pages.languages.words(chrome).withdrawn().to_owned() } else { text.title.clone() };
    let languages = state.alternates(&format!("notices/{slug}"), announcement.texts.keys(), locale);
    let frame = state.frame(chrome, title, &wanted, languages);
    let page = view(frame, locale, text, &announcement);
    let (status, template) =
        if withdrawn { (StatusCode::GONE, "withdrawn.html") } else { (StatusCode::OK, "announcement.html") };
    match state.pages.render(template, &page) {
        Ok(body) => {
            let modified = Some(announcement.updated_at);
            state.cached(&headers, Cached { status, media_type: HTML, body, modified, locale })
        }
        Err(error) => state.failed(&wanted, &error),
    }
}

/// The text of an announcement for a reader: the wanted one, else the default, else any.
pub(super) fn text<'a>(wanted: &Wanted, announcement: &'a Announcement) -> Option<(&'a Locale, &'a AnnouncementText)> {
    let texts = &announcement.texts;
    let chosen = wanted.choose(|locale| texts.get_key_value(locale).map(|(found, _)| found));
    chosen
        .and_then(|locale| texts.get_key_value(locale))
        .or_else(|| texts.get_key_value(&announcement.default_locale))
        .or_else(|| texts.first_key_value())
}

pub(super) fn view<'a>(
    frame: Frame<'a>,
    locale: &'a Locale,
    text: &'a AnnouncementText,
    announcement: &'a Announcement,
) -> AnnouncementPage<'a> {
    let day_of = |at| Day { machine: crate::domain::clock::Millis::to_rfc3339(at), people: day(at) };
    AnnouncementPage {
        frame,
        text_lang: locale.as_str(),
        heading: &text.title,
        organisation: text.organisation.as_deref(),
        published: announcement.published_at.map(day_of),
        withdrawn: announcement.withdrawn_at.map(day_of),
        reason: announcement.withdrawn_reason.as_deref().map(paragraphs),
        what_happened: paragraphs(&text.what_happened),
        what_we_do: paragraphs(&text.what_we_do),
        what_you_can_do: &text.what_you_can_do,
        what_we_offer: paragraphs(&text.what_we_offer),
        contact: text.contact.iter().map(|line| Contact { text: line, href: link(line) }).collect(),
    }
}

/// Paragraphs of a plain text: a blank line parts them.
fn paragraphs(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.trim().is_empty() {
        let blank = rest.match_indices('\n').find(|(at, _)| {
            let after = rest[at + 1..].trim_start_matches([' ', '\t', '\r']);
            after.starts_with('\n')
        });
        let (head, tail) = blank.map_or((rest, ""), |(at, _)| rest.split_at(at));
        if !head.trim().is_empty() {
            found.push(head.trim());
        }
        rest = tail.trim_start();
    }
    found
}

/// Where a line of contact leads: a page, an address, a number.
fn link(line: &str) -> Option<String> {
    let line = line.trim();
    if let Ok(url) = url::Url::parse(line) {
        return matches!(url.scheme(), "https" | "http").then(|| url.to_string());
    }
    if crate::domain::contact::EmailAddress::parse(line).is_ok() {
        return Some(format!("mailto:{line}"));
    }
    let digits: String = line.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '/')).collect();
    crate::domain::contact::PhoneNumber::from_e164(&digits).ok().map(|number| format!("tel:{}", number.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_part_paragraphs() {
        assert_eq!(paragraphs("One\ntwo\n\n \r\n\nThree\n"), ["One\ntwo", "Three"]);
        assert_eq!(paragraphs("One\r\n\r\nTwo"), ["One", "Two"]);
        assert!(paragraphs(" \n\n ").is_empty());
    }

    #[test]
    fn contacts_become_links_only_where_they_lead_somewhere_safe() {
        assert_eq!(link("https://example.org/help").as_deref(), Some("https://example.org/help"));
        assert_eq!(link("help@example.org").as_deref(), Some("mailto:help@example.org"));
        assert_eq!(link("+49 30 901820").as_deref(), Some("tel:+4930901820"));
        for text in ["javascript:alert(1)", "Data Protection Officer", "030 901820", "data:text/html,x"] {
            assert_eq!(link(text), None, "{text}");
        }
    }
}
