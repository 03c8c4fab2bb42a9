//! Trying things out before anybody is told.

mod rehearsal;
mod rehearsal_stopped;
mod test_send;
