//! Stub until the tree lands.
