//! What the public sees.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use candour::announcements::NewAnnouncement;
use candour::deadlines::Deadlines;
use candour::domain::actor::Role;
use candour::domain::announcement::Announcement;
use candour::law::Rules;
use candour::public::{Pages, PublicState, router};
use candour::render::pdf::Fonts;
use candour::store::Store;
use candour::system::System;
use serde_json::json;
use tower::ServiceExt;

use crate::support::features::texts;
use crate::support::stores::{World, on_both};

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn get(world: &World, path: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
    let pages = Arc::new(Pages::load(None).unwrap());
    let base: (Arc<dyn Store>, _, _) = (world.store.clone(), Arc::new(System), Arc::new(System));
    let rules = Arc::new(Rules::embedded().unwrap());
    let deadlines = Deadlines::new((base.0, base.1, base.2), rules, "https://notices.example.org");
    let state = PublicState::new(
        world.store.clone(),
        pages,
        Arc::new(Fonts::new(None)),
        Arc::new(deadlines),
        "https://notices.example.org".parse().unwrap(),
    );
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let response = router(state).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(bytes.to_vec()).unwrap() }
}

async fn publish(world: &World) -> Announcement {
    let incident = world.open_incident().await;
    let mut english = texts("Loss <b>&");
    english["what_you_can_do"] = json!(["Visit \"us\" <script>alert(1)</script>"]);
    let notice = world.notice(&incident, json!({ "en": english, "de": texts("Verlust"), "ja": texts("紛失") })).await;
    world.unreachable_people(&incident, &notice, 2).await;
    let announcements = world.announcements();
    let author = world.somebody("Rana", Role::Responder);
    announcements.draft(incident.id, NewAnnouncement::default(), &author).await.unwrap();
    let approver = world.somebody("Ada", Role::Approver);
    announcements.publish(incident.id, None, &approver).await.unwrap()
}

on_both!(a_notice_is_shown_in_the_readers_language, |world| {
    let announcement = publish(&world).await;
    let path = format!("/notices/{}", announcement.slug);
    let german = get(&world, &path, &[(header::ACCEPT_LANGUAGE, "de-CH,en;q=0.5")]).await;
    assert_eq!(german.status, StatusCode::OK);
    assert!(german.body.contains("<html lang=\"de\""), "{}", german.body);
    assert!(german.body.contains("<h1>Verlust: Example &amp; Sons</h1>"), "{}", german.body);
    assert!(german.body.contains("Was Sie tun können"));
    assert!(german.body.contains("hreflang=\"ja\" href=\"https://notices.example.org/notices/"));
    assert_eq!(german.header(header::CONTENT_LANGUAGE), "de");
    assert_eq!(german.header(header::VARY), "Accept-Language");

    let chosen = get(&world, &format!("{path}?lang=ja"), &[(header::ACCEPT_LANGUAGE, "de")]).await;
    assert!(chosen.body.contains("<article lang=\"ja\""), "the address comes before the browser");
    assert!(chosen.body.contains("<html lang=\"de\""), "the page's own words are in the nearest language there is");

    let english = get(&world, &path, &[]).await;
    assert!(english.body.contains("Loss &lt;b&gt;&amp;"), "{}", english.body);
    assert!(!english.body.contains("<script"), "nothing that people wrote becomes markup");
    assert!(!english.body.contains("lost-0") && !english.body.contains("Name of"), "nobody is named");
    let policy = english.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
});

on_both!(what_no_address_can_be_is_not_there, |world| {
    for slug in ["%00", "notice%00", "Notice", "no.tice", "%2e%2e"] {
        let answer = get(&world, &format!("/notices/{slug}"), &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{slug}: {}", answer.body);
    }
});

on_both!(pages_are_cached_and_asked_for_again_correctly, |world| {
    let announcement = publish(&world).await;
    for path in [String::from("/notices"), format!("/notices/{}", announcement.slug), String::from("/notices/feed.xml")]
    {
        let first = get(&world, &path, &[]).await;
        assert_eq!(first.status, StatusCode::OK, "{path}");
        assert!(first.header(header::CACHE_CONTROL).starts_with("public, max-age="), "{path}");
        let (tag, date) = (first.header(header::ETAG), first.header(header::LAST_MODIFIED));
        assert!(!tag.is_empty() && date.ends_with(" GMT"), "{path}");
        let again = get(&world, &path, &[(header::IF_NONE_MATCH, tag)]).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path}");
        assert_eq!(again.header(header::ETAG), tag);
        let again = get(&world, &path, &[(header::IF_MODIFIED_SINCE, date)]).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{path}");
        let other = get(&world, &path, &[(header::IF_NONE_MATCH, tag), (header::ACCEPT_LANGUAGE, "de")]).await;
        assert_eq!(other.status, StatusCode::OK, "another language is another page: {path}");
    }
});

on_both!(the_list_and_the_feed_name_what_is_public, |world| {
    let empty = get(&world, "/notices", &[]).await;
    assert!(empty.body.contains("There are no notices"), "{}", empty.body);
    let announcement = publish(&world).await;
    let list = get(&world, "/notices?lang=de", &[]).await;
    assert!(list.body.contains(&format!("https://notices.example.org/notices/{}?lang=de", announcement.slug)));
    assert!(list.body.contains("Verlust: Example &amp; Sons"), "{}", list.body);
    let feed = get(&world, "/notices/feed.xml", &[]).await;
    assert_eq!(feed.header(header::CONTENT_TYPE), "application/atom+xml; charset=utf-8");
    assert!(feed.body.contains(&format!("<id>urn:uuid:{}</id>", announcement.id)), "{}", feed.body);
    assert!(feed.body.contains("<title>Loss &lt;b&gt;&amp;: Example &amp; Sons</title>"), "{}", feed.body);
});

on_both!(a_draft_is_not_there_and_a_withdrawn_notice_says_so, |world| {
    let announcement = publish(&world).await;
    let announcements = world.announcements();
    let approver = world.somebody("Ada", Role::Approver);
    announcements.withdraw(announcement.incident, "The number was <wrong>.", &approver).await.unwrap();
    let author = world.somebody("Rana", Role::Responder);
    let draft = announcements.draft(announcement.incident, NewAnnouncement::default(), &author).await.unwrap();

    let gone = get(&world, &format!("/notices/{}", announcement.slug), &[]).await;
    assert_eq!(gone.status, StatusCode::GONE);
    assert!(gone.body.contains("This notice has been withdrawn"), "{}", gone.body);
    assert!(gone.body.contains("The number was &lt;wrong&gt;."), "{}", gone.body);
    assert!(!gone.body.contains("A tape of"), "its words are gone");
    let hidden = get(&world, &format!("/notices/{}", draft.slug), &[(header::ACCEPT_LANGUAGE, "fr")]).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    assert!(hidden.body.contains("Il n’y a pas d’avis à cette adresse"), "{}", hidden.body);
    assert_eq!(hidden.header(header::CACHE_CONTROL), "no-store");
    let feed = get(&world, "/notices/feed.xml", &[]).await;
    assert!(feed.body.contains("This notice has been withdrawn: "), "{}", feed.body);
    assert!(!feed.body.contains("A tape of"), "{}", feed.body);
});

on_both!(a_report_is_only_for_whoever_has_its_link, |world| {
    for path in ["/reports/unknown", "/reports/unknown.pdf", "/reports/..%2F..%2Fetc", "/reports/x.exe"] {
        let answer = get(&world, path, &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.header(header::CACHE_CONTROL), "private, no-store");
        assert!(answer.headers.contains_key("x-robots-tag"));
    }
});
