//! The files of the pages. They are in the binary; nothing is read from anywhere else.

/// A file: its path, its type, what is in it.
pub(super) struct Asset {
    pub(super) path: &'static str,
    pub(super) kind: &'static str,
    pub(super) content: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const JSON: &str = "application/json";
const SVG: &str = "image/svg+xml";

macro_rules! assets {
    ($($path:literal $kind:ident $file:literal;)+) => {
        /// Every file.
        pub(super) const ASSETS: &[Asset] = &[
            $(Asset { path: $path, kind: $kind, content: include_str!(concat!("page/", $file)) },)+
        ];
    };
}

assets! {
    "/demo" HTML "index.html";
    "/demo/outbox" HTML "outbox.html";
    "/demo/inspector" HTML "inspector.html";
    "/demo/style.css" STYLE "style.css";
    "/demo/icon.svg" SVG "icon.svg";
    "/demo/walk.js" SCRIPT "walk.js";
    "/demo/steps.js" SCRIPT "steps.js";
    "/demo/outbox.js" SCRIPT "outbox.js";
    "/demo/inspector.js" SCRIPT "inspector.js";
    "/demo/verdict.js" SCRIPT "verdict.js";
    "/demo/passkey.js" SCRIPT "passkey.js";
    "/demo/api.js" SCRIPT "api.js";
    "/demo/bytes.js" SCRIPT "bytes.js";
    "/demo/element.js" SCRIPT "element.js";
    "/demo/texts.js" SCRIPT "texts.js";
    "/demo/texts/pt-BR.json" JSON "texts/pt-BR.json";
    "/demo/texts/en-US.json" JSON "texts/en-US.json";
}
