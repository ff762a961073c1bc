//! Transfers (TED) that an approver approves: by a code, or by an enrolled device.
//!
//! Every request reads the transfer, has the machine of the library judge it, stores what came of it
//! under the condition that the transfer is still what was judged, and only then acts and answers.
//! Who loses the condition begins again. So an attempt counts however the request ends, and of any
//! number of requests one hands the order over.
//!
//! An approved order leaves by the outbox, written in the unit that approves it: see [`rail`].

mod answer;
mod approval;
mod rail;
mod routes;
mod schema;
#[cfg(test)]
mod tests;
mod turn;

pub(crate) use rail::Settling;
pub(crate) use routes::routes;

use turn::Stop;
