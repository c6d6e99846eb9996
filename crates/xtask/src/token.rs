//! Tokens for a cluster for demonstrations: a key that is made once, and its public half where manifests find it.

use std::fs;
use std::path::Path;

use anyhow::Context;
use demo_key::Key;

use crate::command::root;

/// Kept out of the repository, like all of `target/`.
const KEY: &str = "target/token/key.der";
/// Where kustomizations generate a Secret or a policy from the public half; git-ignored.
const PUBLIC: [&str; 2] = ["k8s/overlays/kind/jwks.json", "mesh/istio/jwks.json"];

/// Who the token is for.
#[derive(Clone, Debug, clap::Args)]
pub struct TokenArgs {
    /// The `sub` of the token, for example alice
    #[arg(long, default_value = "demo")]
    pub subject: String,
}

/// Prints a token; makes the key when there is none.
pub fn run(args: &TokenArgs) -> anyhow::Result<()> {
    println!("{}", token(&args.subject)?);
    Ok(())
}

/// A token for `subject`, after the public half of its key has been put where the manifests want it.
pub fn token(subject: &str) -> anyhow::Result<String> {
    let key = kept_key(&root().join(KEY))?;
    let jwks = key.jwks()?;
    for path in PUBLIC {
        let path = root().join(path);
        // A mesh that is not there needs no key.
        if path.parent().is_some_and(Path::is_dir) && fs::read_to_string(&path).unwrap_or_default() != jwks {
            fs::write(&path, &jwks).with_context(|| format!("{} cannot be written", path.display()))?;
        }
    }
    Ok(key.token(subject)?)
}

fn kept_key(path: &Path) -> anyhow::Result<Key> {
    if let Ok(der) = fs::read(path) {
        return Key::from_der(der).with_context(|| format!("{}: remove it to get a new one", path.display()));
    }
    let key = Key::generate();
    fs::create_dir_all(path.parent().context("a file has a folder")?)?;
    fs::write(path, key.der()).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(key)
}
