//! Copies of namespaces, from a database and to it.

mod source;
mod stores;
mod target;
