//! What goes wrong with one campaign keeps no other from being looked after.

use std::fmt::Display;

use crate::store::StoreError;

/// Notes what could not be done for a campaign, say, and lets upkeep go on with the next; it comes round to this one again.
///
/// # Errors
/// When the database cannot be reached, without which there is nothing to go on with.
pub(super) fn or_go_on<T>(
    done: Result<T, StoreError>,
    what: &'static str,
    of: impl Display,
) -> Result<Option<T>, StoreError> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(error @ StoreError::Unavailable(_)) => Err(error),
        Err(error) => {
            tracing::error!(what, %of, %error, "upkeep fails here and goes on with the next; it will be tried again");
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_database_that_is_away_ends_the_round() {
        let away = StoreError::Unavailable(String::from("gone"));
        assert_eq!(or_go_on::<()>(Err(away.clone()), "looking", 1), Err(away));
        assert_eq!(or_go_on::<()>(Err(StoreError::Database(String::from("a check"))), "looking", 1), Ok(None));
        assert_eq!(or_go_on(Ok(1), "looking", 1), Ok(Some(1)));
    }
}
