//! The engine, through the public door. One scenario per file.

mod kill_harness;
mod killed;
mod kills;
