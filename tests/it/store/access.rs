//! `AccessStore`.

use candour::domain::actor::{Actor, Role};
use candour::domain::audit::AuditEntry;
use candour::store::{AccessStore, ApiKey, AuditStore, IdempotencyClaim, StoreError, StoredAnswer};
use serde_json::json;

use crate::support::stores::{World, on_both, operator};

fn installation_audit(world: &World) -> AuditEntry {
    AuditEntry {
        incident: None,
        at: world.now(),
        actor: operator(),
        action: String::from("key.changed"),
        detail: json!({}),
    }
}

fn key(world: &World, role: Role) -> ApiKey {
    ApiKey {
        id: world.id(),
        name: String::from("Ann Ö"),
        role,
        hash: String::from("00ff"),
        created_at: world.now(),
        revoked_at: None,
    }
}

fn actor(world: &World) -> Actor {
    Actor { key: world.id(), name: String::from("Ann"), role: Role::Responder }
}

fn answer(request_hash: &str) -> StoredAnswer {
    StoredAnswer {
        request_hash: request_hash.to_owned(),
        status: 201,
        headers: String::from(r#"{"location":"/v1/incidents/1"}"#),
        body: b"{\"id\":1}\x00\xff".to_vec(),
    }
}

on_both!(keys_of_every_role_read_back_and_are_revoked_once, |world| {
    let mut made = Vec::new();
    for role in Role::ALL {
        let key = key(&world, role);
        world.store.create_key(&key, installation_audit(&world)).await.unwrap();
        made.push(key);
    }
    assert_eq!(world.store.keys().await.as_ref(), Ok(&made));
    assert_eq!(world.store.key(made[2].id).await.as_ref(), Ok(&made[2]));
    let at = world.now();
    let revoked = world.store.revoke_key(made[2].id, at, installation_audit(&world)).await.unwrap();
    assert_eq!(revoked, ApiKey { revoked_at: Some(at), ..made[2].clone() });
    let again = world.store.revoke_key(made[2].id, world.now(), installation_audit(&world)).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))));
    assert_eq!(world.store.key(world.id()).await, Err(StoreError::NotFound("key")));
    let missing = world.store.revoke_key(world.id(), at, installation_audit(&world)).await;
    assert_eq!(missing, Err(StoreError::NotFound("key")));
    assert_eq!(world.store.audit(None, 0, 20).await.unwrap().len(), 6);
});

on_both!(an_idempotency_key_is_claimed_once_answered_once_and_remembered, |world| {
    let (ann, bob) = (actor(&world), actor(&world));
    let claim =
        async |who: &Actor, hash: &str| world.store.claim_idempotency(who, "k", hash, world.now()).await.unwrap();
    assert_eq!(claim(&ann, "h").await, IdempotencyClaim::Ours);
    assert_eq!(claim(&ann, "h").await, IdempotencyClaim::Busy);
    assert_eq!(claim(&bob, "h").await, IdempotencyClaim::Ours, "another's key of the same text is another");
    world.store.remember_answer(&ann, "k", None, &answer("h"), world.now()).await.unwrap();
    assert_eq!(claim(&ann, "h").await, IdempotencyClaim::Answered(answer("h")));
    assert_eq!(claim(&ann, "other").await, IdempotencyClaim::Answered(answer("h")), "whose hash tells the difference");
    let twice = world.store.remember_answer(&ann, "k", None, &answer("h"), world.now()).await;
    assert!(matches!(twice, Err(StoreError::Conflict(_))));
    world.store.forget_key(&ann, "k").await.unwrap();
    assert_eq!(claim(&ann, "h").await, IdempotencyClaim::Answered(answer("h")), "an answer is not forgotten");
    world.store.forget_key(&bob, "k").await.unwrap();
    assert_eq!(claim(&bob, "h").await, IdempotencyClaim::Ours, "a claim that was given up is free");
});

on_both!(of_many_claims_at_once_one_is_ours, |world| {
    let ann = actor(&world);
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (world, ann) = (world.clone(), ann.clone());
            tokio::spawn(async move { world.store.claim_idempotency(&ann, "k", "h", world.now()).await.unwrap() })
        })
        .collect();
    let mut ours = 0;
    for task in tasks {
        ours += usize::from(task.await.unwrap() == IdempotencyClaim::Ours);
    }
    assert_eq!(ours, 1);
});

on_both!(a_claim_left_behind_is_taken_over_after_ten_minutes, |world| {
    let ann = actor(&world);
    let begun = world.now();
    let claim =
        async |hash: &str, after: i64| world.store.claim_idempotency(&ann, "k", hash, begun.plus(after)).await.unwrap();
    assert_eq!(claim("h", 0).await, IdempotencyClaim::Ours);
    assert_eq!(claim("h", 599_999).await, IdempotencyClaim::Busy);
    assert_eq!(claim("h2", 600_000).await, IdempotencyClaim::Ours);
    assert_eq!(claim("h2", 600_001).await, IdempotencyClaim::Busy, "the new claim has its own ten minutes");
    let dead = world.store.remember_answer(&ann, "k", None, &answer("h"), world.now()).await;
    assert!(matches!(dead, Err(StoreError::Conflict(_))), "the first claimant has lost it");
});

on_both!(an_answer_of_an_incident_is_sealed_under_its_key, |world| {
    let (ann, incident) = (actor(&world), world.incident().await.id);
    world.store.claim_idempotency(&ann, "k", "h", world.now()).await.unwrap();
    world.store.remember_answer(&ann, "k", Some(incident), &answer("h"), world.now()).await.unwrap();
    let again = async || world.store.claim_idempotency(&ann, "k", "h", world.now()).await;
    assert_eq!(again().await, Ok(IdempotencyClaim::Answered(answer("h"))));
    world.execute("UPDATE incident_keys SET wrapped = NULL").await;
    assert_eq!(again().await, Err(StoreError::Erased));

    world.store.claim_idempotency(&ann, "k2", "h", world.now()).await.unwrap();
    world.store.remember_answer(&ann, "k2", Some(incident), &answer("h"), world.now()).await.unwrap();
    let after = world.store.claim_idempotency(&ann, "k2", "h", world.now()).await;
    assert_eq!(after, Ok(IdempotencyClaim::Answered(answer("h"))), "what comes after the key has nobody in it");
});
