//! Floor 4: the Open Finance wire forms and flows, and what a refusal is called there.

mod body;
mod catalogue;
pub mod consent;
mod device_credential;
pub mod enrollment;
pub mod options;
mod refusal;

pub use body::WireForm;
pub use catalogue::{
    ContractVersion, ErrorBody, ErrorEntry, ErrorMeta, OpenFinanceCode, Operation, Refusal, Texts,
};
pub use refusal::open_finance_code;
