//! The files of the app, as the build embedded them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use axum::body::Bytes;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rust_embed::RustEmbed;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The page itself.
const INDEX: &str = "index.html";
/// The bundler's list of what it made: names in it carry a hash of their content.
const MANIFEST: &str = ".vite/manifest.json";
/// What is served under its own name.
const ASSETS: &str = "assets/";
/// Bytes of the hash in a tag.
const TAG_BYTES: usize = 16;

/// Shown in place of the page when the app was not built.
const NOT_BUILT: &str = include_str!("../../assets/not-built.html");
/// The icon is there whether or not the app was built.
const ICON: (&str, &str) = ("assets/icon.svg", include_str!("../../assets/icon.svg"));

#[derive(RustEmbed)]
#[folder = "ui/dist"]
struct Dist;

/// One file, in the forms that the build made of it.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// What it is.
    pub(super) content_type: &'static str,
    /// As it is.
    pub(super) plain: Bytes,
    /// Compressed with brotli.
    pub(super) brotli: Option<Bytes>,
    /// Compressed with gzip.
    pub(super) gzip: Option<Bytes>,
    /// A hash of the content.
    pub(super) tag: String,
    /// Its name changes with its content.
    pub(super) is_hashed: bool,
}

#[derive(Debug)]
struct Inner {
    index: File,
    assets: BTreeMap<String, File>,
    is_built: bool,
}

/// The app; clones are cheap.
#[derive(Debug, Clone)]
pub(crate) struct App(Arc<Inner>);

impl App {
    /// What the build embedded.
    pub(crate) fn embedded() -> Self {
        static EMBEDDED: LazyLock<App> = LazyLock::new(|| {
            let files = Dist::iter().filter_map(|name| {
                let bytes = match Dist::get(&name)?.data {
                    std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                    std::borrow::Cow::Owned(bytes) => Bytes::from(bytes),
                };
                Some((name.into_owned(), bytes))
            });
            App::of(files.collect())
        });
        EMBEDDED.clone()
    }

    /// The app of these files, by their paths in the build's folder.
    pub(super) fn of(mut files: BTreeMap<String, Bytes>) -> Self {
        let hashed = hashed_names(files.get(MANIFEST));
        let is_built = files.contains_key(INDEX);
        let not_built = || Bytes::from_static(NOT_BUILT.as_bytes());
        files.entry(INDEX.to_owned()).or_insert_with(not_built);
        let icon = || Bytes::from_static(ICON.1.as_bytes());
        files.entry(ICON.0.to_owned()).or_insert_with(icon);
        let file = |name: &str, plain: &Bytes| File {
            content_type: content_type(name),
            plain: plain.clone(),
            brotli: files.get(&format!("{name}.br")).cloned(),
            gzip: files.get(&format!("{name}.gz")).cloned(),
            tag: URL_SAFE_NO_PAD.encode(&Sha256::digest(plain)[..TAG_BYTES]),
            is_hashed: hashed.contains(name),
        };
        let is_asset = |name: &str| {
            let is_form = name.ends_with(".br") || name.ends_with(".gz");
            name.starts_with(ASSETS) && !is_form
        };
        let assets = files.iter().filter(|(name, _)| is_asset(name));
        Self(Arc::new(Inner {
            index: file(INDEX, &files[INDEX]),
            assets: assets
                .map(|(name, plain)| (name.clone(), file(name, plain)))
                .collect(),
            is_built,
        }))
    }

    /// The page, or what stands in its place.
    pub(super) fn index(&self) -> &File {
        &self.0.index
    }

    /// The file below `assets/` of that name.
    pub(super) fn asset(&self, name: &str) -> Option<&File> {
        self.0.assets.get(&format!("{ASSETS}{name}"))
    }

    /// Whether there is an app.
    pub(crate) fn is_built(&self) -> bool {
        self.0.is_built
    }
}

/// Names that the bundler gave: all texts of its list that are names of assets. Files that were only copied are not in it.
fn hashed_names(manifest: Option<&Bytes>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let manifest = manifest.and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    let chunks = manifest.as_ref().and_then(Value::as_object);
    for chunk in chunks.into_iter().flat_map(serde_json::Map::values) {
        let lists = ["css", "assets"].map(|member| chunk[member].as_array());
        let listed = lists.into_iter().flatten().flatten();
        let made = listed.chain([&chunk["file"]]).filter_map(Value::as_str);
        names.extend(made.map(str::to_owned));
    }
    names
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
