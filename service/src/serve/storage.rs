//! What is stored, and the conditions under which it changes.
