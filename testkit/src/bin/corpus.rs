//! Writes the mutation corpus to a folder: `corpus [FOLDER]`, without one to
//! `tests/vectors/corpus`.

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os().nth(1).map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/corpus")),
        PathBuf::from,
    );
    std::fs::create_dir_all(&folder)?;
    for group in device_enrollment_testkit::corpus::groups() {
        let path = folder.join(format!("{}.json", group.name));
        std::fs::write(&path, group.to_text())?;
        println!("{}: {} cases", path.display(), group.cases.len());
    }
    Ok(())
}
