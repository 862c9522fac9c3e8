//! The files of the page.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use axum::body::Bytes;

use super::layout::{script_without_layout, without_layout};
use super::modules::{Script, joined};

/// A file of the page.
pub(super) struct PageFile {
    pub(super) name: &'static str,
    pub(super) media_type: &'static str,
    source: fn() -> Cow<'static, str>,
}

impl PageFile {
    /// The file as it is sent.
    pub(super) fn sent(&self) -> Option<&'static SentFile> {
        SENT.get(self.name)
    }
}

/// A file as it is sent.
pub(super) struct SentFile {
    /// Changes with its content, and is the same on every server of one build. Weak, since it is that of the compressed
    /// file too.
    pub(super) tag: String,
    pub(super) plain: Bytes,
    /// In a third of its size, for browsers that take it so.
    pub(super) compressed: Option<Bytes>,
}

impl SentFile {
    fn of(file: &PageFile) -> Self {
        let source = (file.source)();
        let plain = match file.media_type {
            // The page itself is one small file, in which a line that begins with `//` could be
            // text.
            HTML => source.into_owned(),
            SCRIPT => script_without_layout(&source),
            _ => without_layout(&source),
        };
        let mut hasher = DefaultHasher::new();
        plain.hash(&mut hasher);
        Self {
            // The hasher has no random keys, as that of a map has: each process comes to the same.
            tag: format!("W/\"{:016x}\"", hasher.finish()),
            compressed: zstd::bulk::compress(plain.as_bytes(), LEVEL).ok().map(Bytes::from),
            plain: Bytes::from(plain),
        }
    }
}

/// All files, made ready once for as long as the process lives: a tenth of a second.
static SENT: LazyLock<BTreeMap<&str, SentFile>> = LazyLock::new(|| {
    let files = FILES.iter().chain([&INDEX]);
    files.map(|file| (file.name, SentFile::of(file))).collect()
});

// The highest before those whose windows are larger than browsers have to take; slow, but done
// once.
const LEVEL: i32 = 19;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! page_file {
    ($name:literal, $media_type:expr) => {
        PageFile {
            name: $name,
            media_type: $media_type,
            source: || Cow::Borrowed(include_str!(concat!("static/", $name))),
        }
    };
}

/// The page itself, which loads the others.
pub(super) const INDEX: PageFile = page_file!("index.html", HTML);

/// What it loads.
pub(super) const FILES: &[PageFile] = &[
    page_file!("page.css", CSS),
    PageFile {
        name: "app.js",
        media_type: SCRIPT,
        source: || Cow::Owned(joined(SCRIPTS, "app.js")),
    },
    // By itself too: what a shared worker runs.
    page_file!("stream.js", SCRIPT),
];

macro_rules! scripts {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("static/", $name)))),+]
    };
}

/// The scripts that are joined.
pub(super) const SCRIPTS: &[Script] = scripts![
    "api.js",
    "app.js",
    "backdrop.js",
    "describe.js",
    "dom.js",
    "groups.js",
    "holds.js",
    "host.js",
    "hosts.js",
    "inspector.js",
    "job.js",
    "jobhead.js",
    "jobs.js",
    "keys.js",
    "limit.js",
    "live.js",
    "login.js",
    "look.js",
    "orders.js",
    "output.js",
    "paint.js",
    "pointers.js",
    "scene.js",
    "stream.js",
    "tables.js",
    "terminal.js",
    "time.js",
    "timeline.js",
    "touched.js",
    "words.js",
];
