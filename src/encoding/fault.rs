//! How bytes fail to parse: what, how, and where.

use crate::language::{Language, table};

table! {
    /// How bytes failed to parse.
    Fault {
        Missing "malformed.missing" "is missing" "está ausente";
        WrongType "malformed.type" "has another type" "tem outro tipo";
        Base64 "malformed.base64" "is not base64url without padding" "não é base64url sem preenchimento";
        Base64Mixed "malformed.base64_mixed" "mixes the two base64 alphabets" "mistura os dois alfabetos base64";
        TooLarge "malformed.too_large" "is larger than the limit" "é maior que o limite";
        Empty "malformed.empty" "is empty" "está vazio";
        Truncated "malformed.truncated" "ends early" "termina cedo demais";
        Trailing "malformed.trailing" "has bytes after its end" "tem bytes depois do seu fim";
        Utf8 "malformed.utf8" "is not UTF-8" "não é UTF-8";
        Json "malformed.json" "is not JSON" "não é JSON";
        JsonDuplicate "malformed.json_duplicate" "has a duplicate member" "tem um membro duplicado";
        JsonNumber "malformed.json_number" "has a number that a double does not keep exactly" "tem um número que um double não guarda exatamente";
        CborIndefinite "malformed.cbor_indefinite" "has an indefinite or reserved length" "tem um comprimento indefinido ou reservado";
        CborNotShortest "malformed.cbor_not_shortest" "has a number that is not in its shortest form" "tem um número que não está na forma mais curta";
        CborOrder "malformed.cbor_order" "has map keys out of canonical order" "tem chaves de mapa fora da ordem canônica";
        CborDuplicate "malformed.cbor_duplicate" "has a duplicate map key" "tem uma chave de mapa duplicada";
        CborTag "malformed.cbor_tag" "has a tag" "tem uma tag";
        CborSimple "malformed.cbor_simple" "has a simple value that is not known" "tem um valor simples que não é conhecido";
        TooDeep "malformed.too_deep" "is nested too deeply" "está aninhado demais";
        TooMany "malformed.too_many" "has too many entries" "tem entradas demais";
        DerLength "malformed.der_length" "has a length that is not DER" "tem um comprimento que não é DER";
        DerTag "malformed.der_tag" "has another tag than expected" "tem outra tag que não a esperada";
        DerValue "malformed.der_value" "has a value that is not DER" "tem um valor que não é DER";
        DerTime "malformed.der_time" "has a time that is not DER" "tem um horário que não é DER";
        FlagsDisagree "malformed.flags" "has flags that disagree with its content" "tem flags que discordam do seu conteúdo";
    }
}

/// Bytes that do not parse: what, how, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Malformed {
    /// The thing that was being read, in the field's own words.
    pub item: &'static str,
    /// How it failed.
    pub fault: Fault,
    /// Byte offset within the item.
    pub offset: usize,
}

impl Malformed {
    pub(crate) const fn new(item: &'static str, fault: Fault, offset: usize) -> Self {
        Self { item, fault, offset }
    }

    /// One sentence for people.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        let text = self.fault.text(language);
        match (language, self.offset) {
            (_, 0) => format!("{} {text}", self.item),
            (Language::EnUs, offset) => format!("{} {text}, at byte {offset}", self.item),
            (Language::PtBr, offset) => format!("{} {text}, no byte {offset}", self.item),
        }
    }
}

impl core::fmt::Display for Malformed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.message(Language::EnUs))
    }
}

impl core::error::Error for Malformed {}
