use super::Refusal;
use crate::flow::Uuid4;

/// Reads `x-fapi-interaction-id`, which the contract wants in every request and gives back in every
/// answer. Where this refuses, the answer carries an id that the holder made.
///
/// # Errors
///
/// 400 `PARAMETRO_NAO_INFORMADO` when the header is missing, 400 `PARAMETRO_INVALIDO` when it is no
/// UUID of version 4.
pub fn interaction_id(header: Option<&str>) -> Result<Uuid4, Refusal> {
    let text = header.ok_or(Refusal::header_missing(INTERACTION_ID))?;
    Uuid4::parse(text).ok_or(Refusal::header_invalid(INTERACTION_ID))
}

const INTERACTION_ID: &str = "x-fapi-interaction-id";
