//! Letter services, asked as their own libraries ask them where they have one.

mod govuk_notify;
mod lob;
mod pingen;
