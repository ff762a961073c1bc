//! X023 and X024: origins that look like the expected one and are not.

use serde_json::json;

use super::case::Ceremony;
use super::{Enrollment, Group, Login, Valid, encode};
use crate::Registration;

const REFUSED: (&str, &str) = ("CD-3", "client_data.origin");

/// Bytes whose base64 differs between the two alphabets.
const KEY_HASH: [u8; 32] = *b"\xfb\xff0123456789abcdefghijklmnopqrst";

pub(super) fn group() -> Group {
    let about = "X023 and X024: twins of the expected origin. Origins are compared exactly, so \
                 every one of them is refused.";
    let mut group = Group::new("origins", about);
    let registration = Registration::none("origins");
    let valid = group.valid("web", Enrollment::of(registration.clone()));
    for (twin, origin) in WEB_TWINS {
        refuse(&mut group, &valid, &format!("X023-{twin}"), origin);
    }
    let login = group.valid("web-assertion", Login::of(&registration));
    for (twin, origin) in WEB_TWINS.iter().step_by(4) {
        refuse(&mut group, &login, &format!("X023-{twin}-assertion"), origin);
    }

    let ported = Enrollment::of(registration.clone()).given(|it| {
        it.origin = "https://bank.example:8443".into();
        it.client_data.origin = it.origin.clone();
    });
    let ported = group.valid("web-with-port", ported);
    for (twin, origin) in [
        ("X023-port-left-out", "https://bank.example"),
        ("X023-port-of-another", "https://bank.example:8444"),
        ("X023-port-longer", "https://bank.example:84430"),
        ("X023-port-shorter", "https://bank.example:844"),
        ("X023-port-leading-zero", "https://bank.example:08443"),
        ("X023-port-slash", "https://bank.example:8443/"),
        ("X023-port-scheme", "http://bank.example:8443"),
    ] {
        refuse(&mut group, &ported, twin, origin);
    }

    let native = format!("android:apk-key-hash:{}", encode(KEY_HASH));
    let app = Enrollment::of(registration).given(|it| {
        it.origin = native.clone();
        it.client_data.origin = native.clone();
    });
    let app = group.valid("native", app);
    let hash = encode(KEY_HASH);
    let standard = hash.replace('-', "+").replace('_', "/");
    for (twin, origin) in [
        ("X023-key-hash-alphabet", format!("android:apk-key-hash:{standard}")),
        ("X023-key-hash-padded", format!("android:apk-key-hash:{hash}=")),
        ("X023-key-hash-hexadecimal", format!("android:apk-key-hash:{}", "fb".repeat(32))),
        ("X023-key-hash-cut", format!("android:apk-key-hash:{}", &hash[..40])),
        ("X023-key-hash-spare-bits", format!("android:apk-key-hash:{}R", &hash[..42])),
        ("X023-key-hash-of-another", format!("android:apk-key-hash:{}", encode([0xfc; 32]))),
        ("X023-key-hash-empty", "android:apk-key-hash:".to_owned()),
        ("X023-key-hash-case", format!("android:apk-key-hash:{}", hash.to_lowercase())),
        ("X023-key-hash-scheme", format!("Android:apk-key-hash:{hash}")),
        ("X023-key-hash-prefix", format!("android:apk-key-hash-sha256:{hash}")),
        ("X023-key-hash-space", format!("android:apk-key-hash: {hash}")),
        ("X024", "https://bank.example".to_owned()),
        ("X024-ios", "ios:bundle-id:com.bank.app".to_owned()),
    ] {
        refuse(&mut group, &app, twin, &origin);
    }
    let packaged = Enrollment::of(Registration::none("origins")).given(|it| {
        it.origin = native.clone();
        it.client_data.origin = native;
        it.told.set("android_package", json!("com.bank.app"));
        it.client_data.extra.push(("androidPackageName".into(), json!("com.bank.app")));
    });
    let packaged = group.valid("native-with-package", packaged);
    group.refuses(
        &packaged,
        "X024-package",
        "androidPackageName is that of another application",
        ("CD-6", "client_data.android_package"),
        |it| it.client_data.extra[0].1 = json!("com.bank.app.evil"),
    );
    group
}

