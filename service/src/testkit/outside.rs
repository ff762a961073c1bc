//! The other side of the service, for trying it out: a gateway and a mail server that write down
//! what they are to deliver, and a provider of face checks that approves what it is told to.
//!
//! The service reaches them by its real adapters. They are for loopback and for tests: whoever reads
//! the folder has every code.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use device_enrollment::UnixMillis;
use device_enrollment::flow::Uuid4;
use serde::Deserialize;
use serde_json::json;

use crate::input::about;
use crate::serve::ports::{DemoLiveness, Exchanged, Liveness as _};
use crate::{Ending, Unusable, print};

/// Whom face checks are made out to.
const AUDIENCE: &str = "device-enrollment";
/// Bytes of a letter that are read.
const MOST_LETTER: u64 = 1024 * 1024;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Where `sms.txt` and `mail.txt` grow, and the provider's public key is written.
    #[arg(long)]
    folder: PathBuf,
}

struct Outside {
    folder: PathBuf,
    faces: DemoLiveness,
}

/// Serves on two free ports of loopback until it is ended, and prints the settings that lead there.
pub(crate) fn run(arguments: &Arguments) -> Result<Ending, Unusable> {
    let outside =
        Arc::new(Outside { folder: arguments.folder.clone(), faces: DemoLiveness::new(AUDIENCE)? });
    let key_file = outside.write_key()?;
    let mail = TcpListener::bind("127.0.0.1:0")?;
    let mail_port = mail.local_addr()?.port();
    let postman = outside.clone();
    std::thread::spawn(move || {
        for stream in mail.incoming().map_while(Result::ok) {
            // A client that went away loses its letter.
            let _ = postman.take_letter(&stream);
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        print(&settings(listener.local_addr()?, mail_port, &key_file))?;
        let router = Router::new()
            .route("/sms", post(sms))
            .route("/faces", post(take_picture))
            .route("/exchange", post(exchange))
            .with_state(outside);
        axum::serve(listener, router).await?;
        Ok(Ending::Accepted)
    })
}

/// What the service is to be configured with, as lines of an environment.
fn settings(address: SocketAddr, mail_port: u16, key_file: &Path) -> String {
    let (issuer, key_id, key_file) =
        (DemoLiveness::ISSUER, DemoLiveness::KEY_ID, key_file.display());
    format!(
        "DEVICE_ENROLLMENT_SMS_URL=http://{address}/sms\n\
         DEVICE_ENROLLMENT_SMTP_HOST=127.0.0.1\n\
         DEVICE_ENROLLMENT_SMTP_PORT={mail_port}\n\
         DEVICE_ENROLLMENT_SMTP_SECURITY=none\n\
         DEVICE_ENROLLMENT_SMTP_FROM=bank@example.com\n\
         DEVICE_ENROLLMENT_LIVENESS_URL=http://{address}/exchange\n\
         DEVICE_ENROLLMENT_LIVENESS_ISSUER={issuer}\n\
         DEVICE_ENROLLMENT_LIVENESS_AUDIENCE={AUDIENCE}\n\
         DEVICE_ENROLLMENT_LIVENESS_KEY_ID={key_id}\n\
         DEVICE_ENROLLMENT_LIVENESS_KEY_FILE={key_file}\n"
    )
}

/// A message of the gateway, as `sms.body` has it when nobody sets it.
#[derive(Deserialize)]
struct Message {
    to: String,
    text: String,
}

async fn sms(State(outside): State<Arc<Outside>>, body: Bytes) -> StatusCode {
    let Ok(message) = serde_json::from_slice::<Message>(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    outside.keep("sms.txt", &format!("{}: {}\n", message.to, message.text))
}

/// What the app of a bank has from the provider's library when a face was looked at.
#[derive(Deserialize)]
struct Face {
    device_key: Uuid4,
    nonce: String,
    #[serde(default = "yes")]
    approved: bool,
}

const fn yes() -> bool {
    true
}

async fn take_picture(
    State(outside): State<Arc<Outside>>,
    body: Bytes,
) -> Result<String, StatusCode> {
    let face: Face = serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis = since.ok().and_then(|since| i64::try_from(since.as_millis()).ok());
    let now = UnixMillis(millis.ok_or(StatusCode::INTERNAL_SERVER_ERROR)?);
    let image_key = outside.faces.capture(face.device_key, &face.nonce, face.approved, now);
    let image_key = image_key.ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(format!("{}\n", json!({"image_key": image_key})))
}

#[derive(Deserialize)]
struct Exchange {
    image_key: String,
}

async fn exchange(State(outside): State<Arc<Outside>>, body: Bytes) -> Result<Vec<u8>, StatusCode> {
    let wanted: Exchange = serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    match outside.faces.exchange(&wanted.image_key).await {
        Exchanged::Result(result) => Ok(result),
        Exchanged::UnknownImage => Err(StatusCode::NOT_FOUND),
        Exchanged::Unavailable(_) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}

impl Outside {
    fn write_key(&self) -> Result<PathBuf, Unusable> {
        let path = self.folder.join("faces.pem");
        let key = self.faces.public_key().ok_or_else(|| Unusable("no key".to_owned()))?;
        let encoded = BASE64_STANDARD.encode(key);
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{encoded}\n-----END PUBLIC KEY-----\n");
        std::fs::write(&path, pem).map_err(|error| about(&path, &error))?;
        Ok(path)
    }

    /// Appends to a file of the folder, before the service is told that it was taken.
    fn keep(&self, name: &str, text: &str) -> StatusCode {
        let mut options = std::fs::OpenOptions::new();
        let file = options.create(true).append(true).open(self.folder.join(name));
        match file.and_then(|mut file| file.write_all(text.as_bytes())) {
            Ok(()) => StatusCode::OK,
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// SMTP in as many words as a letter needs.
    fn take_letter(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream.take(MOST_LETTER));
        let mut say = stream;
        say.write_all(b"220 outside\r\n")?;
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
                "EHLO" | "HELO" | "MAIL" | "RCPT" | "RSET" | "NOOP" => {
                    say.write_all(b"250 yes\r\n")?;
                }
                "DATA" => {
                    say.write_all(b"354 go on\r\n")?;
                    let mut letter = String::new();
                    while !letter.ends_with("\r\n.\r\n") {
                        if lines.read_line(&mut letter)? == 0 {
                            return Ok(());
                        }
                    }
                    let kept = self.keep("mail.txt", &letter);
                    say.write_all(if kept == StatusCode::OK {
                        b"250 ok\r\n"
                    } else {
                        b"451 no\r\n"
                    })?;
                }
                "QUIT" => return say.write_all(b"221 bye\r\n"),
                _ => say.write_all(b"502 no\r\n")?,
            }
        }
    }
}
