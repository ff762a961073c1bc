//! An authenticator of one credential in a file: it answers the options of any service, as a phone
//! would.

use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::builder::PossibleValuesParser;
use device_enrollment::webauthn::RegistrationResponse;
use device_enrollment::{Base64Reading, verdict::Failure};
use device_enrollment_testkit::corpus::{self, FORMATS};
use device_enrollment_testkit::{Assertion, Registration};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::input::{self, about};
use crate::{Ending, Unusable, print};

#[derive(clap::Args)]
pub(crate) struct Register {
    /// The options of the service, or `-`: its own answer, or `PublicKeyCredentialCreationOptionsJSON`.
    #[arg(long, value_name = "FILE")]
    options: PathBuf,
    /// Where the new credential is kept. There must be nothing yet.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where the ceremony takes place; without it, `https://` and the relying party's id.
    #[arg(long)]
    origin: Option<String>,
    /// The attestation statement format.
    #[arg(long, default_value = "none", value_parser = PossibleValuesParser::new(FORMATS))]
    format: String,
    /// The COSE algorithm of the credential; without it, the format's own choice.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    algorithm: Option<i64>,
    /// The form of what is printed.
    #[arg(long, value_enum, default_value_t = Form::DeviceCredential)]
    form: Form,
}

#[derive(clap::Args)]
pub(crate) struct Sign {
    /// The options of the service, or `-`: `PublicKeyCredentialRequestOptionsJSON`.
    #[arg(long, value_name = "FILE")]
    options: PathBuf,
    /// The credential that signs; its counter goes up.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// How a registration is written.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Form {
    /// The published body with `device_credential_…`.
    #[value(name = "device_credential")]
    DeviceCredential,
    /// The body `fido-registration` of Open Finance Brasil.
    #[value(name = "fido_registration")]
    FidoRegistration,
    /// `RegistrationResponseJSON`.
    #[value(name = "webauthn")]
    Webauthn,
}

/// A credential as its file has it.
#[derive(Serialize, Deserialize)]
struct Credential {
    /// What its key is made from: 256 random bits.
    seed: String,
    format: String,
    algorithm: i64,
    rp_id: String,
    origin: String,
    user_id: String,
    sign_count: u32,
}

/// Makes a credential for these options, and prints its registration.
pub(crate) fn register(arguments: &Register) -> Result<Ending, Unusable> {
    let options = Options::read(&arguments.options)?;
    let rp_id = options.text(&["/rp_id", "/rp/id"])?.to_owned();
    let user_id = options.text(&["/user_id", "/user/id"])?.to_owned();
    let origin = arguments.origin.clone().unwrap_or_else(|| format!("https://{rp_id}"));
    let (format, seed) = (arguments.format.clone(), fresh_seed()?);
    let made = corpus::registration(&format, arguments.algorithm, &seed)?;
    let algorithm = made.credential_algorithm;
    let wanted = options.list(&["/pub_key_cred_params", "/pubKeyCredParams"], "/alg");
    if !wanted.contains(&&Value::from(algorithm)) {
        return Err(Unusable(format!("the options do not ask for the algorithm {algorithm}")));
    }
    let credential = Credential { seed, format, algorithm, rp_id, origin, user_id, sign_count: 0 };
    let mut registration = credential.registration()?;
    registration.client_data.challenge = options.challenge()?;
    let json = registration.make().to_json().to_string();
    let response = RegistrationResponse::from_webauthn_json(json.as_bytes(), Base64Reading::Strict);
    let response = response.map_err(|failure: Failure| Unusable(failure.to_string()))?;
    let body = match arguments.form {
        Form::DeviceCredential => response.to_device_credential(),
        Form::FidoRegistration => response.to_fido_registration(),
        Form::Webauthn => response.to_webauthn_json(),
    };
    credential.create(&arguments.key)?;
    print(&format!("{body}\n"))?;
    Ok(Ending::Accepted)
}

