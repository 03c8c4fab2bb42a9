//! From people who cannot be reached to a published notice, and back.

use candour::announcements::{AnnouncementError, NewAnnouncement, tag};
use candour::domain::actor::Role;
use candour::domain::announcement::AnnouncementState;
use candour::domain::incident::IncidentState;
use candour::domain::locale::Locale;
use candour::render::RenderError;
use candour::store::{AnnouncementStore, CampaignStore, StoreError};
use serde_json::json;

use crate::support::features::texts;
use crate::support::stores::on_both;

on_both!(the_draft_counts_those_who_cannot_be_reached, |world| {
    let incident = world.open_incident().await;
    let notice = world.notice(&incident, json!({ "en": texts("Loss"), "de": texts("Verlust") })).await;
    let campaign = world.unreachable_people(&incident, &notice, 3).await;
    let (author, approver) = (world.somebody("Rana", Role::Approver), world.somebody("Ada", Role::Approver));
    let announcements = world.announcements();

    let draft = announcements.draft(incident.id, NewAnnouncement::default(), &author).await.unwrap();
    assert_eq!(draft.state, AnnouncementState::Draft);
    assert_eq!((draft.covers, draft.reasons.get("no_contact")), (3, Some(&3)));
    assert_eq!(draft.slug, "loss-example-sons");
    let german = &draft.texts[&Locale::parse("de").unwrap()];
    assert_eq!(german.title, "Verlust: Example & Sons");
    assert_eq!(german.what_happened, "Verlust happened.\n\nA tape of Example & Sons was lost.");
    assert_eq!(german.organisation.as_deref(), Some("Example & Sons"));
    assert_eq!(german.contact, ["Privacy office", "privacy@example.org", "https://example.org/help"]);

    let own = announcements.publish(incident.id, None, &author).await;
    assert_eq!(own, Err(AnnouncementError::SecondPerson));
    let newer = announcements.draft(incident.id, NewAnnouncement::default(), &author).await.unwrap();
    let unseen = announcements.publish(incident.id, Some(&tag(&draft)), &approver).await;
    assert_eq!(unseen, Err(AnnouncementError::Stale), "the approver has read another draft");
    let published = announcements.publish(incident.id, Some(&tag(&newer)), &approver).await.unwrap();
    assert_eq!(published.state, AnnouncementState::Published);
    assert_eq!(published.publisher, Some(approver.to_ref()));
    let counts = world.store.campaign(campaign.id).await.unwrap().counts;
    assert_eq!((counts.announced, counts.unreachable), (3, 0));

    let second = announcements.draft(incident.id, NewAnnouncement::default(), &author).await;
    assert!(matches!(second, Err(AnnouncementError::Store(StoreError::Conflict(_)))), "{second:?}");
    let blank = announcements.withdraw(incident.id, " ", &approver).await;
    assert!(matches!(blank, Err(AnnouncementError::Field { .. })), "{blank:?}");
    let withdrawn = announcements.withdraw(incident.id, "The number was wrong.", &approver).await.unwrap();
    assert_eq!(withdrawn.state, AnnouncementState::Withdrawn);
    let counts = world.store.campaign(campaign.id).await.unwrap().counts;
    assert_eq!((counts.announced, counts.unreachable), (0, 3));

    let after = announcements.draft(incident.id, NewAnnouncement::default(), &author).await.unwrap();
    assert_ne!(after.slug, withdrawn.slug, "the tombstone keeps its address");
    assert!(after.slug.starts_with("loss-example-sons-"), "{}", after.slug);
});

on_both!(a_text_that_needs_a_person_is_refused_with_its_name, |world| {
    let incident = world.open_incident().await;
    let mut personal = texts("Loss");
    personal["what_we_offer"] = json!("Your number is {{person.ref}}.");
    world.notice(&incident, json!({ "en": personal })).await;
    let author = world.somebody("Rana", Role::Responder);
    match world.announcements().draft(incident.id, NewAnnouncement::default(), &author).await {
        Err(AnnouncementError::Text(RenderError::Missing { template, name, .. })) => {
            assert_eq!((template.as_str(), name.as_str()), ("texts.en.what_we_offer", "person.ref"));
        }
        other => panic!("{other:?}"),
    }
});

on_both!(own_words_take_the_place_of_the_notices, |world| {
    let incident = world.open_incident().await;
    let author = world.somebody("Rana", Role::Responder);
    let announcements = world.announcements();
    let nothing = announcements.draft(incident.id, NewAnnouncement::default(), &author).await;
    assert_eq!(nothing, Err(AnnouncementError::NoTexts));
    let mut words = texts("Own");
    let title = words.as_object_mut().unwrap().remove("subject").unwrap();
    words["title"] = title;
    let new = NewAnnouncement {
        texts: Some(serde_json::from_value(json!({ "fr": words })).unwrap()),
        ..NewAnnouncement::default()
    };
    let draft = announcements.draft(incident.id, new.clone(), &author).await.unwrap();
    assert_eq!((draft.default_locale.as_str(), draft.covers), ("fr", 0));
    let elsewhere = NewAnnouncement { default_locale: Some(Locale::parse("de").unwrap()), ..new.clone() };
    let refused = announcements.draft(incident.id, elsewhere, &author).await;
    assert!(
        matches!(&refused, Err(AnnouncementError::Field { field, .. }) if field == "default_locale"),
        "{refused:?}"
    );
    world.to_state(incident.id, IncidentState::Open, IncidentState::Closed).await;
    let closed = announcements.draft(incident.id, new, &author).await;
    assert_eq!(closed, Err(AnnouncementError::NotOpen(IncidentState::Closed)));
});

on_both!(nothing_is_published_once_the_incident_is_closed, |world| {
    let incident = world.open_incident().await;
    world.notice(&incident, json!({ "en": texts("Loss") })).await;
    let (author, approver) = (world.somebody("Rana", Role::Responder), world.somebody("Ada", Role::Approver));
    let announcements = world.announcements();
    let draft = announcements.draft(incident.id, NewAnnouncement::default(), &author).await.unwrap();
    world.to_state(incident.id, IncidentState::Open, IncidentState::Closed).await;
    let said = AnnouncementError::NotOpen(IncidentState::Closed).to_string();
    let expected = StoreError::Conflict(said);
    assert_eq!(
        announcements.publish(incident.id, None, &approver).await,
        Err(AnnouncementError::Store(expected.clone()))
    );
    assert_eq!(announcements.read(incident.id).await, Ok(draft.clone()), "it is the draft that it was");
    // Whoever had seen the incident open is refused as well.
    let entry = world.audit(incident.id, "announcement.drafted");
    assert_eq!(world.store.put_announcement(&draft, entry).await, Err(expected));
});
