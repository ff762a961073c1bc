//! Ceremonies on order, for those who test an app or a server.

mod authenticator;
#[cfg(feature = "serve")]
mod outside;

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use device_enrollment_testkit::corpus::{self, FORMATS, Order};

use crate::input::about;
use crate::{Ending, Unusable, print};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Make a vector file with one ceremony, and with a changed one for --change.
    Make(Make),
    /// Make a credential for the options of a service, and print its registration.
    Register(authenticator::Register),
    /// Sign the options of a service with such a credential, and print the assertion.
    Sign(authenticator::Sign),
    /// Play a gateway, a mail server and a provider of face checks on loopback.
    #[cfg(feature = "serve")]
    Outside(outside::Arguments),
}

#[derive(clap::Args)]
pub(crate) struct Make {
    /// The attestation statement format.
    #[arg(value_parser = PossibleValuesParser::new(FORMATS))]
    format: String,
    /// The COSE algorithm of the credential; without it, the format's own choice.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    algorithm: Option<i64>,
    /// Other seeds give other keys, challenges and ids; the same gives the same bytes.
    #[arg(long, default_value = "made")]
    seed: String,
    /// Which ceremony.
    #[arg(long, value_enum, default_value_t = Kind::Registration)]
    kind: Kind,
    /// A number of the corpus, such as N025: what is changed. May be given several times.
    #[arg(long, value_name = "CASE")]
    change: Vec<String>,
    /// Where to write the file; without it, standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Kind {
    Registration,
    Assertion,
}

pub(crate) fn run(command: &Command) -> Result<Ending, Unusable> {
    match command {
        Command::Make(arguments) => make(arguments),
        Command::Register(arguments) => authenticator::register(arguments),
        Command::Sign(arguments) => authenticator::sign(arguments),
        #[cfg(feature = "serve")]
        Command::Outside(arguments) => outside::run(arguments),
    }
}

fn make(arguments: &Make) -> Result<Ending, Unusable> {
    let group = corpus::make(&Order {
        format: &arguments.format,
        algorithm: arguments.algorithm,
        seed: &arguments.seed,
        kind: match arguments.kind {
            Kind::Registration => corpus::Kind::Registration,
            Kind::Assertion => corpus::Kind::Assertion,
        },
        changes: arguments.change.iter().map(String::as_str).collect(),
    })?;
    match &arguments.out {
        Some(path) => std::fs::write(path, group.to_text()).map_err(|error| about(path, &error))?,
        None => print(&group.to_text())?,
    }
    Ok(Ending::Accepted)
}
