//! Campaigns and the engine's queue.
