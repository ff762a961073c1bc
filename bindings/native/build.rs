//! Packs the addresses that the loader adjusts, where only phones load the library.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let set = |name| std::env::var_os(name).is_some();
    let is = |name, value| std::env::var(name).is_ok_and(|found| found == value);
    // Servers may run a C library that cannot read the packed form (glibc before 2.36), so what they
    // load has the plain one.
    if set("CARGO_FEATURE_VERIFIER") || set("CARGO_FEATURE_TOOLS") {
        return;
    }
    if is("CARGO_CFG_TARGET_OS", "android") {
        // Android's own form, which every version since 6 reads.
        println!("cargo:rustc-cdylib-link-arg=-Wl,--pack-dyn-relocs=android");
    } else if is("CARGO_CFG_TARGET_ENV", "gnu") && is("CARGO_CFG_TARGET_OS", "linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,pack-relative-relocs");
    }
}
