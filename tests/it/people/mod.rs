//! Importing people.

mod import;
mod interrupted;
mod long_file;
