//! Public notices: drafted, published, read by the public, withdrawn.

mod no_address;
mod pages;
mod publish;
