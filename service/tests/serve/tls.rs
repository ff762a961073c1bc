//! TLS from files.

use std::io::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use device_enrollment_testkit::certificate::CertificateSpec;
use device_enrollment_testkit::extension::{extended_key_usage, subject_alternative_name_dns};
use device_enrollment_testkit::key::{KeyKind, SigningKey};
use device_enrollment_testkit::name::Name;
use device_enrollment_testkit::{der, seed};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::server::{Answer, Folder, Server, text};

/// A certificate for `localhost` that vouches for itself, and its key, PKCS#8.
fn certificate() -> (Vec<u8>, Vec<u8>) {
    let secret: [u8; 32] = seed::array("tls", "secret");
    let key = SigningKey::from_secret(KeyKind::EdDsa, &secret).unwrap();
    let mut spec = CertificateSpec::new(Name::common_name("localhost"), &key, vec![1]);
    spec.set_validity(0, 4_102_444_800);
    spec.set_extension(subject_alternative_name_dns(&["localhost"]));
    spec.set_extension(extended_key_usage(&["1.3.6.1.5.5.7.3.1"]));
    let private = der::sequence(&[
        der::integer(0),
        der::sequence(&[der::oid("1.3.101.112")]),
        der::octet_string(&der::octet_string(&secret)),
    ]);
    (spec.issue(&key), private)
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

#[test]
fn it_speaks_tls_and_nothing_else_on_that_port() {
    let (der, key) = certificate();
    let folder = Folder::new();
    let certificate = folder.write("c.pem", &pem("CERTIFICATE", &der));
    let key = folder.write("k.pem", &pem("PRIVATE KEY", &key));
    let server = Server::start_in(
        &folder,
        &[
            ("DEVICE_ENROLLMENT_SERVER_TLS_CERTIFICATE_FILE", text(&certificate)),
            ("DEVICE_ENROLLMENT_SERVER_TLS_KEY_FILE", text(&key)),
            ("DEVICE_ENROLLMENT_LIMITS_HEAD_SECONDS", "1"),
        ],
    );
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(der)).unwrap();
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        let name = "localhost".try_into().unwrap();
        let client = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = StreamOwned::new(client, server.connect());
        stream
            .write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            .unwrap();
        assert_eq!(Answer::read(stream).json()["status"], "live");
    }
    // Plain HTTP gets no answer in HTTP, and a client that says nothing is cut.
    assert_eq!(server.get("/health/live", "").status, 0);
    assert_eq!(server.send(b"").status, 0);
    assert!(server.stop().0.success());
}
