//! (being built)
pub mod error;
pub mod traits;

pub use error::StoreError;
pub use traits::*;
