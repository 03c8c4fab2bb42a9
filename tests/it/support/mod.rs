//! What tests of several rooms share.

pub(crate) mod app;
pub(crate) mod candour;
pub(crate) mod databases;
pub(crate) mod smtp_sink;
pub(crate) mod stores;
