//! Starting, or saying why not.

use super::server::{Folder, run, text};

fn fails(folder: &Folder, arguments: &[&str], settings: &[(&str, &str)]) -> String {
    let output = run(folder, arguments, settings);
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn an_error_at_the_start_names_the_setting() {
    let folder = Folder::new();
    let file = folder.write("c.toml", "[limits]\nbody_bytes = 1\n");
    let error = fails(&folder, &["serve", "--config", text(&file)], &[]);
    assert!(error.contains("setting limits.body_bytes (configuration file)"), "{error}");

    let error = fails(&folder, &["serve", "--listen", "nowhere"], &[]);
    assert!(error.contains("setting server.listen (command line)"), "{error}");

    let log = [("DEVICE_ENROLLMENT_LOG_LEVEL", "loud")];
    let error = fails(&folder, &["serve"], &log);
    assert!(
        error.contains("setting log.level (environment, DEVICE_ENROLLMENT_LOG_LEVEL)"),
        "{error}"
    );

    let error = fails(&folder, &["serve", "--database", "sqlite:no/such/folder/x.db"], &[]);
    assert!(error.contains("no/such/folder/x.keys"), "{error}");

    let error = fails(&folder, &["serve", "--database", "postgres://u@127.0.0.1:1/x"], &[]);
    assert!(error.contains("setting codes.mac_keys"), "{error}");

    let keys = [("DEVICE_ENROLLMENT_CODES_MAC_KEYS", format!("1:{}", "A".repeat(43)))];
    let keys = keys.each_ref().map(|(name, value)| (*name, value.as_str()));
    let error =
        fails(&folder, &["serve", "--database", "postgres://u:canary@127.0.0.1:1/x"], &keys);
    assert!(error.contains("setting database.url"), "{error}");
    assert!(!error.contains("canary"), "{error}");

    let pem = folder.write("c.pem", "no certificate");
    let tls = [
        ("DEVICE_ENROLLMENT_SERVER_TLS_CERTIFICATE_FILE", text(&pem)),
        ("DEVICE_ENROLLMENT_SERVER_TLS_KEY_FILE", text(&pem)),
    ];
    let error = fails(&folder, &["serve"], &tls);
    assert!(error.contains("setting server.tls_certificate_file"), "{error}");

    // Two services on one port.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = fails(&folder, &["serve", "--listen", &address], &[]);
    assert!(error.contains("setting server.listen"), "{error}");
}

#[test]
fn a_configuration_is_checked_without_starting() {
    let folder = Folder::new();
    let secret = folder.write("sms", "Bearer canary");
    let file = folder.write(
        "c.toml",
        &format!(
            "[sms]\nurl = \"https://sms.example\"\nauthorization_file = {:?}\n",
            text(&secret)
        ),
    );
    let output = run(
        &folder,
        &["serve", "--check-config", "--config", text(&file)],
        &[("DEVICE_ENROLLMENT_SMTP_PASSWORD", "canary")],
    );
    let (shown, error) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(0), "{error}");
    assert!(shown.contains("sms.url = https://sms.example (configuration file)"), "{shown}");
    assert!(shown.contains("smtp.password = (secret) (environment)"), "{shown}");
    assert!(shown.ends_with("The configuration is in order.\n"), "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
    assert!(!folder.file("device-enrollment.db").exists());
    assert!(!folder.file("device-enrollment.keys").exists());
}

#[test]
fn a_check_of_the_configuration_reads_the_files_that_it_names() {
    let folder = Folder::new();
    let broken = folder.write("broken", "neither JSON nor PEM");
    for (setting, variable) in [
        ("policy.trust", "DEVICE_ENROLLMENT_POLICY_TRUST"),
        ("policy.metadata", "DEVICE_ENROLLMENT_POLICY_METADATA"),
        ("policy.android_status", "DEVICE_ENROLLMENT_POLICY_ANDROID_STATUS"),
    ] {
        for file in [text(&broken), "/no/such/file"] {
            let error = fails(&folder, &["serve", "--check-config"], &[(variable, file)]);
            assert!(error.contains(&format!("setting {setting}: ")), "{file}: {error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }
}
