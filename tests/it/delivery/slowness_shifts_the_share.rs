//! Two providers of a channel: when one becomes slow, its share goes to the other; when it is fast again, it comes back.

use crate::support::candour::Candour;
use crate::support::databases;
use crate::support::text_vendor::{TextVendor, people};

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

const PEOPLE: usize = 600;

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let (one, two) = (TextVendor::start(usize::MAX).await, TextVendor::start(usize::MAX).await);
    let providers = [one.provider("one", dir.path()), two.provider("two", dir.path())].concat();
    let mut candour = Candour::start(dir.path(), &database, &providers).await;
    let told = async |round: usize| {
        let campaign = candour.text_campaign(people(&format!("R{round}P"), PEOPLE)).await;
        let state = candour.completed(&campaign).await;
        assert_eq!(state["counts"]["reached"], PEOPLE, "{state}");
        (one.taken(), two.taken())
    };
    for vendor in [&one, &two] {
        vendor.delay(5);
    }
    let (first, second) = told(1).await;
    assert!(first > PEOPLE / 5 && second > PEOPLE / 5, "both alike: {first} and {second}");
    two.delay(250);
    let (first, second) = told(2).await;
    assert!(second > 0 && second < PEOPLE / 5, "the slow one has less: {first} and {second}");
    two.delay(5);
    let (first, second) = told(3).await;
    assert!(second > PEOPLE / 5, "and gets it back: {first} and {second}");
    candour.terminate().await;
}
