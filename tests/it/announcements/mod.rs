//! Public notices: drafted, published, read by the public, withdrawn.

mod pages;
mod publish;
