//! Whole verifications of what no response can carry.

mod real_phones;
