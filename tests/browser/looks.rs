//! Every state of the pages, on a phone and on a desk, light and dark, in both languages: what a
//! person owes nobody to see well is measured, and a picture of each is kept.
//!
//! The pictures go to `target/screenshots`, or where `DEVICE_ENROLLMENT_SCREENSHOTS` says.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::authenticator::Kind;
use crate::chromium::Page;
use crate::demonstration::Demonstration;

/// Name, width and height of the screens.
const SCREENS: [(&str, u32, u32); 2] = [("phone", 360, 780), ("desk", 1280, 860)];
const PHONE: usize = 0;
const DESK: usize = 1;

struct Album {
    folder: PathBuf,
    faults: Vec<String>,
    pictures: usize,
}

impl Album {
    fn new() -> Self {
        let usual = || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
        let named = std::env::var_os("DEVICE_ENROLLMENT_SCREENSHOTS").map(PathBuf::from);
        let folder = named.unwrap_or_else(usual);
        std::fs::create_dir_all(folder.join("docs")).unwrap();
        Self { folder, faults: Vec::new(), pictures: 0 }
    }

    /// Looks at a state from everywhere.
    fn look(&mut self, page: &Page<'_>, state: &str) {
        page.idle();
        page.run(include_str!("audit.js"));
        for (language, short) in [("en-US", "en"), ("pt-BR", "pt")] {
            speak(page, language);
            for (screen, width, height) in SCREENS {
                for theme in ["light", "dark"] {
                    let name = format!("{state}-{screen}-{theme}-{short}");
                    show(page, width, height, theme);
                    self.audit(page, &name);
                    let picture = page.picture(whole(page));
                    std::fs::write(self.folder.join(format!("{name}.png")), picture).unwrap();
                    self.pictures += 1;
                }
            }
        }
    }

    /// A picture for docs/screenshots.md: a part of the page, as high as it is told at most.
    fn keep(
        &self,
        page: &Page<'_>,
        name: &str,
        (screen, theme, language): (usize, &str, &str),
        selector: &str,
        most: u32,
    ) {
        page.idle();
        speak(page, language);
        let (screen, width, height) = SCREENS[screen];
        show(page, width, height, theme);
        let name = format!("{name}-{screen}-{theme}-{}", &language[..2]);
        let part = page.run(&format!(
            "(() => {{
                const box = document.querySelector({}).getBoundingClientRect();
                const edge = Math.min(24, box.left);
                return {{
                    x: box.left - edge, y: Math.max(0, box.top + scrollY - edge),
                    width: box.width + 2 * edge, height: Math.min({most}, box.height + 2 * edge),
                    scale: innerWidth < 600 ? 1.5 : 1,
                }};
            }})()",
            json!(selector)
        ));
        let whole = json!({"format": "png", "captureBeyondViewport": true, "clip": part});
        let picture = page.picture(whole);
        std::fs::write(self.folder.join("docs").join(format!("{name}.png")), picture).unwrap();
    }

    fn audit(&mut self, page: &Page<'_>, name: &str) {
        for what in ["contrast", "overflow", "targets", "structure"] {
            let faults = page.run(&format!("audit.{what}()"));
            for fault in faults.as_array().unwrap() {
                self.faults.push(format!("{name}: {what}: {}", fault.as_str().unwrap()));
            }
        }
        for nameless in nameless(page) {
            self.faults.push(format!("{name}: without a name: {nameless}"));
        }
    }
}

/// Has the page speak a language.
fn speak(page: &Page<'_>, language: &str) {
    page.run(&format!("document.querySelector('[data-language={language}]').click()"));
    page.until(&format!("document.documentElement.lang === '{language}'"));
}

/// Shows the page as a screen has it.
fn show(page: &Page<'_>, width: u32, height: u32, theme: &str) {
    let screen = json!({
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600
    });
    page.call("Emulation.setDeviceMetricsOverride", screen);
    page.call("Emulation.setScrollbarsHidden", json!({"hidden": true}));
    let features = json!({"media": "", "features": [
        {"name": "prefers-color-scheme", "value": theme},
        // What moves is not measured half-way.
        {"name": "prefers-reduced-motion", "value": "reduce"}
    ]});
    page.call("Emulation.setEmulatedMedia", features);
    // Two frames later all of it is drawn.
    page.run(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))",
    );
}

/// All of the page, however long.
fn whole(page: &Page<'_>) -> Value {
    let size = page.call("Page.getLayoutMetrics", json!({}))["cssContentSize"].take();
    json!({
        "format": "png", "captureBeyondViewport": true,
        "clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
    })
}

/// What can be used and has no name, as the browser tells it to whoever listens.
fn nameless(page: &Page<'_>) -> Vec<Value> {
    const USED: [&str; 8] =
        ["button", "link", "textbox", "radio", "checkbox", "combobox", "DisclosureTriangle", "img"];
    let tree = page.call("Accessibility.getFullAXTree", json!({}));
    let nodes = tree["nodes"].as_array().unwrap();
    assert!(nodes.iter().any(|node| node["role"]["value"] == "button"), "{tree}");
    let is_used = |node: &&Value| {
        let role = node["role"]["value"].as_str().unwrap_or_default();
        node["ignored"] == false && USED.contains(&role)
    };
    let has_none =
        |node: &&Value| node["name"]["value"].as_str().unwrap_or_default().trim().is_empty();
    nodes.iter().filter(is_used).filter(has_none).cloned().collect()
}

