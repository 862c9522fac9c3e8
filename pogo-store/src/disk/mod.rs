//! The few operations on files that the store is made of, behind a trait: each of them is a point at which a test lets
//! the power fail.

mod access;
mod directories;
mod filesystem;
mod local;
mod operations;
mod replace;
mod space;

pub(crate) use access::{Access, Foreign};
pub(crate) use directories::{create_dirs, parent_dir};
pub(crate) use filesystem::NetworkFilesystem;
pub(crate) use local::LocalDisk;
pub(crate) use operations::{Disk, DiskFile, FileIdentity, Lock};
pub(crate) use replace::{damaged_name, is_leftover, is_set_aside, replace_file, set_aside};
pub(crate) use space::with_space;
