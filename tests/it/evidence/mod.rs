//! Proof: the chain and the bundle, also after the people are erased.

mod cut_off;
mod installation;

use candour::domain::actor::Role;
use candour::domain::campaign::CampaignAction;
use candour::domain::incident::IncidentState;
use candour::retention::EraseError;
use candour::store::{CampaignStore, PeopleStore, StoreError};
use serde_json::json;

use crate::support::features::texts;
use crate::support::stores::{on_both, operator};

on_both!(a_tampered_entry_is_found, |world| {
    let incident = world.open_incident().await;
    world.notice(&incident, json!({ "en": texts("Loss") })).await;
    let evidence = world.evidence();
    let report = evidence.verify(Some(incident.id)).await.unwrap();
    assert!(report.broken.is_none() && report.entries >= 3, "{report:?}");
    let page = evidence.audit(Some(incident.id), 0, 2).await.unwrap();
    assert_eq!((page.entries.len(), page.next), (2, Some(2)));
    let rest = evidence.audit(Some(incident.id), 2, 100).await.unwrap();
    assert_eq!((rest.entries.first().map(|e| e.seq), rest.next), (Some(3), None));

    world.execute("UPDATE audit SET detail = '{\"of\":\"another\"}' WHERE seq = 2 AND action = 'incident.moved'").await;
    let report = evidence.verify(Some(incident.id)).await.unwrap();
    let broken = report.broken.unwrap();
    assert_eq!((broken.seq, report.entries), (2, 1), "{broken}");
});

on_both!(an_entry_that_is_taken_out_is_missed, |world| {
    let incident = world.open_incident().await;
    world.notice(&incident, json!({ "en": texts("Loss") })).await;
    assert_eq!(world.execute("DELETE FROM audit WHERE seq = 2 AND action = 'incident.moved'").await, 1);
    let broken = world.evidence().verify(Some(incident.id)).await.unwrap().broken.unwrap();
    assert_eq!((broken.seq, broken.reason), (2, "it is missing"));
});

on_both!(erasing_the_people_leaves_the_evidence, |world| {
    let incident = world.open_incident().await;
    let notice = world.notice(&incident, json!({ "en": texts("Loss") })).await;
    let campaign = world.unreachable_people(&incident, &notice, 2).await;
    let admin = world.somebody("Root", Role::Admin);
    let early = world.retention().erase(incident.id, &admin).await;
    assert_eq!(early, Err(EraseError::StillHandled(IncidentState::Open)));
    let audit = world.audit(incident.id, "campaign.cancelled");
    world.store.act_on_campaign(campaign.id, CampaignAction::Cancel, &operator(), audit).await.unwrap();
    world.to_state(incident.id, IncidentState::Open, IncidentState::Closed).await;
    world.retention().erase(incident.id, &admin).await.unwrap();
    assert_eq!(world.store.people(incident.id, None, 10).await, Err(StoreError::Erased));

    let bundle = world.evidence().bundle(incident.id).await.unwrap();
    assert!(bundle.chain.broken.is_none(), "{:?}", bundle.chain);
    let proof = &bundle.campaigns[0];
    assert_eq!((proof.campaign.sealed, proof.campaign.population_hash.len()), (3, 64));
    assert_eq!(proof.campaign.population_hash, campaign.population_hash);
    assert!(proof.accounts_for_everybody());
    let again = world.retention().erase(incident.id, &admin).await;
    assert!(matches!(again, Err(EraseError::Store(_))), "{again:?}");
});
