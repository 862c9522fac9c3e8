//! The files of the page.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use axum::body::Bytes;

use super::layout::{script_without_layout, without_layout};

/// A file of the page.
pub(super) struct PageFile {
    pub(super) name: &'static str,
    pub(super) media_type: &'static str,
    source: &'static str,
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
        let plain = match file.media_type {
            HTML => file.source.to_owned(),
            SCRIPT => script_without_layout(file.source),
            // The page itself is one small file, in which a line that begins with `//` could be
            // text.
            _ => without_layout(file.source),
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
            source: include_str!(concat!("static/", $name)),
        }
    };
}

/// The page itself, which loads the others.
pub(super) const INDEX: PageFile = page_file!("index.html", HTML);

/// What it loads.
pub(super) const FILES: &[PageFile] = &[
    page_file!("page.css", CSS),
    page_file!("api.js", SCRIPT),
    page_file!("app.js", SCRIPT),
    page_file!("backdrop.js", SCRIPT),
    page_file!("describe.js", SCRIPT),
    page_file!("dom.js", SCRIPT),
    page_file!("groups.js", SCRIPT),
    page_file!("holds.js", SCRIPT),
    page_file!("host.js", SCRIPT),
    page_file!("hosts.js", SCRIPT),
    page_file!("inspector.js", SCRIPT),
    page_file!("job.js", SCRIPT),
    page_file!("jobhead.js", SCRIPT),
    page_file!("jobs.js", SCRIPT),
    page_file!("keys.js", SCRIPT),
    page_file!("limit.js", SCRIPT),
    page_file!("live.js", SCRIPT),
    page_file!("login.js", SCRIPT),
    page_file!("look.js", SCRIPT),
    page_file!("orders.js", SCRIPT),
    page_file!("output.js", SCRIPT),
    page_file!("paint.js", SCRIPT),
    page_file!("pointers.js", SCRIPT),
    page_file!("scene.js", SCRIPT),
    page_file!("stream.js", SCRIPT),
    page_file!("tables.js", SCRIPT),
    page_file!("terminal.js", SCRIPT),
    page_file!("time.js", SCRIPT),
    page_file!("timeline.js", SCRIPT),
    page_file!("touched.js", SCRIPT),
    page_file!("words.js", SCRIPT),
];
