use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

/// The authorities that a server has to lead to: those of the operating system.
#[derive(Clone)]
pub(crate) struct Roots(Vec<CertificateDer<'static>>);

impl Roots {
    /// Those of the operating system, or of the file that `SSL_CERT_FILE` names. One that cannot be
    /// read is left out; without any, no server is believed.
    pub(crate) fn of_the_system() -> Self {
        Self(rustls_native_certs::load_native_certs().certs)
    }

    /// These and no others.
    #[cfg(test)]
    pub(crate) fn only(roots: Vec<CertificateDer<'static>>) -> Self {
        Self(roots)
    }

    pub(super) fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.0
    }

    pub(super) fn client(&self) -> Arc<ClientConfig> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(self.0.iter().cloned());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            // The provider has suites for every version that is on by default.
            .unwrap_or_else(|_| ClientConfig::builder())
            .with_root_certificates(store)
            .with_no_client_auth();
        Arc::new(config)
    }
}
