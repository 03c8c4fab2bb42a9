//! Alert hooks.

mod real_alertmanager;
