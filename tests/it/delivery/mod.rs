//! The engine, through the public door. One scenario per file.

mod killed;
