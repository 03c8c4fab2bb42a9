//! Behaviour through the public door, on both databases, against counterparts that nobody here wrote.
//!
//! One binary, so that linking happens once. One scenario per file.

mod licences;
