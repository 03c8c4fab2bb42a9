//! The deadlines as something that is looked at again and again.

use async_trait::async_trait;

use super::Reminders;
use crate::responders::Look;
use crate::store::StoreError;

/// Keeps the figures and, where it is to, reminds.
pub struct DeadlineWatch {
    reminders: Reminders,
    send: bool,
}

impl DeadlineWatch {
    /// Over whoever reminds. Without `send` it only keeps the figures.
    #[must_use]
    pub fn new(reminders: Reminders, send: bool) -> Self {
        Self { reminders, send }
    }
}

#[async_trait]
impl Look for DeadlineWatch {
    fn at(&self) -> &'static str {
        "the deadlines"
    }

    async fn look(&self) -> Result<(), StoreError> {
        self.reminders.pass(self.send).await.map(drop)
    }
}
