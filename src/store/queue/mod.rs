//! Campaigns and the engine's queue: [`CampaignStore`] and [`DeliveryStore`] on both databases.
//!
//! # Where a person stands
//!
//! ```text
//!              claim                      settle, or a receipt
//!  pending ────────────> in flight ───────────────┬──> reached
//!     ▲ ▲                    │ │                  ├──> unknown      (held until something settles it)
//!     │ └──── hand back ─────┘ │                  ├──> unreachable ──cover──> announced
//!     └──── settle, reap ──────┴──────────────────┘
//!  sealing puts a person at pending, at unreachable (no contact point) or at suppressed (another campaign has reached or is
//!  to tell them, or the law does not have them told); suppressed ──left by a cancelled campaign──> pending
//! ```
//!
//! # Guarantees
//!
//! - **One row, one state.** A person has one row in `campaign_people`; a move changes the row, the campaign's counts, the
//!   tallies and the audit chain in one transaction. A check in the schema holds the sum of the counts to the sealed number.
//!   Nothing here counts rows while a campaign runs.
//! - **Intent before act.** A claim commits the intents before it returns: the person's row then names attempt, worker,
//!   provider and time. Records are opened after the commit. What comes of the attempt is appended to `attempts`, once.
//! - **The lease is the worker's.** A claim needs a worker whose lease is alive. What a worker has in flight stays its own
//!   until it is reaped, even past the end of the lease: an outcome that comes late but before the reaper is worth more
//!   than none.
//! - **The token is the attempt.** A settlement applies only while the person is in flight with that attempt and that
//!   worker; so a second one, or one that comes after the reaper or after a receipt, changes nobody. What it says is not
//!   lost: where the attempt's outcome is `unknown`, it is noted in `attempts.receipt` as evidence, and the settlement's report
//!   names the attempt, so that the worker takes its word as a receipt.
//! - **Reaping is fenced.** It first ends the lease for good, which waits for claims under way and bars later ones and
//!   extensions; then takes the people in steps; and removes the worker's row last, and only when nobody is left in flight
//!   with it. A death in between leaves a row that the next reaping finds.
//! - **Receipts come in any order and any number of times.** A failure outweighs a delivery, which outweighs an acceptance,
//!   whatever comes first.
//! - **Whoever was told is not given up.** A receipt that an attempt arrived, which comes when its person has been tried otherwise
//!   since, moves whoever waits or is unreachable; whoever is in flight is reached whatever comes of that.
//! - **What a provider says when it is asked** goes the way of receipts, and a message that it names is one attempt's only: its
//!   key among the receipts is the provider's name for it.
//! - **Counts of jurisdictions follow what is known.** An import that learns where somebody lives moves them from one
//!   jurisdiction's counts to the other's, in its own transaction, see [`residences`].
//! - **Campaigns of one incident see each other.** Whom another is to tell is left to it; what a cancelled one leaves untold goes
//!   to the next, see [`leaving`].
//! - `tallies` equals `attempts` grouped by outcome at every commit: receipts that come after the outcome are in
//!   `attempts.receipt` and `receipts`, never in the tallies.
//! - **Locks** are taken in one order everywhere, see [`statements`].
//!
//! People become `announced` only by `cover_by_announcement` and by publishing; a settlement leaves them `unreachable`, so
//! the engine calls the former after settlements. It costs nothing while nobody is unreachable.

mod act;
mod again;
mod campaign_rows;
mod campaigns;
mod canary;
mod claim;
mod complete;
mod cover;
mod deliveries;
mod frontier;
mod hand_back;
mod leaving;
mod lists;
mod moves;
mod postgres;
mod proofs;
mod reap;
mod receipts;
mod residences;
mod seal_population;
mod settle;
mod silent;
mod slots;
mod sorted;
mod sqlite;
mod statements;
mod steps;
mod unanswered;
mod verdict;
mod workers;

pub(in crate::store) use self::frontier::Frontiers;
pub(in crate::store) use self::leaving::Untold;
pub(in crate::store) use self::residences::Residing;
pub(in crate::store) use self::slots::Slotted;
pub(in crate::store) use self::sqlite::{blob, json, numbers};
pub(in crate::store) use self::statements::Relocated;
