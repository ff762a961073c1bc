//! What answers over HTTP: routes, callers, limits, logs, errors in the form of each family.
