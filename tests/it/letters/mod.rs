//! Letters on paper, as others read them.

mod languages;
mod window;
