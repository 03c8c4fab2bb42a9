//! Which provider a person goes by, where the providers of a channel carry different destinations.
//!
//! Contact points are sealed, so nobody knows beforehand which lane is to claim whom. Everybody waits in the queue of their
//! channel; a lane that claims somebody whom it cannot carry puts them into the queue of their destination, where the lanes
//! that carry it look first. Where all providers of a channel carry the same, nothing of this happens.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::attempt::Claimed;
use crate::domain::channel::Channel;
use crate::domain::destination::Destinations;
use crate::domain::queue::Queue;
use crate::providers::Descriptor;

/// Every destination that no provider names.
const OTHERS: &str = "*";

/// The queues of those channels whose providers differ.
pub(super) struct Sorting {
    /// The beginnings of destinations that make a difference, longest first.
    beginnings: BTreeMap<Channel, Vec<String>>,
    carried: BTreeSet<Queue>,
}

impl Sorting {
    /// What follows from the providers.
    pub(super) fn of<'a>(providers: impl Iterator<Item = &'a Descriptor>) -> Self {
        let mut by_channel = BTreeMap::<Channel, Vec<&Destinations>>::new();
        for provider in providers {
            by_channel.entry(provider.channel).or_default().push(&provider.destinations);
        }
        by_channel.retain(|_, carried| carried.windows(2).any(|pair| pair[0] != pair[1]));
        let mut sorting = Self { beginnings: BTreeMap::new(), carried: BTreeSet::new() };
        for (channel, providers) in by_channel {
            let named: BTreeSet<&str> = providers.iter().flat_map(|carried| carried.named()).collect();
            let mut beginnings: Vec<String> = named.into_iter().map(str::to_owned).collect();
            beginnings.sort_by_key(|beginning| std::cmp::Reverse(beginning.len()));
            sorting.beginnings.insert(channel, beginnings);
            let carried: Vec<Queue> =
                providers.into_iter().flat_map(|carried| sorting.sorted(channel, carried)).collect();
            sorting.carried.extend(carried);
        }
        sorting
    }

    /// The queues in which a provider looks, in order: those of its destinations, then its channel's.
    pub(super) fn looked_in(&self, provider: &Descriptor) -> Vec<Queue> {
        let mut queues = self.sorted(provider.channel, &provider.destinations);
        queues.push(Queue::of(provider.channel));
        queues
    }

    fn sorted(&self, channel: Channel, carried: &Destinations) -> Vec<Queue> {
        let Some(beginnings) = self.beginnings.get(&channel) else { return Vec::new() };
        // A beginning stands for those destinations of which it is the longest; all others for none of these.
        let named = beginnings.iter().filter(|beginning| carried.carry(beginning)).map(String::as_str);
        let others = carried.only.is_empty().then_some(OTHERS);
        named.chain(others).map(|destination| Queue::to(channel, destination)).collect()
    }

    /// Where somebody belongs whom a provider has claimed and does not carry: the queue of those who do. `None` when it
    /// carries them, or nobody does.
    pub(super) fn elsewhere(&self, provider: &Descriptor, claimed: &Claimed) -> Option<Queue> {
        let step = claimed.step;
        let beginnings = self.beginnings.get(&step.channel)?;
        let contact = claimed.person.record.contact(step.channel, step.point)?;
        let destination = contact.destination();
        if provider.destinations.carry(destination) {
            return None;
        }
        let longest = beginnings.iter().find(|beginning| destination.starts_with(beginning.as_str()));
        let queue = Queue::to(step.channel, longest.map_or(OTHERS, String::as_str));
        self.carried.contains(&queue).then_some(queue)
    }

    /// Whether some provider looks in the queue of a destination.
    pub(super) fn is_served(&self, queue: &Queue) -> bool {
        self.carried.contains(queue)
    }
}