/// Signs these options with a credential, and prints the `AuthenticationResponseJSON`.
pub(crate) fn sign(arguments: &Sign) -> Result<Ending, Unusable> {
    let options = Options::read(&arguments.options)?;
    let mut credential = Credential::read(&arguments.key)?;
    if options.text(&["/rpId"])? != credential.rp_id {
        return Err(Unusable("the options are those of another relying party".to_owned()));
    }
    let mut assertion = Assertion::of(&credential.registration()?);
    let own = Value::from(URL_SAFE_NO_PAD.encode(&assertion.credential_id));
    let allowed = options.list(&["/allowCredentials"], "/id");
    if !allowed.is_empty() && !allowed.contains(&&own) {
        return Err(Unusable("the options do not let this credential sign".to_owned()));
    }
    credential.sign_count = credential.sign_count.saturating_add(1);
    assertion.client_data.challenge = options.challenge()?;
    assertion.authenticator_data.sign_count = credential.sign_count;
    // Before anybody can have the signature: a counter that is used twice is a copied key.
    credential.replace(&arguments.key)?;
    print(&format!("{}\n", assertion.make().to_json()))?;
    Ok(Ending::Accepted)
}

impl Credential {
    fn registration(&self) -> Result<Registration, Unusable> {
        let made = corpus::registration(&self.format, Some(self.algorithm), &self.seed)?;
        let mut registration = made.for_relying_party(&self.rp_id, &self.origin);
        registration.user_handle = bytes(&self.user_id, "the user's id")?;
        Ok(registration)
    }

    fn read(path: &Path) -> Result<Self, Unusable> {
        let text = input::read(path, input::MAX_REQUEST_FILE)?;
        // What the reader says of an error can quote the file.
        serde_json::from_slice(&text).map_err(|_| about(path, &"is no key of `testkit register`"))
    }

    fn create(&self, path: &Path) -> Result<(), Unusable> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|error| about(path, &error))?;
        self.write(path, file)
    }

    fn replace(&self, path: &Path) -> Result<(), Unusable> {
        let file = std::fs::OpenOptions::new().write(true).open(path);
        self.write(path, file.map_err(|error| about(path, &error))?)
    }

    fn write(&self, path: &Path, mut file: std::fs::File) -> Result<(), Unusable> {
        let text = format!("{}\n", serde_json::to_string_pretty(self)?);
        let written = file
            .rewind()
            .and_then(|()| file.write_all(text.as_bytes()))
            .and_then(|()| file.set_len(u64::try_from(text.len()).unwrap_or(u64::MAX)));
        written.map_err(|error| about(path, &error))
    }
}

/// Options as a service gives them.
struct Options(Value);

impl Options {
    fn read(path: &Path) -> Result<Self, Unusable> {
        let text = input::read(path, input::MAX_REQUEST_FILE)?;
        let value: Value = serde_json::from_slice(&text).map_err(|error| about(path, &error))?;
        // Browsers are given them under this name.
        Ok(Self(value.get("publicKey").cloned().unwrap_or(value)))
    }

    /// The first of these members that is there.
    fn text(&self, places: &[&str]) -> Result<&str, Unusable> {
        let found = places.iter().find_map(|place| self.0.pointer(place)?.as_str());
        found.ok_or_else(|| Unusable(format!("the options have no {}", places.join(" or "))))
    }

    /// One member of each element of the first of these lists that is there.
    fn list(&self, places: &[&str], member: &str) -> Vec<&Value> {
        let list = places.iter().find_map(|place| self.0.pointer(place)?.as_array());
        list.into_iter().flatten().filter_map(|element| element.pointer(member)).collect()
    }

    fn challenge(&self) -> Result<Vec<u8>, Unusable> {
        bytes(self.text(&["/challenge"])?, "the challenge")
    }
}

fn bytes(text: &str, what: &str) -> Result<Vec<u8>, Unusable> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Unusable(format!("{what} is no unpadded base64url")))
}

fn fresh_seed() -> Result<String, Unusable> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random)?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}
