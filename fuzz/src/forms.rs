//! The wire forms, and the inspector.

use device_enrollment::inspect::inspect as inspected;
use device_enrollment::{AuthenticationResponse, Base64Reading, RegistrationResponse};

/// Whatever is read strictly is read by the lenient reading too, and comes back from each form
/// that it is written in.
pub fn wire_forms(text: &[u8]) {
    let any = RegistrationResponse::from_any_form(text, Base64Reading::AnyAlphabet);
    if let Ok(read) = RegistrationResponse::from_any_form(text, Base64Reading::Strict) {
        same_registration(&read, &any.expect("the lenient reading takes less"));
        let forms =
            [read.to_webauthn_json(), read.to_device_credential(), read.to_fido_registration()];
        for form in forms {
            let form = form.to_string();
            let again = RegistrationResponse::from_any_form(form.as_bytes(), Base64Reading::Strict);
            // Escapes may have made the text shorter than what is written.
            if form.len() <= 64 * 1024 {
                same_registration(&read, &again.expect(&form));
            }
        }
    }
    let any = AuthenticationResponse::from_any_form(text, Base64Reading::AnyAlphabet);
    if let Ok(read) = AuthenticationResponse::from_any_form(text, Base64Reading::Strict) {
        same_assertion(&read, &any.expect("the lenient reading takes less"));
        for form in [read.to_webauthn_json(), read.to_authorise()] {
            let form = form.to_string();
            let again =
                AuthenticationResponse::from_any_form(form.as_bytes(), Base64Reading::Strict);
            if form.len() <= 64 * 1024 {
                same_assertion(&read, &again.expect(&form));
            }
        }
    }
}

fn same_registration(one: &RegistrationResponse, other: &RegistrationResponse) {
    assert_eq!(one.credential_id(), other.credential_id());
    assert_eq!(one.client_data_json(), other.client_data_json());
    assert_eq!(one.attestation_object(), other.attestation_object());
    assert_eq!(one.attachment(), other.attachment());
}

fn same_assertion(one: &AuthenticationResponse, other: &AuthenticationResponse) {
    assert_eq!(one.credential_id(), other.credential_id());
    assert_eq!(one.client_data_json(), other.client_data_json());
    assert_eq!(one.authenticator_data(), other.authenticator_data());
    assert_eq!(one.signature(), other.signature());
    assert_eq!(one.user_handle(), other.user_handle());
}

/// The inspector answers to anything, and its tree can be written.
pub fn inspect(bytes: &[u8]) {
    for reading in [Base64Reading::Strict, Base64Reading::AnyAlphabet] {
        if let Ok(tree) = inspected(bytes, reading) {
            serde_json::to_string(&tree).expect("a tree");
        }
    }
}
