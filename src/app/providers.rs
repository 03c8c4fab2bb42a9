//! The configured providers, as other rooms see them.

use crate::incidents::forecast::Carrier;
use crate::providers::Descriptor;

/// A provider as forecasts see it.
pub(super) fn carrier(about: &Descriptor) -> Carrier {
    Carrier {
        name: about.name.clone(),
        channel: about.channel,
        rate: about.rate,
        concurrency: about.concurrency,
        price: about.price,
        destinations: about.destinations.clone(),
    }
}
