//! Importing people.

mod erased_while_somebody_reads;
mod import;
mod interrupted;
mod long_file;
mod order;
mod pressure;
mod refused_on_the_way;
mod walk_away;
