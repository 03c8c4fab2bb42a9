//! Reports as documents: from one model to PDF and HTML.
