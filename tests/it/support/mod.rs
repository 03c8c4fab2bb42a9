//! What tests of several rooms share.

pub(crate) mod candour;
pub(crate) mod databases;
pub(crate) mod features;
pub(crate) mod smtp_sink;
pub(crate) mod stores;
