use super::ReplayMode;
use crate::flow::Uuid4;
use crate::language::Language;
use crate::open_finance::Refusal;

const NONCE: &str = "nonce";
const TRANSACTION: &str = "x-transaction-uuid";
const MODE: &str = "x-include-replay-protection-schema";
const WALLET: &str = "x-wallet-uuid";
const PRODUCT: &str = "x-product-uuid";
const TARGET_USER: &str = "x-product-target-user-uuid";
const LANGUAGE: &str = "x-lang";

/// What the headers of a request under `/open-finance` say, as its pages publish them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestContext {
    /// `nonce`, required everywhere: identifies the request.
    pub nonce: Uuid4,
    /// `x-transaction-uuid`: the object that is being made.
    pub transaction: Option<Uuid4>,
    /// `x-include-replay-protection-schema`.
    pub mode: ReplayMode,
    /// `x-wallet-uuid`: the wallet that pays; the caller's default one when absent or empty.
    pub wallet: Option<Uuid4>,
    /// `x-product-uuid`: the caller's default product when absent.
    pub product: Option<Uuid4>,
    /// `x-product-target-user-uuid`: the user on whose behalf the caller acts.
    pub target_user: Option<Uuid4>,
    /// `x-lang`.
    pub language: Language,
}

impl RequestContext {
    /// Reads the headers. `values` gives every value of the header with this lower-case name, and
    /// `transaction_required` says whether the operation is one of the two whose page requires
    /// `x-transaction-uuid`: the making of an enrollment, and its risk signals.
    ///
    /// # Errors
    ///
    /// 400 that names the header: `PARAMETRO_NAO_INFORMADO` when it is missing and the operation,
    /// the mode or another header needs it, `PARAMETRO_INVALIDO` when its value is not what its
    /// page says, or it stands twice. The headers are judged in the order of the fields here.
    pub fn read<'a>(
        values: impl Fn(&'static str) -> Vec<&'a [u8]>,
        transaction_required: bool,
    ) -> Result<Self, Refusal> {
        let nonce = uuid(&values, NONCE)?.ok_or(Refusal::header_missing(NONCE))?;
        let transaction = uuid(&values, TRANSACTION)?;
        let mode = match one(&values, MODE)? {
            None => ReplayMode::Request,
            Some(value) => ReplayMode::from_header(value).ok_or(Refusal::header_invalid(MODE))?,
        };
        if transaction.is_none() && (transaction_required || mode.has_transaction()) {
            return Err(Refusal::header_missing(TRANSACTION));
        }
        let wallet = match one(&values, WALLET)? {
            Some("") => None,
            _ => uuid(&values, WALLET)?,
        };
        let product = uuid(&values, PRODUCT)?;
        let target_user = uuid(&values, TARGET_USER)?;
        if target_user.is_some() && product.is_none() {
            return Err(Refusal::header_missing(PRODUCT));
        }
        let language = Self::language(&values)?;
        Ok(Self { nonce, transaction, mode, wallet, product, target_user, language })
    }

    /// The language alone, for an answer to headers that are not in order.
    ///
    /// # Errors
    ///
    /// 400 `PARAMETRO_INVALIDO` when the language is not one of the two.
    pub fn language<'a>(
        values: impl Fn(&'static str) -> Vec<&'a [u8]>,
    ) -> Result<Language, Refusal> {
        match one(&values, LANGUAGE)? {
            None => Ok(Language::default()),
            Some(tag) => Language::from_tag(tag).ok_or(Refusal::header_invalid(LANGUAGE)),
        }
    }
}

/// The one value of a header. Of two values a proxy and a server may take different ones.
fn one<'a>(
    values: impl Fn(&'static str) -> Vec<&'a [u8]>,
    name: &'static str,
) -> Result<Option<&'a str>, Refusal> {
    match values(name).as_slice() {
        [] => Ok(None),
        [value] => core::str::from_utf8(value).map(Some).map_err(|_| Refusal::header_invalid(name)),
        _ => Err(Refusal::header_invalid(name)),
    }
}

fn uuid<'a>(
    values: impl Fn(&'static str) -> Vec<&'a [u8]>,
    name: &'static str,
) -> Result<Option<Uuid4>, Refusal> {
    one(values, name)?
        .map(|value| Uuid4::parse(value).ok_or(Refusal::header_invalid(name)))
        .transpose()
}
