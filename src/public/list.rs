//! `/notices`: all announcements, newest first.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;

use super::PublicState;
use super::language::{LangArg, Wanted};
use super::respond::{Cached, Frame, HTML, day};
use crate::domain::announcement::{Announcement, AnnouncementState};

/// Announcements on the page and in the feed. More than one organisation has to tell in years.
pub(super) const SHOWN: u32 = 200;

#[derive(Serialize)]
pub(super) struct ListPage<'a> {
    #[serde(flatten)]
    frame: Frame<'a>,
    items: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    title: &'a str,
    lang: &'a str,
    href: String,
    published: Option<String>,
    withdrawn: Option<String>,
}

pub(super) async fn page(
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
    let title = state.pages.languages.words(locale).list_title().to_owned();
    let languages = state.alternates("notices", state.pages.languages.locales(), locale);
    let items = announcements.iter().filter_map(|announcement| item(&state, &wanted, announcement)).collect();
    let page = ListPage { frame: state.frame(locale, title, &wanted, languages), items };
    match state.pages.render("list.html", &page) {
        Ok(body) => {
            let modified = announcements.iter().map(|announcement| announcement.updated_at).max();
            state.cached(&headers, Cached { status: StatusCode::OK, media_type: HTML, body, modified, locale })
        }
        Err(error) => state.failed(&wanted, &error),
    }
}

/// The page with made-up announcements, or with none.
pub(super) fn sample(frame: Frame<'_>, full: bool) -> ListPage<'_> {
    let day = || Some(String::from("2026-11-20"));
    let item = |withdrawn| Item {
        title: "A sample",
        lang: "en",
        href: String::from("https://candour.example.org/notices/a-sample"),
        published: day(),
        withdrawn,
    };
    ListPage { frame, items: if full { vec![item(None), item(day())] } else { Vec::new() } }
}

fn item<'a>(state: &PublicState, wanted: &Wanted, announcement: &'a Announcement) -> Option<Item<'a>> {
    let (locale, text) = super::announcement::text(wanted, announcement)?;
    Some(Item {
        title: &text.title,
        lang: locale.as_str(),
        href: format!("{}{}", state.address(&format!("notices/{}", announcement.slug)), wanted.query()),
        published: announcement.published_at.map(day),
        withdrawn: match announcement.state {
            AnnouncementState::Withdrawn => announcement.withdrawn_at.map(day),
            AnnouncementState::Draft | AnnouncementState::Published => None,
        },
    })
}
