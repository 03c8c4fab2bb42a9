//! Trying things out before anybody is told.

mod test_send;
