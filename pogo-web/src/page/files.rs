//! The files of the page.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use axum::body::Bytes;

/// A file of the page.
pub(super) struct PageFile {
    pub(super) name: &'static str,
    pub(super) media_type: &'static str,
    pub(super) body: &'static str,
}

impl PageFile {
    /// Changes with its content, and is the same on every server of one build. Weak, since it is that of the compressed
    /// file too.
    pub(super) fn tag(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.body.hash(&mut hasher);
        format!("W/\"{:016x}\"", hasher.finish())
    }

    /// The file in a third of its size, for browsers that take it so.
    pub(super) fn compressed(&self) -> Option<Bytes> {
        COMPRESSED.get(self.name).cloned()
    }
}

/// All files, compressed once for as long as the process lives: some tens of milliseconds.
static COMPRESSED: LazyLock<BTreeMap<&str, Bytes>> = LazyLock::new(|| {
    let files = FILES.iter().chain([&INDEX]);
    let compressed =
        files.filter_map(|file| Some((file.name, zstd::bulk::compress(file.body.as_bytes(), LEVEL).ok()?)));
    compressed.map(|(name, bytes)| (name, Bytes::from(bytes))).collect()
});

const LEVEL: i32 = 19;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! page_file {
    ($name:literal, $media_type:expr) => {
        PageFile {
            name: $name,
            media_type: $media_type,
            body: include_str!(concat!("static/", $name)),
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
    page_file!("gauge.js", SCRIPT),
    page_file!("holds.js", SCRIPT),
    page_file!("host.js", SCRIPT),
    page_file!("inspector.js", SCRIPT),
    page_file!("job.js", SCRIPT),
    page_file!("jobhead.js", SCRIPT),
    page_file!("jobs.js", SCRIPT),
    page_file!("keys.js", SCRIPT),
    page_file!("live.js", SCRIPT),
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
    page_file!("total.js", SCRIPT),
    page_file!("words.js", SCRIPT),
];
