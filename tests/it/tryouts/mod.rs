//! Trying things out before anybody is told.

mod rehearsal;
mod test_send;
