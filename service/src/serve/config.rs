//! One configuration: a file, stronger than it the environment, stronger than that the flags.
