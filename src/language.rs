//! The languages of sentences for people, and the tables that hold them: a stable code beside a
//! text in each language.

/// The language of a sentence for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English, `en-US`.
    EnUs,
    /// Brazilian Portuguese, `pt-BR`: the default of the published contract.
    #[default]
    PtBr,
}

impl Language {
    /// The language of a tag, as `x-lang` carries it; either case is read (RFC 5646 §2.1.1).
    #[must_use]
    pub const fn from_tag(tag: &str) -> Option<Self> {
        if tag.eq_ignore_ascii_case("pt-BR") {
            Some(Self::PtBr)
        } else if tag.eq_ignore_ascii_case("en-US") {
            Some(Self::EnUs)
        } else {
            None
        }
    }

    /// The tag of the language.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::PtBr => "pt-BR",
            Self::EnUs => "en-US",
        }
    }
}

/// Declares an enumeration whose entries have a code and a text in each language.
macro_rules! table {
    ($(#[$meta:meta])* $type:ident { $($name:ident $code:literal $english:literal $portuguese:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $(#[doc = concat!("`", $code, "`: ", $english, ".")] $name,)+
        }

        impl $type {
            /// Every entry of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable dotted code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// One clause for people: lower case, no full stop, nothing secret.
            #[must_use]
            pub const fn text(self, language: Language) -> &'static str {
                match language {
                    Language::EnUs => match self { $(Self::$name => $english),+ },
                    Language::PtBr => match self { $(Self::$name => $portuguese),+ },
                }
            }
        }
    };
}

pub(crate) use table;
