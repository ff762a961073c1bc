//! What a backend implements: the parts of the outside that a flow needs.
//!
//! They are called while a call of the backend's is under way, on its thread. What a part throws
//! that is not its own error becomes one, without the text of it: that could hold anything.

/// Why a part of the backend did not do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Error)]
pub enum PortError {
    /// It did not work. The flow goes on as the published pages say: a code that was not sent is
    /// answered so.
    Failed,
}

impl core::fmt::Display for PortError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("a part of the backend did not do its work")
    }
}

impl core::error::Error for PortError {}

impl From<uniffi::UnexpectedUniFFICallbackError> for PortError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed
    }
}

/// How a code travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum CodeChannel {
    /// By text message.
    Sms,
    /// By e-mail.
    Email,
}

/// Delivers codes to people.
#[uniffi::export(foreign)]
pub trait CodeDelivery: Send + Sync {
    /// Delivers a code, and says whether it was handed over. The code is nothing for a log.
    ///
    /// Whatever a JVM does not let out of a callback (an `Error`, such as running out of stack)
    /// comes back as zero, so zero has to mean that it did not work.
    ///
    /// # Errors
    ///
    /// Where it was not handed over.
    fn deliver(
        &self,
        channel: CodeChannel,
        contact: String,
        code: String,
    ) -> Result<bool, PortError>;
}

/// Has the results of the liveness provider.
#[uniffi::export(foreign)]
pub trait LivenessResults: Send + Sync {
    /// Exchanges the key of an image for the provider's signed result, a compact JWS.
    ///
    /// # Errors
    ///
    /// Where the provider gave none.
    fn signed_result(&self, image_key: String) -> Result<Vec<u8>, PortError>;

    /// Inserts the id of a result under a unique constraint, and says whether it was not there
    /// before.
    ///
    /// # Errors
    ///
    /// Where storage did not answer.
    fn insert_result_id(&self, issuer: String, id: String) -> Result<bool, PortError>;
}
