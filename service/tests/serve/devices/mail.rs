//! Codes by e-mail, to a mail server on loopback.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;
use crate::world::{EMAIL, Engine};

crate::bank::on_both_engines!(
    a_code_arrives_by_mail_or_the_device_never_was,
    a_code_arrives_by_mail_or_the_transfer_never_was,
);

fn with_mail(engine: Engine) -> (MailServer, World) {
    let server = MailServer::start();
    let port = server.port.to_string();
    let world = World::with(
        engine,
        &[
            ("DEVICE_ENROLLMENT_SMTP_HOST", "127.0.0.1"),
            ("DEVICE_ENROLLMENT_SMTP_PORT", &port),
            ("DEVICE_ENROLLMENT_SMTP_SECURITY", "none"),
            ("DEVICE_ENROLLMENT_SMTP_FROM", "bank@example.com"),
            ("DEVICE_ENROLLMENT_SMTP_TIMEOUT_MS", "2000"),
        ],
    );
    (server, world)
}

/// The code of a letter, which has a line to itself.
fn code_in(letter: &str) -> String {
    let lower = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(lower);
    letter.lines().map(str::trim).find(is_code).unwrap().to_owned()
}

fn a_code_arrives_by_mail_or_the_device_never_was(engine: Engine) {
    let (server, world) = with_mail(engine);
    let device_key = uuid();
    let answer = world.ask("POST", &devices(), &requested(&device_key, "email"));
    assert_eq!(answer.status, 202, "{}", answer.body);
    let letter = server.last();
    assert!(letter.contains(&format!("RCPT TO:<{EMAIL}>")), "{letter}");
    let code = code_in(&letter);
    assert_eq!(validate(&world, &device_key, &code).status, 201);

    // From a phone to a mailbox.
    let (device_key, _) = pending(&world);
    assert_eq!(resend(&world, &device_key, &json!({"contact_type": "email"})).status, 202);
    assert!(server.last().contains(EMAIL));

    for behaviour in [MailBehaviour::Refuses, MailBehaviour::Breaks, MailBehaviour::Hangs] {
        server.behave(behaviour);
        let device_key = uuid();
        let answer = world.ask("POST", &devices(), &requested(&device_key, "email"));
        refused(&answer, 400, "OBD000097");
        refused(&query(&world, &device_key), 404, "OBD000100");
        server.behave(MailBehaviour::Takes);
        let answer = world.ask("POST", &devices(), &requested(&device_key, "email"));
        assert_eq!(answer.status, 202, "{}", answer.body);
    }
    let metrics = world.metrics();
    assert!(!metrics.contains(EMAIL) && !metrics.contains(&code), "{metrics}");
    let log = world.stop();
    assert!(!log.contains(EMAIL) && !log.contains(&code), "{log}");
}

