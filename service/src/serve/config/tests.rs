use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::settings::{Kind, SECTIONS, SETTINGS, Setting};
use super::*;

fn of_file(text: &str) -> Result<Config, String> {
    let mut source = Source::default();
    source.add_file(text);
    Config::read(source)
}

fn of_environment(variables: &[(&str, &str)]) -> Result<Config, String> {
    let mut source = Source::default();
    let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    assert_eq!(source.add_environment(owned), Vec::<String>::new());
    Config::read(source)
}

#[test]
fn the_defaults_are_a_configuration() {
    let config = Config::read(Source::default()).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8700");
    assert_eq!(config.database.file().unwrap(), Path::new("device-enrollment.db"));
    assert_eq!(config.caps.resend_pauses_seconds, [0, 30, 60]);
    assert_eq!(config.limits.body_bytes, 65_536);
    assert!(config.sms.is_none() && config.smtp.is_none() && config.rail.is_none());
}

#[test]
fn every_setting_is_read_and_belongs_to_a_section() {
    let (_, read) = Config::read_all(Source::default());
    let known: BTreeSet<String> = SETTINGS.iter().map(|one| one.name.to_owned()).collect();
    assert_eq!(read.unwrap(), known);
    let sections: Vec<&str> = SECTIONS.iter().map(|(name, _)| *name).collect();
    let mut used: Vec<&str> =
        SETTINGS.iter().map(|one| one.name.split_once('.').unwrap().0).collect();
    used.dedup();
    assert_eq!(used, sections);
}

#[test]
fn the_environment_is_stronger_than_the_file_and_flags_are_stronger_still() {
    let file = "[server]\nlisten = \"127.0.0.1:1\"\n";
    let environment = || [("DEVICE_ENROLLMENT_SERVER_LISTEN".to_owned(), "127.0.0.1:2".to_owned())];
    let listen = |source: Source| Config::read(source).unwrap().server.listen.port();

    let mut source = Source::default();
    source.add_file(file);
    assert_eq!(listen(source), 1);

    let mut source = Source::default();
    source.add_file(file);
    source.add_environment(environment());
    assert_eq!(listen(source), 2);

    let mut source = Source::default();
    source.add_file(file);
    source.add_environment(environment());
    source.add_flag("server.listen", Some("127.0.0.1:3"));
    assert_eq!(listen(source), 3);

    let mut source = Source::default();
    source.add_file(file);
    source.add_flag("server.listen", None);
    assert_eq!(listen(source), 1);
}

