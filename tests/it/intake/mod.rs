//! Alert hooks.

mod real_alertmanager;
mod recorded_alertmanager;