fn refuse<C: Ceremony>(group: &mut Group, valid: &Valid<C>, id: &str, origin: &str) {
    // Letters that look like others, or like nothing, by their numbers.
    let changes = format!("the origin is \"{}\"", origin.escape_default());
    group.refuses(valid, id, &changes, REFUSED, |it| it.says().origin = origin.to_owned());
}

/// Twins of `https://bank.example`.
const WEB_TWINS: &[(&str, &str)] = &[
    ("port", "https://bank.example:8443"),
    ("default-port", "https://bank.example:443"),
    ("empty-port", "https://bank.example:"),
    ("port-zero", "https://bank.example:0"),
    ("port-spelt", "https://bank.example:0443"),
    ("scheme", "http://bank.example"),
    ("scheme-case", "HTTPS://bank.example"),
    ("scheme-websocket", "wss://bank.example"),
    ("scheme-left-out", "bank.example"),
    ("scheme-relative", "//bank.example"),
    ("scheme-blob", "blob:https://bank.example"),
    ("scheme-one-slash", "https:/bank.example"),
    ("scheme-no-slash", "https:bank.example"),
    ("scheme-backslashes", "https:\\\\bank.example"),
    ("scheme-three-slashes", "https:///bank.example"),
    ("trailing-dot", "https://bank.example."),
    ("leading-dot", "https://.bank.example"),
    ("two-dots", "https://bank..example"),
    ("upper-case", "https://BANK.example"),
    ("upper-case-first", "https://Bank.example"),
    ("slash", "https://bank.example/"),
    ("path", "https://bank.example/login"),
    ("query", "https://bank.example?"),
    ("fragment", "https://bank.example#"),
    ("semicolon", "https://bank.example;"),
    ("user", "https://user@bank.example"),
    ("empty-user", "https://@bank.example"),
    ("as-user", "https://bank.example@evil.example"),
    ("punycode", "https://xn--bnk-5cd.example"),
    ("punycode-of-itself", "https://xn--bank-.example"),
    ("cyrillic", "https://b\u{0430}nk.example"),
    ("kelvin", "https://ban\u{212a}.example"),
    ("full-width", "https://\u{ff42}ank.example"),
    ("full-width-dot", "https://bank\u{3002}example"),
    ("soft-hyphen", "https://ba\u{ad}nk.example"),
    ("zero-width-space", "https://bank.example\u{200b}"),
    ("combining", "https://bank\u{301}.example"),
    ("right-to-left", "https://\u{202e}bank.example"),
    ("suffix", "https://evil-bank.example"),
    ("suffix-joined", "https://evilbank.example"),
    ("prefix", "https://bank.example.evil.example"),
    ("prefix-joined", "https://bank.examples"),
    ("subdomain", "https://www.bank.example"),
    ("parent", "https://example"),
    ("sibling", "https://bank.example2"),
    ("digit", "https://bank.examp1e"),
    ("hyphen", "https://bank-example"),
    ("cut", "https://bank.exampl"),
    ("percent", "https://ban%6b.example"),
    ("percent-nul", "https://bank.example%00"),
    ("nul", "https://bank.example\u{0}"),
    ("nul-then-more", "https://bank.example\u{0}.evil.example"),
    ("space-before", " https://bank.example"),
    ("space-behind", "https://bank.example "),
    ("line-break", "https://bank.example\n"),
    ("tab", "https://bank\t.example"),
    ("byte-order-mark", "\u{feff}https://bank.example"),
    ("list", "https://bank.example,https://evil.example"),
    ("list-of-spaces", "https://bank.example https://evil.example"),
    ("array-text", "[\"https://bank.example\"]"),
    ("wildcard", "https://*.example"),
    ("null", "null"),
    ("loopback", "http://localhost"),
    ("address", "https://192.0.2.1"),
    ("twice", "https://bank.examplehttps://bank.example"),
];
