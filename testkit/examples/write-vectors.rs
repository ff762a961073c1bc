//! Writes the vector files of `tests/vectors` that are computed.

use std::path::Path;

use device_enrollment_testkit::w3c;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("w3c-webauthn-l3.json"), w3c::vector_file())
}
