//! Container images without a container engine: static programs, one to an image, as OCI archives.
//!
//! `kind load image-archive`, `ctr images import`, `podman load` and `skopeo copy oci-archive:` take them.

mod oci;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::ValueEnum;

use crate::command::{self, finish, program, root};

/// What has an image; each is a package, its binary and its image of the same name.
pub const IMAGES: [&str; 4] = ["api-gateway", "order-service", "probe", "user-service"];
/// The tag that the manifests name.
pub const TAG: &str = env!("CARGO_PKG_VERSION");

/// What to build.
#[derive(Clone, Debug, clap::Args)]
pub struct ImageArgs {
    /// Processors, for example amd64,arm64; an archive holds one variant for each
    #[arg(long, value_delimiter = ',', default_value = "amd64")]
    pub arch: Vec<Arch>,
    /// Only these images, for example order-service
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
    /// Compiles in a third of the time, for programs that are somewhat bigger and slower
    #[arg(long)]
    pub fast: bool,
    /// Where the archives go
    #[arg(long, value_name = "FOLDER", default_value = "target/images")]
    pub out: PathBuf,
    /// Compiles everything once more in another folder, and fails unless each archive is the same to the last byte
    #[arg(long)]
    pub twice: bool,
}

/// A processor that images are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Arch {
    /// x86-64
    Amd64,
    /// 64-bit Arm
    Arm64,
}

impl Arch {
    /// The word of the OCI specification.
    pub fn oci(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    fn target(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64-unknown-linux-musl",
            Self::Arm64 => "aarch64-unknown-linux-musl",
        }
    }
}

/// Builds the images and returns the paths of their archives.
pub fn run(args: &ImageArgs) -> anyhow::Result<Vec<PathBuf>> {
    let names = names(&args.only)?;
    let images = build(&names, args, &root().join("target"))?;
    if args.twice {
        let again = root().join("target/again");
        compare(&images, &build(&names, args, &again)?)?;
    }
    let folder = root().join(&args.out);
    std::fs::create_dir_all(&folder)?;
    let write = |(name, image): (&&str, &oci::Image)| {
        let path = folder.join(format!("{name}.tar"));
        std::fs::write(&path, &image.archive).with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(path)
    };
    names.iter().zip(&images).map(write).collect()
}

/// The images in an archive and their digests, by the names that manifests use. Nothing for an archive that is no OCI
/// layout: then nothing is known of it.
pub fn digests(archive: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let file = std::fs::File::open(archive).with_context(|| format!("{} cannot be read", archive.display()))?;
    oci::digests(file).with_context(|| format!("{} is no archive of images", archive.display()))
}

fn compare(images: &[oci::Image], again: &[oci::Image]) -> anyhow::Result<()> {
    for (image, again) in images.iter().zip(again) {
        if image.archive != again.archive {
            bail!("two builds differ: {} and {}", image.digest, again.digest);
        }
        println!("{} twice", image.digest);
    }
    Ok(())
}

/// Compiles in `target` and makes an image of each program.
fn build(names: &[&'static str], args: &ImageArgs, target: &Path) -> anyhow::Result<Vec<oci::Image>> {
    for arch in &args.arch {
        compile(*arch, names, args.profile(), target)?;
    }
    names.iter().map(|name| image(name, args, target)).collect()
}

impl ImageArgs {
    /// All images for one processor, where they are looked for.
    pub fn of(arch: Arch, fast: bool) -> Self {
        Self { arch: vec![arch], only: Vec::new(), fast, out: PathBuf::from("target/images"), twice: false }
    }

    fn profile(&self) -> &'static str {
        if self.fast { "fast" } else { "release" }
    }
}

fn names(only: &[String]) -> anyhow::Result<Vec<&'static str>> {
    if let Some(unknown) = only.iter().find(|name| !IMAGES.contains(&name.as_str())) {
        bail!("--only {unknown}: there is no such image; there are {}", IMAGES.join(", "));
    }
    Ok(IMAGES.into_iter().filter(|name| only.is_empty() || only.iter().any(|wanted| wanted == name)).collect())
}

