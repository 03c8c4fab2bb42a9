use super::*;
use crate::domain::id::PersonId;
use crate::domain::person::PersonRecord;
use crate::domain::pii::Pii;

struct Counting(Mutex<u8>);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        let mut next = self.0.lock().expect("no test panics while it holds this");
        for byte in buffer {
            *byte = *next;
            *next = next.wrapping_add(1);
        }
    }
}

fn entropy() -> Arc<dyn Entropy> {
    Arc::new(Counting(Mutex::new(7)))
}

fn id(n: u8) -> uuid::Uuid {
    uuid::Uuid::from_bytes([n; 16])
}

fn sealer() -> Sealer {
    let entropy = entropy();
    Sealer::new(MasterKeys::new(MasterKey::generate(entropy.as_ref())), entropy)
}

#[test]
fn a_record_opens_only_where_it_was_sealed_and_only_unchanged() {
    let sealer = sealer();
    let incident = IncidentId(id(1));
    let key = sealer.incident_key(incident, &sealer.new_key(incident)).expect("the key is there");
    let record = PersonRecord { reference: Pii::new(String::from("c-1")), ..PersonRecord::default() };
    let (mut plain, mut blob) = (Vec::new(), Vec::new());
    encode(&record, &mut plain);
    key.seal_record(PersonId(id(2)), sealer.nonce(), &plain, &mut blob);
    assert_eq!(key.open_record(PersonId(id(2)), &blob), Ok(record));
    assert!(matches!(key.open_record(PersonId(id(3)), &blob), Err(StoreError::Corrupt { .. })));
    for place in [0, 1, 30, blob.len() - 1] {
        blob[place] ^= 1;
        assert!(key.open_record(PersonId(id(2)), &blob).is_err(), "byte {place} was changed");
        blob[place] ^= 1;
    }
    assert!(key.open_record(PersonId(id(2)), &blob[..40]).is_err(), "it was cut");
}

#[test]
fn a_key_is_wrapped_for_its_incident_and_gone_once_destroyed() {
    let sealer = sealer();
    let stored = sealer.new_key(IncidentId(id(1)));
    assert!(sealer.incident_key(IncidentId(id(1)), &stored).is_ok());
    assert!(matches!(sealer.incident_key(IncidentId(id(2)), &stored), Err(StoreError::Corrupt { .. })));
    let destroyed = WrappedKey { wrapped: None, ..stored };
    assert!(matches!(sealer.incident_key(IncidentId(id(1)), &destroyed), Err(StoreError::Erased)));
}

#[test]
fn a_previous_master_key_still_opens_and_a_missing_one_is_named() {
    let entropy = entropy();
    let old = MasterKey::generate(entropy.as_ref());
    let (text, old_id) = (old.to_text(), old.id().to_owned());
    let incident = IncidentId(id(1));
    let place = Place { table: "t", row: b"r", column: "c" };
    let before = Sealer::new(MasterKeys::new(old), Arc::clone(&entropy));
    let (stored, own) = (before.new_key(incident), before.seal_own(&place, b"answer"));

    let mut keys = MasterKeys::new(MasterKey::generate(entropy.as_ref()));
    keys.previous.push(MasterKey::parse(&text).expect("its own text"));
    let after = Sealer::new(keys, Arc::clone(&entropy));
    assert!(after.incident_key(incident, &stored).is_ok());
    assert_eq!(after.open_own(&place, &own).expect("it opens").as_slice(), b"answer");

    let without = Sealer::new(MasterKeys::new(MasterKey::generate(entropy.as_ref())), entropy);
    let error = without.incident_key(incident, &stored).expect_err("the key that wraps it is missing");
    assert!(error.to_string().contains(&old_id));
}

#[test]
fn master_keys_are_read_from_hex_and_base64_and_refused_with_the_reason() {
    let hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let key = MasterKey::parse(hex).expect("hex");
    for text in [base64, base64.trim_end_matches('='), &format!(" {base64}\n")] {
        assert_eq!(MasterKey::parse(text).expect("base64").id(), key.id());
    }
    assert_eq!(key.to_text().as_str(), base64);
    assert_eq!(MasterKey::parse("abcd").err(), Some(MasterKeyError::Length(3)));
    assert_eq!(MasterKey::parse("not a key!").err(), Some(MasterKeyError::Encoding));
    assert_eq!(MasterKey::parse(&"00".repeat(32)).err(), Some(MasterKeyError::Placeholder));
    assert!(!format!("{key:?}").contains("0001"));
}

#[test]
fn index_and_content_hash_differ_between_incidents_and_purposes() {
    let sealer = sealer();
    let key = |n| {
        let incident = IncidentId(id(n));
        sealer.incident_key(incident, &sealer.new_key(incident)).expect("the key is there")
    };
    let (one, two) = (key(1), key(2));
    assert_eq!(one.ref_index("c-1"), one.ref_index("c-1"));
    assert_ne!(one.ref_index("c-1"), two.ref_index("c-1"));
    assert_ne!(one.ref_index("c-1"), one.content_hash(b"c-1", "", "")[..16]);
    assert_ne!(one.content_hash(b"x", "", ""), one.content_hash(b"x", "de", ""));
    assert_ne!(one.content_hash(b"x", "de", ""), one.content_hash(b"x", "", "de"));
}
