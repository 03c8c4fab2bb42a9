//! A sink that plays a provider: for rehearsals. It answers as it is told to, and has nothing by which a message could leave:
//! no address, no client, no file. No configuration can name it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{Answer, Checked, Descriptor, Provider, ProviderFault};
use crate::domain::clock::{Entropy, Millis};
use crate::domain::message::Message;
use crate::domain::outcome::Outcome;
use crate::domain::rehearsal::Mishaps;

/// The sink.
pub struct Sink {
    descriptor: Descriptor,
    mishaps: Mishaps,
    entropy: Arc<dyn Entropy>,
}

impl Sink {
    /// A sink in the place of a provider: of its name and channel, and with as many messages in the air.
    #[must_use]
    pub fn in_place_of(provider: &Descriptor, mishaps: Mishaps, entropy: Arc<dyn Entropy>) -> Self {
        let descriptor =
            Descriptor { kind: "sink", rate: mishaps.per_second, price: None, receipts: false, ..provider.clone() };
        Self { descriptor, mishaps, entropy }
    }

    /// Whether chance picks one of so many percent.
    fn meets(&self, percent: f64) -> bool {
        percent > 0.0 && self.entropy.fraction() * 100.0 < percent
    }
}

#[async_trait]
impl Provider for Sink {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, _message: &Message, _now: Millis) -> Answer {
        let Mishaps { temporary_percent, bad_address_percent, refused_percent, slow_percent, slow_ms, .. } =
            self.mishaps;
        if self.meets(slow_percent) {
            tokio::time::sleep(Duration::from_millis(slow_ms)).await;
        }
        let drawn = self.entropy.fraction() * 100.0;
        let (temporary, bad) = (temporary_percent, temporary_percent + bad_address_percent);
        let outcome = match drawn {
            drawn if drawn < temporary => Outcome::Retry,
            drawn if drawn < bad => Outcome::BadAddress,
            drawn if drawn < bad + refused_percent => Outcome::Rejected,
            _ => Outcome::Accepted,
        };
        Answer::of(outcome, "rehearsed")
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        Ok(Checked::NotAsked("nothing leaves a sink"))
    }
}