#[test]
fn errors_name_the_setting_and_never_what_it_was_set_to() {
    for (text, expected) in [
        (
            "[server]\nlisten = \"canary\"",
            "setting server.listen (configuration file): it has to be ADDRESS:PORT",
        ),
        ("[server]\nlissten = \"canary\"", "setting server.lissten: there is none of this name"),
        ("listen = \"canary\"", "setting listen: it has to stand in a section"),
        (
            "[limits]\nbody_bytes = 1",
            "setting limits.body_bytes (configuration file): it has to be a whole number from 1024 to 1048576",
        ),
        ("[limits]\nbody_bytes = [1]", "setting limits.body_bytes: it takes 1024 to 1048576"),
        (
            "[server]\ndocs = \"canary\"",
            "setting server.docs (configuration file): it has to be true or false",
        ),
        (
            "[log]\nformat = \"canary\"",
            "setting log.format (configuration file): it has to be one of json, text",
        ),
        (
            "[relying_party]\norigins = \"https://canary\"",
            "setting relying_party.origins: it takes list of texts",
        ),
        (
            "[relying_party]\norigins = [\"http://canary\"]",
            "setting relying_party.origins (configuration file): http is for http://localhost alone",
        ),
        (
            "[relying_party]\norigins = []",
            "setting relying_party.origins (configuration file): there has to be one at least",
        ),
        (
            "[relying_party]\nid = \"https://canary\"",
            "setting relying_party.id (configuration file): it has to be a domain in lower case, no address",
        ),
        (
            "[database]\nurl = \"mysql://canary\"",
            "setting database.url (configuration file): it has to be sqlite:FILE or postgres://…",
        ),
        (
            "[sms]\nurl = \"http://canary\"",
            "setting sms.url (configuration file): it has to be https://…, or http:// on loopback",
        ),
        (
            "[sms]\nurl = \"http://localhost:1@canary\"",
            "setting sms.url (configuration file): it has to be https://…, or http:// on loopback",
        ),
        (
            "[sms]\nauthorization = \"canary\"",
            "setting sms.authorization: a secret does not belong in the configuration file; name a file that holds it as sms.authorization_file, or set DEVICE_ENROLLMENT_SMS_AUTHORIZATION",
        ),
        (
            "[smtp]\nhost = \"mail.canary\"\nfrom = \"a@canary\"\nsecurity = \"none\"",
            "setting smtp.security (configuration file): none is for a server on loopback alone",
        ),
        ("[rail]\nmode = \"webhook\"", "setting rail.url: it is needed with rail.mode webhook"),
        (
            "[server]\ntls_key_file = \"canary\"",
            "setting server.tls_certificate_file: the key needs its certificate",
        ),
        ("a = \"canary", "the configuration file is no TOML at line 1"),
    ] {
        assert_eq!(of_file(text).unwrap_err(), expected, "{text}");
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let error = of_file("[log]\nformat = \"x\"\nlevel = \"x\"").unwrap_err();
    assert!(error.contains("log.format") && error.contains("log.level"), "{error}");
}

#[test]
fn a_secret_comes_from_the_environment_or_from_a_file() {
    let folder = folder("secrets");
    let path = folder.join("secret");
    std::fs::write(&path, "Bearer of-the-file\n").unwrap();
    let text = format!("[sms]\nurl = \"https://sms\"\nauthorization_file = {path:?}");

    let of = |config: Config| config.sms.unwrap().authorization.unwrap().reveal().to_owned();
    assert_eq!(of(of_file(&text).unwrap()), "Bearer of-the-file");

    let variable = || {
        let name = "DEVICE_ENROLLMENT_SMS_AUTHORIZATION".to_owned();
        [(name, "Bearer of-the-environment".to_owned())]
    };
    let mut source = Source::default();
    source.add_file(&text);
    source.add_environment(variable());
    assert_eq!(of(Config::read(source).unwrap()), "Bearer of-the-environment");

    let mut source = Source::default();
    source.add_environment(variable());
    let file = ("DEVICE_ENROLLMENT_SMS_AUTHORIZATION_FILE".to_owned(), "x".to_owned());
    source.add_environment([file]);
    let error = Config::read(source).unwrap_err();
    assert!(error.contains("it is set twice, also as sms.authorization_file"), "{error}");

    let missing = of_file("[sms]\nauthorization_file = \"/there/is/none\"").unwrap_err();
    assert!(missing.starts_with("setting sms.authorization_file"), "{missing}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_profile_that_needs_attestations_asks_for_them() {
    use AttestationConveyance::{Direct, Enterprise, None};
    for (section, expected) in [
        ("", None),
        ("profile = \"webauthn\"", None),
        ("profile = \"device_bound_only\"", Direct),
        ("profile = \"device_bound_only\"\nattestation = \"none\"", None),
        ("attestation = \"direct\"", Direct),
        ("attestation = \"enterprise\"", Enterprise),
    ] {
        let config = of_file(&format!("[policy]\n{section}")).unwrap();
        assert_eq!(config.policy.attestation, expected, "{section}");
    }
}

#[test]
fn nothing_secret_is_shown() {
    let mut source = Source::default();
    source.add_flag("database.url", Some("postgres://user:canary@host/name"));
    let variables = [
        ("DEVICE_ENROLLMENT_SMS_AUTHORIZATION", "canary"),
        ("DEVICE_ENROLLMENT_CODES_MAC_KEYS", "1:Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5"),
    ];
    source.add_environment(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let shown: String = source.set().map(|(name, text, _)| format!("{name} = {text}\n")).collect();
    assert!(shown.contains("database.url = postgres://…@host/name"), "{shown}");
    let config = format!("{:?}", Config::read(source).unwrap());
    assert!(!shown.contains("canary") && !shown.contains("Y2Fu"), "{shown}");
    assert!(!config.contains("canary") && !config.contains("Y2Fu"), "{config}");
}

#[test]
fn the_password_goes_behind_the_user() {
    let url = "postgres://bank@db:5432/devices";
    let config = of_environment(&[
        ("DEVICE_ENROLLMENT_DATABASE_URL", url),
        ("DEVICE_ENROLLMENT_DATABASE_PASSWORD", "p@ss:/w"),
    ]);
    assert_eq!(
        config.unwrap().database.url.reveal(),
        "postgres://bank:p%40ss%3A%2Fw@db:5432/devices"
    );
    let error = of_environment(&[("DEVICE_ENROLLMENT_DATABASE_PASSWORD", "canary")]).unwrap_err();
    assert_eq!(
        error,
        "setting database.password (environment, DEVICE_ENROLLMENT_DATABASE_PASSWORD): SQLite takes none"
    );
}

#[test]
fn variables_that_are_no_settings_are_told_and_no_error() {
    // As Kubernetes makes them for a service of this name.
    let name = "DEVICE_ENROLLMENT_SERVICE_HOST".to_owned();
    let mut source = Source::default();
    let other = ("PATH".to_owned(), "x".to_owned());
    assert_eq!(source.add_environment([(name.clone(), "10.0.0.1".to_owned()), other]), [name]);
    assert!(Config::read(source).is_ok());
}

#[test]
fn mac_keys_are_one_or_two() {
    let key = "A".repeat(43);
    let one = MacKeyFile::parse(&format!("# a line for people\n2:{key}\n")).unwrap();
    assert_eq!(one.keys().map(|(id, key)| (id, key.len())).collect::<Vec<_>>(), [("2", 32)]);
    let two = MacKeyFile::parse(&format!("2:{key},1:{key}")).unwrap();
    assert_eq!(two.keys().map(|(id, _)| id).collect::<Vec<_>>(), ["2", "1"]);
    for (text, rule) in [
        (String::new(), "there have to be one or two keys"),
        (format!("1:{key},2:{key},3:{key}"), "there have to be one or two keys"),
        (format!("1:{key},1:{key}"), "the ids of two keys have to differ"),
        (key.clone(), "each key has to be ID:BASE64URL"),
        (format!(":{key}"), "an id has 1 to 32 letters, digits, - and _"),
        (format!("1:{key}="), "a key has to be base64url without padding"),
        (format!("1:{}", "A".repeat(42)), "a key has 32 to 64 bytes"),
    ] {
        assert_eq!(MacKeyFile::parse(&text).unwrap_err(), rule, "{text}");
    }
    let fresh = MacKeyFile::fresh("1").unwrap();
    assert!(MacKeyFile::parse(&fresh).is_ok());
}

/// The example has every setting at its default, so it is a configuration as it stands, and stays
/// one when the marks of comment are taken away from what can be set without more.
#[test]
fn the_example_file_is_that_of_the_table_and_is_read() {
    let expected = example();
    compare("examples/device-enrollment.toml", &expected, |_| expected.clone());
    assert!(of_file(&expected).is_ok());
    let bare: String = expected
        .lines()
        .map(|line| line.strip_prefix("#").filter(|rest| !rest.starts_with(' ')).unwrap_or(line))
        .filter(|line| !line.ends_with("= \"\""))
        .fold(String::new(), |text, line| text + line + "\n");
    let set = bare.lines().filter(|line| line.contains(" = ")).count();
    assert!(set > 40, "{set}");
    let error = of_file(&bare).err();
    assert_eq!(error, None);
}

#[test]
fn the_reference_is_that_of_the_table() {
    const BEGIN: &str = "<!-- The settings, from the code. -->\n";
    const END: &str = "<!-- End of the settings. -->\n";
    let table = reference();
    compare("docs/operating.md", &table, |page| {
        let (before, rest) = page.split_once(BEGIN).unwrap();
        let (_, after) = rest.split_once(END).unwrap();
        format!("{before}{BEGIN}{table}{END}{after}")
    });
}

fn compare(name: &str, part: &str, renewed: impl Fn(&str) -> String) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(&path, renewed(&before)).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found.contains(part),
        "{name} is out of date: run UPDATE_DOCS=1 cargo test -p device-enrollment-service"
    );
}

fn example() -> String {
    let mut text = String::from(
        "# The settings of `device-enrollment serve`, each as it is when nobody sets it. Take away the\n\
         # mark in front of a setting to set it. A variable of the environment is stronger than this\n\
         # file: section and name in capitals, as in DEVICE_ENROLLMENT_SERVER_LISTEN. A flag is stronger\n\
         # still. Secrets do not stand here: name a file that holds one, or set the variable.\n",
    );
    for (section, about) in SECTIONS {
        let _ = write!(text, "\n# {about}\n[{section}]\n");
        for setting in in_section(section) {
            for line in wrapped(setting.about, 96) {
                let _ = writeln!(text, "# {line}");
            }
            let name = setting.name.split_once('.').unwrap().1;
            let _ = match setting.kind {
                Kind::Secret => writeln!(text, "#{name}_file = \"\""),
                Kind::List => {
                    let entries: Vec<String> =
                        setting.default.split(',').map(|entry| format!("{entry:?}")).collect();
                    writeln!(text, "#{name} = [{}]", entries.join(", "))
                }
                Kind::Whole(..) | Kind::Switch => writeln!(text, "#{name} = {}", setting.default),
                Kind::Text | Kind::Path | Kind::Word(_) => {
                    writeln!(text, "#{name} = {:?}", setting.default)
                }
            };
        }
    }
    text
}

fn reference() -> String {
    let mut text = String::new();
    for (section, about) in SECTIONS {
        let _ = write!(
            text,
            "\n### `{section}`\n\n{about}\n\n| setting | takes | default | meaning |\n|---|---|---|---|\n"
        );
        for setting in in_section(section) {
            let default = match setting.default {
                "" => "none".to_owned(),
                default => format!("`{default}`"),
            };
            let takes = setting.kind.words();
            let _ = writeln!(
                text,
                "| `{}` | {takes} | {} | {} |",
                setting.name,
                default.replace('|', "\\|"),
                setting.about.replace('|', "\\|")
            );
        }
    }
    text.push('\n');
    text
}

fn in_section(section: &str) -> impl Iterator<Item = &'static Setting> {
    SETTINGS
        .iter()
        .filter(move |one| one.name.split_once('.').is_some_and(|(name, _)| name == section))
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().unwrap();
        if !line.is_empty() && line.chars().count().saturating_add(word.chars().count()) >= width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

fn folder(name: &str) -> PathBuf {
    let name = format!("device-enrollment-config-{name}-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
