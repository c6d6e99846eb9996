//! What do tests share? A copy of the repository's manifests that may be changed.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A copy of `k8s/` and `mesh/`, with a key set as `cargo xtask token` would write it.
pub struct Manifests {
    folder: TempDir,
}

impl Manifests {
    /// Copies them.
    pub fn copy() -> Self {
        let manifests = Self { folder: TempDir::new().expect("a folder") };
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for folder in ["k8s", "mesh"] {
            copy(&root.join(folder), &manifests.path(folder));
        }
        for file in ["k8s/overlays/kind/jwks.json", "mesh/istio/jwks.json"] {
            manifests.write(file, r#"{"keys": []}"#);
        }
        manifests
    }

    /// The path of a file or folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The text of a file.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect(name)
    }

    /// Writes a file anew.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect(name);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).expect("a copy");
        }
    }
}
