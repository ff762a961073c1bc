//! Living beside `webauthn-rs`: a credential enrolled here authenticates there, and the other way
//! round; and what the conversions of the feature `webauthn-rs-proto` keep.

mod ceremonies;
mod conversions;