/// What is measured here is found where it is wrong.
#[test]
fn the_audit_finds_what_is_planted() {
    let demo = Demonstration::start();
    let page = demo.page("/demo/inspector", "en-US");
    show(&page, SCREENS[0].1, SCREENS[0].2, "light");
    page.run(include_str!("audit.js"));
    for what in ["contrast", "overflow", "targets", "structure"] {
        assert_eq!(page.run(&format!("audit.{what}()")), json!([]), "{what}");
    }
    assert_eq!(nameless(&page), Vec::<Value>::new());
    // No markup in it: the page's policy takes none.
    page.run(
        "{
            const add = (name, text, style) => {
                const one = document.createElement(name);
                one.textContent = text;
                Object.assign(one.style, style);
                document.querySelector('main').append(one);
                return one;
            };
            add('p', 'Hard to read', {color: '#999', backgroundColor: '#fff'});
            add('p', 'Very faint', {opacity: '0.3'});
            add('div', 'Too wide', {width: '500px'});
            add('button', '', {width: '20px', height: '20px', minHeight: '0', padding: '0'});
            add('h4', 'Too deep', {});
            add('p', 'frame.skip', {});
            add('p', 'twice', {}).id = 'main';
            document.querySelector('#inspect').style.outline = 'none';
            document.querySelector('#inspect').focus();
        }",
    );
    let found = |what: &str| page.run(&format!("audit.{what}()")).as_array().unwrap().len();
    assert_eq!(found("contrast"), 2);
    assert_eq!(found("overflow"), 2);
    assert_eq!(found("targets"), 1);
    assert_eq!(found("structure"), 3);
    assert_eq!(found("focus"), 1);
    assert_eq!(nameless(&page).len(), 1);
}

#[test]
fn every_state_can_be_seen_and_used_everywhere() {
    let demo = Demonstration::start();
    let mut album = Album::new();
    let page = demo.page("/demo", "pt-BR");
    album.look(&page, "01-start");
    page.click("request-code");
    page.until("document.querySelector('[data-testid=use-code]')");
    album.look(&page, "02-code");
    album.keep(&page, "code", (DESK, "light", "pt-BR"), "#step-1", 900);
    album.keep(&page, "code", (PHONE, "dark", "pt-BR"), "#step-1", 900);
    page.idle();
    page.fill("code", "000000");
    page.click("validate-code");
    page.attribute("#step-1 .problem", "data-code");
    album.look(&page, "03-wrong-code");
    page.run("document.querySelector('[data-testid=use-code]').click()");
    page.click("validate-code");
    page.until("document.getElementById('step-2').checkVisibility()");
    album.look(&page, "04-passkey");
    album.keep(&page, "policies", (DESK, "light", "en-US"), "#step-2", 900);
    let weak = Kind::u2f().add(&page);
    page.click("make-passkey");
    page.attribute("#step-2 .problem", "data-code");
    album.look(&page, "05-no-authenticator");
    weak.remove();

    Kind::security_key().add(&page);
    page.click("choice-bank-attested");
    page.click("make-passkey");
    page.until("document.getElementById('enroll').checkVisibility()");
    album.look(&page, "06-made");
    page.click("enroll");
    page.attribute("#step-3 .refused", "data-code");
    album.look(&page, "07-refused");
    album.keep(&page, "refused", (DESK, "dark", "en-US"), "#registration-verdict", 900);
    let failed = "#registration-verdict tr[data-outcome=failed]";
    album.keep(&page, "refused-row", (DESK, "dark", "en-US"), failed, 400);
    page.click("another-passkey");
    page.click("choice-bank");
    page.click("make-passkey");
    page.click("enroll");
    page.until("document.getElementById('continue').checkVisibility()");
    // With all that is folded away.
    page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
    album.look(&page, "08-accepted-unfolded");
    page.run("document.querySelectorAll('details').forEach((one) => { one.open = false; })");
    album.look(&page, "09-accepted");
    album.keep(&page, "enrolled", (DESK, "light", "en-US"), "#registration-verdict", 1000);
    album.keep(&page, "enrolled", (PHONE, "light", "pt-BR"), "#registration-verdict", 900);
    page.click("continue");
    album.look(&page, "10-transfer");
    page.click("start-ted");
    page.until("document.getElementById('approve-ted').checkVisibility()");
    album.look(&page, "11-transfer-waits");
    page.click("approve-ted");
    page.attribute("#ted-status", "data-status");
    album.look(&page, "12-transfer-sent");
    album.keep(&page, "transfer", (DESK, "light", "pt-BR"), "#step-4", 900);

    demo.go(&page, "/demo/outbox", "pt-BR");
    page.until("document.querySelector('[data-testid=message]')");
    album.look(&page, "13-outbox");
    demo.go(&page, "/demo/inspector", "pt-BR");
    album.look(&page, "14-inspector");
    page.click("example");
    page.until("document.getElementById('decoded').checkVisibility()");
    album.look(&page, "15-inspector-decoded");
    album.keep(&page, "inspector", (DESK, "dark", "en-US"), "main", 1300);
    page.fill("input", "no attestation object");
    page.click("inspect");
    page.attribute("main .problem", "data-code");
    album.look(&page, "16-inspector-refuses");

    let Album { folder, faults, pictures } = album;
    println!("{pictures} pictures in {}", folder.display());
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
