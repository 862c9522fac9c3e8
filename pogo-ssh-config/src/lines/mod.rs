//! Files as lines, lines as words, and what is done about each keyword.

pub(crate) mod criteria;
pub(crate) mod file;
pub(crate) mod include;
pub(crate) mod keyword;
pub(crate) mod lex;
pub(crate) mod line;
pub(crate) mod line_setting;
pub(crate) mod line_use;
pub(crate) mod line_values;
pub(crate) mod options;
pub(crate) mod read_files;
pub(crate) mod scope;
