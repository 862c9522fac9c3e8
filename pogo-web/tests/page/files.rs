//! The files of the page, as they lie here and as they are served.

use std::fs;
use std::path::{Path, PathBuf};

use axum::Router;

use crate::served::Served;

fn sources() -> Vec<(String, String)> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/page/static");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = files.map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    });
    named.collect()
}

/// What browsers ask for: the page, its styles, all scripts as one, and that of a shared worker by itself too.
const SERVED: [(&str, &str); 4] = [
    ("/page/", "index.html"),
    ("/page/page.css", "page.css"),
    ("/page/app.js", "app.js"),
    ("/page/stream.js", "stream.js"),
];

#[tokio::test]
async fn all_of_it_is_below_sixty_kilobytes() {
    let served = Served::new().await;
    let mut size = 0;
    for (path, _) in SERVED {
        let (head, body) = served.get_bytes(path, "Accept-Encoding: zstd\r\n").await;
        assert!(head.contains("content-encoding: zstd"), "{path}: {head}");
        size += body.len();
    }
    assert!(size < 60_000, "{size} bytes");
}

#[test]
fn no_text_can_become_markup_or_script() {
    let banned = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "DOMParser",
        "eval(",
        "new Function",
        "setHTML",
        "createContextualFragment",
        "srcdoc",
        "javascript:",
    ];
    for (name, text) in sources() {
        for word in banned {
            assert!(!text.contains(word), "{name} has {word}");
        }
    }
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    for (name, text) in sources() {
        // The name of a vocabulary, which nobody asks for.
        let text = text.replace("http://www.w3.org/2000/svg", "");
        for word in ["http://", "https://", "//cdn", "@import", "url("] {
            assert!(!text.contains(word), "{name} has {word}");
        }
    }
}

#[test]
fn scripts_and_styles_are_files() {
    let (_, page) = sources().into_iter().find(|(name, _)| name == "index.html").unwrap();
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("<script type=\"module\" src=\"app.js\"></script>"));
    assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick="));
}

/// Without what is there for those who read it: spaces, lines that are a comment, and marks before an end.
fn as_read(name: &str, text: &str) -> String {
    let lines = text.lines().map(str::trim_start);
    let kept = lines.filter(|line| name == "index.html" || !line.starts_with("//"));
    kept.flat_map(|line| line.chars().filter(|char| !" ,;".contains(*char)))
        .collect()
}

/// It would take what follows with it, where lines are joined.
#[test]
fn no_comment_stands_behind_code() {
    for (name, text) in sources() {
        for (number, line) in (1..).zip(text.lines()) {
            let code = line.trim_start();
            let is_comment = code.starts_with("//") || code.contains("http://www.w3.org/2000/svg");
            assert!(is_comment || !code.contains("//"), "{name}:{number}: {line}");
        }
    }
}

/// The indentation of a text that goes over lines would be lost, and a line of it could look like a comment.
#[test]
fn no_text_goes_over_lines() {
    for (name, text) in sources() {
        for (number, line) in (1..).zip(text.lines()) {
            assert!(line.matches('`').count() % 2 == 0, "{name}:{number}: {line}");
            assert!(!line.ends_with('\\'), "{name}:{number}: {line}");
        }
    }
}

#[tokio::test]
async fn every_script_is_in_the_one_that_is_served() {
    let served = Served::new().await;
    let (_, all) = served.get("/page/app.js", "").await;
    let all = as_read("app.js", &all);
    for (name, text) in sources().into_iter().filter(|(name, _)| name.ends_with(".js")) {
        // That nothing else is lost is what browsers show.
        let code = as_read(&name, &without_imports(&text).replace("\nexport ", "\n"));
        assert!(code.len() > 100 && all.contains(&code), "not all of {name} is served");
    }
}