/// Static programs by the linker that Rust brings: nothing of the machine gets in, no C compiler is needed.
fn compile(arch: Arch, names: &[&str], profile: &str, folder: &Path) -> anyhow::Result<()> {
    let target = arch.target();
    if !command::output("rustup target list --installed")?.lines().any(|line| line == target) {
        bail!("the target {target} is missing; install it with: rustup target add {target}");
    }
    let packages: String = names.iter().map(|name| format!(" -p {name}")).collect();
    // Without default features: a cluster has PostgreSQL, and SQLite is C.
    let line = format!("cargo build --profile {profile} --no-default-features --target {target}{packages}");
    println!("$ {line}");
    let variable = target.to_uppercase().replace('-', "_");
    let mut cargo = program(&line);
    cargo.arg("--target-dir").arg(folder);
    cargo.env(format!("CARGO_TARGET_{variable}_LINKER"), "rust-lld");
    cargo.env(format!("CARGO_TARGET_{variable}_RUSTFLAGS"), remap_paths(folder));
    finish(&mut cargo, &line)
}

/// Paths of this machine must not be in a program, neither in its messages nor in its digest.
fn remap_paths(target: &Path) -> String {
    let home = std::env::home_dir().unwrap_or_default();
    let remap = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    // The last that fits is taken, and a target folder may be in the root.
    let paths = [
        (root(), "src"),
        (target.to_owned(), "target"),
        (home.join(".cargo"), "cargo"),
        (home.join(".rustup"), "rustup"),
    ];
    paths.map(|(from, to)| remap(&from, to)).join(" ")
}

fn image(name: &'static str, args: &ImageArgs, target: &Path) -> anyhow::Result<oci::Image> {
    let variant = |arch: &Arch| {
        let path = target.join(arch.target()).join(args.profile()).join(name);
        let bytes = std::fs::read(&path).with_context(|| format!("{} is not there", path.display()))?;
        anyhow::Ok(oci::Variant { architecture: arch.oci(), program: bytes })
    };
    let variants = args.arch.iter().map(variant).collect::<anyhow::Result<Vec<_>>>()?;
    let image = oci::image(name, TAG, &variants)?;
    for (variant, layer) in variants.iter().zip(&image.layer_bytes) {
        let megabytes = |bytes: usize| f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1e6;
        let (compressed, plain) = (megabytes(*layer), megabytes(variant.program.len()));
        println!("{name}:{TAG} {:<5} {compressed:.2} MB compressed, {plain:.2} MB", variant.architecture);
    }
    println!("{name}:{TAG} {}", image.digest);
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dockerfile_makes_the_same_images() {
        let dockerfile = std::fs::read_to_string(root().join("Dockerfile")).expect("the file is at the root");
        for name in IMAGES {
            let stage = format!("FROM scratch AS {name}\nENTRYPOINT [\"/{name}\"]\n");
            assert!(dockerfile.contains(&stage), "{name}");
        }
        assert_eq!(dockerfile.matches("FROM scratch AS ").count(), IMAGES.len());
        let config = oci::config("echo", TAG, "amd64", "");
        assert!(dockerfile.contains(&format!("USER {}\n", config["config"]["User"].as_str().expect("a user"))));
        for (label, value) in config["config"]["Labels"].as_object().expect("labels") {
            let argument = match label.rsplit('.').next() {
                Some("title") => "${SERVICE}",
                Some("version") => "${VERSION}",
                _ => value.as_str().expect("text"),
            };
            assert!(dockerfile.contains(&format!("{label}=\"{argument}\"")), "{label}");
        }
        assert!(dockerfile.contains(&format!("ARG VERSION={TAG}\n")));
    }
}
