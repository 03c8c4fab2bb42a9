//! Letters on paper: whose address, in which order, and where a window shows it.
//!
//! Owns the forms and envelopes and the order of addresses, all three as data. [`crate::render::pdf::letter_pdf`] sets
//! what stands here.

mod address;
mod forms;

pub use address::{address_lines, country_name};
pub use forms::{Area, Form, Margin, Shown, Size};
