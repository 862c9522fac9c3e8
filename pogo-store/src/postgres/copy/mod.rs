//! Copies of namespaces, from a database and to it.

mod begin;
mod source;
mod stores;
mod target;
