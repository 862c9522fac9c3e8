//! Copies of namespaces, from an ensemble and to it.

mod begin;
mod copied_output;
mod output_directory;
mod source;
mod stores;
mod target;