/// Without the lines at its beginning that import others.
fn without_imports(script: &str) -> String {
    let mut is_import = false;
    let lines = script.lines().filter(|line| {
        is_import |= line.starts_with("import ");
        let keeps = !is_import;
        is_import &= !line.ends_with(';');
        keeps
    });
    lines.map(|line| format!("{line}\n")).collect()
}

#[tokio::test]
async fn every_file_is_served_with_its_type_and_a_strict_policy() {
    let served = Served::new().await;
    for (path, name) in SERVED {
        let (head, body) = served.get(path, "").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
        let (_, text) = sources().into_iter().find(|(known, _)| known == name).unwrap();
        // That nothing else is lost with the layout is what browsers show.
        assert!(
            name == "app.js" || as_read(name, &body) == as_read(name, &text),
            "{path} has another text"
        );
        let media_type = match name.rsplit('.').next().unwrap() {
            "html" => "text/html; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            _ => "text/javascript; charset=utf-8",
        };
        for line in [
            format!("content-type: {media_type}"),
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
             img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
                .to_owned(),
            "x-content-type-options: nosniff".to_owned(),
            "referrer-policy: no-referrer".to_owned(),
            "cross-origin-opener-policy: same-origin".to_owned(),
        ] {
            assert!(head.contains(&line), "{path} lacks {line}: {head}");
        }
    }
}

#[tokio::test]
async fn a_file_that_is_known_is_not_sent_again() {
    let served = Served::new().await;
    let (head, _) = served.get("/page/app.js", "").await;
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    let (head, body) = served
        .get("/page/app.js", &format!("If-None-Match: \"other\", {tag}\r\n"))
        .await;
    assert!(head.starts_with("HTTP/1.1 304") && body.is_empty(), "{head}");
    let (head, _) = served.get("/page/app.js", "If-None-Match: \"other\"\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
}

#[tokio::test]
async fn what_is_not_of_the_page_is_not_there() {
    let served = Served::new().await;
    for path in [
        "/page/app.ts",
        "/page/dom.js",
        "/page/..%2fmod.rs",
        "/page/static/app.js",
        "/page/index.html.bak",
    ] {
        let (head, _) = served.get(path, "").await;
        assert!(head.starts_with("HTTP/1.1 404"), "{path}: {head}");
    }
}

#[tokio::test]
async fn the_address_of_the_router_leads_to_the_page_wherever_it_is_mounted() {
    let location = async |served: &Served, path: &str| {
        let (head, _) = served.get(path, "").await;
        assert!(head.starts_with("HTTP/1.1 307"), "{path}: {head}");
        head.lines()
            .find_map(|line| line.strip_prefix("location: "))
            .unwrap()
            .to_owned()
    };
    let served = Served::new().await;
    assert_eq!(location(&served, "/").await, "page/");
    assert_eq!(location(&served, "/page").await, "page/");
    let served = Served::mounted(|router| Router::new().nest("/tools/pogo", router)).await;
    assert_eq!(location(&served, "/tools/pogo").await, "pogo/page/");
    assert_eq!(location(&served, "/tools/pogo/page").await, "page/");
    let (head, _) = served.get("/tools/pogo/page/", "").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
}

#[tokio::test]
async fn who_takes_compressed_files_gets_them() {
    let served = Served::new().await;
    let (_, plain) = served.get("/page/app.js", "").await;
    for (accepted, compressed) in [("gzip, zstd", true), ("gzip", false), ("zstd;q=0, gzip", false)] {
        let (head, body) = served
            .get_bytes("/page/app.js", &format!("Accept-Encoding: {accepted}\r\n"))
            .await;
        assert_eq!(
            head.contains("content-encoding: zstd"),
            compressed,
            "{accepted}: {head}"
        );
        assert!(head.contains("vary: accept-encoding"));
        let text = match compressed {
            true => zstd::bulk::decompress(&body, 1 << 20).unwrap(),
            false => body,
        };
        assert!(text == plain.as_bytes(), "{accepted}");
    }
}
