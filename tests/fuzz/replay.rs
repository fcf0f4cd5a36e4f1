//! What the fuzzers found, and what they begin with, through the same functions once more.

use super::targets::ALL;

#[test]
fn nothing_that_was_found_comes_back() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
    let mut files = 0;
    for (name, target) in ALL {
        for kind in ["seeds", "regressions"] {
            let Ok(found) = std::fs::read_dir(folder.join(kind).join(name)) else { continue };
            for file in found.flatten() {
                target(&std::fs::read(file.path()).expect("readable"));
                files += 1;
            }
        }
    }
    assert!(files >= ALL.len(), "{files} files");
}
