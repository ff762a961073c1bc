use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A machine as it is stored: with the version of its form, so that storage outlives releases.
///
/// A release reads every version up to its own. What a later release wrote is refused, and nothing
/// of it is guessed.
pub trait Stored: Serialize + DeserializeOwned {
    /// The name of the machine, in what is stored.
    const MACHINE: &'static str;
    /// The version that this release writes.
    const VERSION: u32;

    /// Reads a state of an earlier version, which is JSON. A machine that has had one version only refuses all
    /// others.
    ///
    /// # Errors
    ///
    /// [`StoredError::Version`] for a version that is not known.
    fn from_earlier(version: u32, state: &str) -> Result<Self, StoredError> {
        let _ = state;
        Err(StoredError::Version { machine: Self::MACHINE, version, newest: Self::VERSION })
    }

    /// The machine as JSON, with name and version.
    ///
    /// # Errors
    ///
    /// [`StoredError::Form`] when the state cannot be written, which no state of this library does.
    fn to_stored(&self) -> Result<String, StoredError> {
        #[derive(Serialize)]
        struct Envelope<'a, T> {
            machine: &'static str,
            version: u32,
            state: &'a T,
        }
        let envelope = Envelope { machine: Self::MACHINE, version: Self::VERSION, state: self };
        serde_json::to_string(&envelope).map_err(|_| StoredError::Form { machine: Self::MACHINE })
    }

    /// Reads a machine.
    ///
    /// # Errors
    ///
    /// A [`StoredError`] when it is another machine, of a later version, or not what was written.
    fn from_stored(text: &str) -> Result<Self, StoredError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Envelope<'a> {
            machine: String,
            version: u32,
            #[serde(borrow)]
            state: &'a RawValue,
        }
        let form = |_| StoredError::Form { machine: Self::MACHINE };
        let envelope: Envelope<'_> = serde_json::from_str(text).map_err(form)?;
        if envelope.machine != Self::MACHINE {
            return Err(StoredError::Machine { machine: Self::MACHINE });
        }
        if envelope.version == Self::VERSION {
            serde_json::from_str(envelope.state.get()).map_err(form)
        } else {
            Self::from_earlier(envelope.version, envelope.state.get())
        }
    }
}

/// Why a stored machine cannot be read. It prints nothing of what was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoredError {
    /// It is not the machine that was asked for.
    Machine {
        /// The machine that was asked for.
        machine: &'static str,
    },
    /// Its version is not known to this release.
    Version {
        /// The machine.
        machine: &'static str,
        /// The version that was stored.
        version: u32,
        /// The newest version this release reads.
        newest: u32,
    },
    /// It does not have the form of its version.
    Form {
        /// The machine.
        machine: &'static str,
    },
}

impl core::fmt::Display for StoredError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Machine { machine } => write!(f, "what was stored is no {machine}"),
            Self::Version { machine, version, newest } => {
                write!(f, "a stored {machine} has version {version}; {newest} is the newest known")
            }
            Self::Form { machine } => write!(f, "a stored {machine} is damaged"),
        }
    }
}

impl core::error::Error for StoredError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Lamp {
        lit: bool,
    }

    impl Stored for Lamp {
        const MACHINE: &'static str = "lamp";
        const VERSION: u32 = 2;
    }

    #[test]
    fn a_machine_comes_back_as_it_was_stored() {
        let text = Lamp { lit: true }.to_stored().unwrap();
        assert_eq!(text, r#"{"machine":"lamp","version":2,"state":{"lit":true}}"#);
        assert_eq!(Lamp::from_stored(&text), Ok(Lamp { lit: true }));
    }

    #[test]
    fn another_machine_version_or_form_is_refused_by_name() {
        let read = |text: &str| Lamp::from_stored(text).unwrap_err();
        assert_eq!(
            read(r#"{"machine":"bell","version":2,"state":{"lit":true}}"#),
            StoredError::Machine { machine: "lamp" },
        );
        for version in [1, 3] {
            let text =
                format!(r#"{{"machine":"lamp","version":{version},"state":{{"lit":true}}}}"#);
            assert_eq!(read(&text), StoredError::Version { machine: "lamp", version, newest: 2 });
        }
        for damaged in ["", "{}", r#"{"machine":"lamp","version":2,"state":{}}"#] {
            assert_eq!(read(damaged), StoredError::Form { machine: "lamp" });
        }
    }
}
