//! People on their way onto the stage, page by page: opened under the incident's key and sealed under the stage's own.

use jiff::tz::TimeZone;

use super::RehearsalError;
use super::course::Course;
use crate::domain::actor::ActorRef;
use crate::domain::clock::Clock;
use crate::domain::id::{IncidentId, PersonId};
use crate::domain::rehearsal::Cast;
use crate::domain::remedy::RemedyCode;
use crate::store::{PeopleStore, RemedyStore, SqlStore, Store, StoreError};

/// People that are copied at once.
const PAGE: u32 = 4000;
/// Codes that are made up at once.
const CODES: i64 = 10_000;

/// Copies everybody who is to be told. Returns how many.
pub(super) async fn copy_people(
    from: &dyn Store,
    stage: &SqlStore,
    cast: &Cast,
    clock: &dyn Clock,
    course: &Course,
) -> Result<i64, RehearsalError> {
    let incident = cast.incident.id;
    let sealer = stage.people_sealer(incident).await?;
    let (mut after, mut copied): (Option<PersonId>, i64) = (None, 0);
    loop {
        let page = match cast.campaign {
            Some(campaign) => from.people_to_tell(incident, campaign, after, PAGE).await?,
            None => from.people(incident, after, PAGE).await?,
        };
        after = page.items.last().map(|person| person.id);
        if after.is_none() {
            return Ok(copied);
        }
        let number = i64::try_from(page.items.len()).unwrap_or(0);
        let sealer = sealer.clone();
        let today = clock.now().to_timestamp().to_zoned(TimeZone::UTC).date();
        let work = tokio::task::spawn_blocking(move || {
            let mut chunk = sealer.chunk(today);
            let mut ids = Vec::with_capacity(page.items.len());
            for person in page.items {
                ids.push(person.id);
                chunk.add_stored(person.record);
            }
            sealer.seal(chunk, |arrivals| arrivals.iter().map(|arrival| ids[*arrival]).collect())
        });
        let people = work.await.map_err(|error| StoreError::Database(error.to_string()))??;
        stage.import_sealed(people, clock.now(), ActorRef::engine()).await?;
        copied += number;
        course.copied(number);
        if !page.more {
            return Ok(copied);
        }
    }
}

/// Makes up a code for each of so many people.
pub(super) async fn make_up_codes(
    stage: &SqlStore,
    incident: IncidentId,
    people: i64,
    clock: &dyn Clock,
) -> Result<(), StoreError> {
    for first in (0..people).step_by(usize::try_from(CODES).unwrap_or(1)) {
        let some = first..people.min(first + CODES);
        let codes = some.filter_map(|number| RemedyCode::parse(&format!("REHEARSAL-{number:09}")).ok()).collect();
        stage.add_codes(incident, codes, clock.now(), &ActorRef::engine()).await?;
    }
    Ok(())
}
