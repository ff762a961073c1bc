use crate::{Ending, Unusable};
use std::path::PathBuf;
#[derive(clap::Args)]
pub(crate) struct Arguments {
    file: PathBuf,
}
pub(crate) fn run(_: &Arguments) -> Result<Ending, Unusable> {
    Err(Unusable("x".into()))
}