fn a_code_arrives_by_mail_or_the_transfer_never_was(engine: Engine) {
    let (server, world) = with_mail(engine);
    let transfers = format!("/account/{ACCOUNT}/ted");
    let by = |contact_type: &str| {
        json!({
            "request_control_key": uuid(), "transaction_amount": 1234.1,
            "target_account": {
                "account_branch": "0001", "account_number": "1234567", "account_digit": "8",
                "owner_document_number": "12345678000195", "owner_name": "Padaria",
                "ispb": "32402502", "account_type": "checking_account"
            },
            "tfa_info": {"approver_document_number": APPROVER, "contact_type": contact_type}
        })
    };
    let perform = |body: &Value| world.ask("POST", &transfers, body);
    let key_of = |answer: &Answer| answer.json()["ted_key"].as_str().unwrap().to_owned();
    let approve = |ted_key: &str, code: &str| {
        let path = format!("{transfers}/{ted_key}/validate_token");
        world.ask("PUT", &path, &json!({"token": code}))
    };
    let resend = |ted_key: &str, body: &Value| {
        world.ask("PATCH", &format!("{transfers}/{ted_key}/resend_token"), body)
    };
    let answer = perform(&by("email"));
    assert_eq!(answer.status, 202, "{}", answer.body);
    let letter = server.last();
    assert!(letter.contains(&format!("RCPT TO:<{EMAIL}>")), "{letter}");
    // What the code is for stands in the letter with it.
    assert!(letter.contains("1.234,10") && letter.contains("Padaria"), "{letter}");
    let code = code_in(&letter);
    assert!(code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
    assert_eq!(approve(&key_of(&answer), &code).status, 202);

    // From a phone to a mailbox, which makes the code on the phone void.
    let ted_key = key_of(&perform(&by("sms")));
    let on_the_phone = world.gateway.code();
    assert_eq!(resend(&ted_key, &json!({"contact_type": "email"})).status, 202);
    let in_the_mailbox = code_in(&server.last());
    assert_ne!(on_the_phone, in_the_mailbox);
    refused(&approve(&ted_key, &on_the_phone), 400, "TED000084");
    assert_eq!(approve(&ted_key, &in_the_mailbox).status, 202);

    for behaviour in [MailBehaviour::Refuses, MailBehaviour::Breaks, MailBehaviour::Hangs] {
        server.behave(behaviour);
        let body = by("email");
        refused(&perform(&body), 400, "OBD000097");
        server.behave(MailBehaviour::Takes);
        // Nothing is left of it: its control key is free.
        let answer = perform(&body);
        assert_eq!(answer.status, 202, "{behaviour:?}: {}", answer.body);
        let (ted_key, code) = (key_of(&answer), code_in(&server.last()));
        // A code that does not arrive leaves the one before, and another can be sent.
        server.behave(behaviour);
        refused(&resend(&ted_key, &json!({})), 400, "OBD000097");
        let view = world.ask("GET", &format!("{transfers}/{ted_key}"), &Value::Null).json();
        assert_eq!(view["ted_status"], "pending_2fa_approval", "{behaviour:?}");
        server.behave(MailBehaviour::Takes);
        if behaviour == MailBehaviour::Hangs {
            assert_eq!(resend(&ted_key, &json!({})).status, 202);
            refused(&approve(&ted_key, &code), 400, "TED000084");
            assert_eq!(approve(&ted_key, &code_in(&server.last())).status, 202);
        } else {
            assert_eq!(approve(&ted_key, &code).status, 202, "{behaviour:?}");
        }
    }
    let (metrics, log) = (world.metrics(), world.stop());
    for text in [EMAIL, &code, APPROVER] {
        assert!(!metrics.contains(text) && !log.contains(text), "{text}");
    }
}

/// A mail server in as many words as a client needs.
struct MailServer {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    letters: Mutex<Vec<String>>,
    behaviour: Mutex<MailBehaviour>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum MailBehaviour {
    #[default]
    Takes,
    /// It knows nobody of that name.
    Refuses,
    /// It closes the connection when the letter is there.
    Breaks,
    /// It says nothing.
    Hangs,
}

impl MailServer {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let served = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = served.clone();
                // A client that went away ends it.
                std::thread::spawn(move || state.serve(&stream).ok());
            }
        });
        Self { port, state }
    }

    fn behave(&self, behaviour: MailBehaviour) {
        *self.state.behaviour.lock().unwrap() = behaviour;
    }

    fn last(&self) -> String {
        self.state.letters.lock().unwrap().last().unwrap().clone()
    }
}

impl State {
    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        let behaviour = *self.behaviour.lock().unwrap();
        let mut lines = BufReader::new(stream);
        let mut say = stream;
        let mut letter = String::new();
        if behaviour == MailBehaviour::Hangs {
            // Until the other side has had enough.
            lines.read_line(&mut letter)?;
            return Ok(());
        }
        say.write_all(b"220 mail\r\n")?;
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            letter.push_str(&line);
            let word: String = line.chars().take(4).collect::<String>().to_ascii_uppercase();
            let answer: &[u8] = match word.as_str() {
                "RCPT" if behaviour == MailBehaviour::Refuses => b"550 nobody\r\n",
                "DATA" => {
                    say.write_all(b"354 go\r\n")?;
                    loop {
                        let mut line = String::new();
                        lines.read_line(&mut line)?;
                        if line == ".\r\n" || line.is_empty() {
                            break;
                        }
                        letter.push_str(&line);
                    }
                    if behaviour == MailBehaviour::Breaks {
                        return Ok(());
                    }
                    self.letters.lock().unwrap().push(letter.clone());
                    b"250 taken\r\n"
                }
                "QUIT" => {
                    say.write_all(b"221 bye\r\n")?;
                    return Ok(());
                }
                _ => b"250 mail\r\n",
            };
            say.write_all(answer)?;
        }
    }
}
