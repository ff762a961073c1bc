//! `docs/walkthrough.md`: its commands are run, and print what stands under them.

#![cfg(all(feature = "serve", feature = "testkit"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_device-enrollment");
/// Stands between what one block prints and what the next one does.
const END: &str = "=== the end of a block ===";

#[test]
fn every_block_prints_what_stands_under_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = std::fs::read_to_string(root.join("docs/walkthrough.md")).unwrap();
    let (commands, expected) = (blocks(&page, "sh"), blocks(&page, "text"));
    assert!(commands.len() > 5 && commands.len() == expected.len());

    let folder = Path::new(PROGRAM).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let done = Command::new("sh")
        .args(["-euc", &commands.join(&format!("\necho '{END}'\n"))])
        .current_dir(root)
        .envs([("PATH", path.as_str()), ("DEVICE_ENROLLMENT_PROGRAM", PROGRAM)])
        .output()
        .unwrap();
    let printed = String::from_utf8(done.stdout).unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{printed}\n{said}");

    let printed: Vec<&str> = printed.split(END).collect();
    assert_eq!(printed.len(), commands.len());
    for (number, lines) in expected.iter().enumerate() {
        let mut rest = printed[number].lines();
        for line in lines.lines() {
            assert!(
                rest.any(|found| found == line),
                "under {}\nthere is no line, or not in this order:\n{line}\nbut:\n{}",
                commands[number],
                printed[number]
            );
        }
    }
}

/// The blocks with exactly this word behind their fence.
fn blocks(page: &str, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if info == word {
                found.push(block.join("\n"));
            }
        }
    }
    found
}
