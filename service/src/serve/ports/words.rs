//! The sentences that carry a code: what it is for comes first, so that whoever reads the code has
//! read that.

use device_enrollment::Language;

use super::{CodeFor, CodeMessage};

/// The text of a message on a phone.
pub(super) fn sms(message: &CodeMessage<'_>) -> String {
    let CodeMessage { code, minutes, .. } = message;
    match (message.language, message.purpose) {
        (Language::PtBr, CodeFor::Device) => format!(
            "Cadastro de um novo aparelho na sua conta. Código: {code}. Vale por {minutes} minutos. Não informe a ninguém."
        ),
        (Language::EnUs, CodeFor::Device) => format!(
            "Registration of a new device for your account. Code: {code}. Good for {minutes} minutes. Tell it to nobody."
        ),
        (Language::PtBr, CodeFor::Transfer { amount, payee }) => format!(
            "TED de {amount} para {}. Código: {code}. Vale por {minutes} minutos. Não informe a ninguém.",
            one_line(payee)
        ),
        (Language::EnUs, CodeFor::Transfer { amount, payee }) => format!(
            "TED of {amount} to {}. Code: {code}. Good for {minutes} minutes. Tell it to nobody.",
            one_line(payee)
        ),
    }
}

/// The subject of an e-mail. It has no code: subjects show on locked screens.
pub(super) const fn subject(message: &CodeMessage<'_>) -> &'static str {
    match (message.language, message.purpose) {
        (Language::PtBr, CodeFor::Device) => "Código para cadastrar um aparelho",
        (Language::EnUs, CodeFor::Device) => "Code to register a device",
        (Language::PtBr, CodeFor::Transfer { .. }) => "Código para aprovar uma TED",
        (Language::EnUs, CodeFor::Transfer { .. }) => "Code to approve a TED",
    }
}

/// The text of an e-mail.
pub(super) fn mail(message: &CodeMessage<'_>) -> String {
    let CodeMessage { code, minutes, .. } = message;
    let (what, rest) = match (message.language, message.purpose) {
        (Language::PtBr, CodeFor::Device) => (
            "Pediram o cadastro de um novo aparelho na sua conta.".to_owned(),
            portuguese(code, *minutes),
        ),
        (Language::EnUs, CodeFor::Device) => (
            "Somebody asked to register a new device for your account.".to_owned(),
            english(code, *minutes),
        ),
        (Language::PtBr, CodeFor::Transfer { amount, payee }) => (
            format!("Pediram uma TED de {amount} para {}.", one_line(payee)),
            portuguese(code, *minutes),
        ),
        (Language::EnUs, CodeFor::Transfer { amount, payee }) => (
            format!("Somebody asked for a TED of {amount} to {}.", one_line(payee)),
            english(code, *minutes),
        ),
    };
    format!("{what}\r\n\r\n{rest}\r\n")
}

fn portuguese(code: &str, minutes: u32) -> String {
    format!(
        "Se foi você, o código é:\r\n\r\n    {code}\r\n\r\nEle vale por {minutes} minutos. Não o informe a ninguém, nem ao banco.\r\nSe não foi você, não use o código e avise o banco."
    )
}

fn english(code: &str, minutes: u32) -> String {
    format!(
        "If it was you, the code is:\r\n\r\n    {code}\r\n\r\nIt is good for {minutes} minutes. Tell it to nobody, not even the bank.\r\nIf it was not you, do not use the code and tell the bank."
    )
}

/// A name that a client sent, so that it cannot begin a line of its own and pass for our words.
fn one_line(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).take(60).collect()
}
