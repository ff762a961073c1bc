//! `device-enrollment`: verify one enrollment, judge stored ones again, look into one, run vector
//! files.
//!
//! Exit status: 0 accepted, 1 refused, 2 unusable input or usage.

mod anchors;
mod input;
mod inspect;
mod metadata;
mod record;
mod replay;
#[cfg(feature = "serve")]
mod serve;
mod style;
#[cfg(feature = "testkit")]
mod testkit;
mod trust;
mod vectors;
mod verify;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use device_enrollment::Base64Reading;
use device_enrollment::policy::Policy;
use device_enrollment::verdict::Language;
use serde::{Deserialize, Serialize};

/// Decides whether to believe a device enrollment, and names the check that refuses.
#[derive(Parser)]
#[command(name = "device-enrollment", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Verify one request and print its verdict.
    Verify(verify::Arguments),
    /// Judge stored enrollments again under today's anchors, metadata and lists.
    Replay(replay::Arguments),
    /// Decode without judging: a tree of everything that the input says.
    Inspect(InspectArguments),
    /// Run vector files; exit 1 if any case disagrees.
    Vectors(vectors::Arguments),
    /// Make ceremonies with the test authenticator.
    #[cfg(feature = "testkit")]
    #[command(subcommand)]
    Testkit(testkit::Command),
    /// Run the service: the published endpoints over HTTP.
    #[cfg(feature = "serve")]
    Serve(serve::Arguments),
    /// The service's operator: import accounts and requesters, API keys, sweep, erase.
    #[cfg(feature = "serve")]
    Admin(serve::admin::Arguments),
    /// List the trust anchors: who vouches for what, and what expires.
    Anchors(anchors::Arguments),
    /// Import authenticator metadata, or show what is stored.
    Metadata(metadata::Arguments),
}

#[derive(clap::Args)]
struct InspectArguments {
    /// A request, an attestation object, certificates, or `-` for standard input.
    file: PathBuf,
    /// How to print the tree.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How a result is printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Which policy judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Profile {
    /// Exactly what WebAuthn Level 3 demands.
    #[value(name = "webauthn")]
    Webauthn,
    /// The bank's default.
    #[value(name = "open_finance_brasil", alias = "open-finance-brasil")]
    OpenFinanceBrasil,
    /// The bank's default, for attested keys that cannot be backed up.
    #[value(name = "device_bound_only", alias = "device-bound-only")]
    DeviceBoundOnly,
}

impl Profile {
    fn policy(self) -> Policy {
        match self {
            Self::Webauthn => Policy::webauthn(),
            Self::OpenFinanceBrasil => Policy::open_finance_brasil(),
            Self::DeviceBoundOnly => Policy::device_bound_only(),
        }
    }
}

/// The language of sentences for people.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lang {
    /// English.
    #[value(name = "en-US")]
    EnUs,
    /// Portuguese.
    #[value(name = "pt-BR")]
    PtBr,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::EnUs => Self::EnUs,
            Lang::PtBr => Self::PtBr,
        }
    }
}

/// How a command ended.
enum Ending {
    Accepted,
    Refused,
}

/// An input that cannot be used, in one line.
struct Unusable(String);

impl<E: core::fmt::Display> From<E> for Unusable {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ending = match arguments.command {
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Inspect(arguments) => run_inspect(&arguments),
        Command::Vectors(arguments) => vectors::run(&arguments),
        #[cfg(feature = "testkit")]
        Command::Testkit(command) => testkit::run(&command),
        #[cfg(feature = "serve")]
        Command::Serve(arguments) => serve::run(&arguments),
        #[cfg(feature = "serve")]
        Command::Admin(arguments) => serve::admin::run(&arguments),
        Command::Anchors(arguments) => anchors::run(&arguments),
        Command::Metadata(arguments) => metadata::run(&arguments),
    };
    match ending {
        Ok(Ending::Accepted) => ExitCode::SUCCESS,
        Ok(Ending::Refused) => ExitCode::from(1),
        Err(Unusable(message)) => {
            let line: String =
                message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            // Nothing is left to do when standard error is gone as well.
            let _ = writeln!(std::io::stderr(), "device-enrollment: {line}");
            ExitCode::from(2)
        }
    }
}

fn run_inspect(arguments: &InspectArguments) -> Result<Ending, Unusable> {
    let bytes = input::read(&arguments.file, input::MAX_REQUEST_FILE)?;
    let tree = device_enrollment::inspect::inspect(&bytes, Base64Reading::AnyAlphabet)
        .map_err(|error| input::about(&arguments.file, &error))?;
    match arguments.format {
        Format::Json => print(&format!("{}\n", serde_json::to_string_pretty(&tree)?))?,
        Format::Text => print(&inspect::render(&tree, true))?,
    }
    Ok(Ending::Accepted)
}

/// Prints to standard output, without colours where nobody could see them. A reader that went
/// away (`| head`) is not an error.
fn print(text: &str) -> Result<(), Unusable> {
    match anstream::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
