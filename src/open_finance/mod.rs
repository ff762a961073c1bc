//! Floor 4: the Open Finance wire forms, and what a refusal is called there.

mod device_credential;
pub mod options;
mod refusal;

pub use refusal::{ContractVersion, OpenFinanceCode, open_finance_code};
