//! Where a rehearsal's database is: a directory for its owner alone, which goes when the rehearsal ends.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use super::RehearsalError;
use crate::domain::clock::Entropy;

/// The directory.
pub(super) struct Place(PathBuf);

impl Place {
    /// Makes it among the temporary files. A process that is killed leaves it there, sealed under a key that is gone.
    pub(super) fn make(entropy: &dyn Entropy) -> Result<Self, RehearsalError> {
        let parent = std::env::temp_dir();
        let directory = parent.join(format!("candour-rehearsal-{}", hex::encode(entropy.ten())));
        DirBuilder::new().mode(0o700).create(&directory).map_err(|error| RehearsalError::NoPlace {
            directory: parent.display().to_string(),
            reason: error.to_string(),
        })?;
        Ok(Self(directory))
    }

    /// Address of the database.
    pub(super) fn url(&self) -> String {
        format!("sqlite:{}", self.0.join("stage.db").display())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(directory = %self.0.display(), %error, "what is left of a rehearsal cannot be removed");
        }
    }
}
