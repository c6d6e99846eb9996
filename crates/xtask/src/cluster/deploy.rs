//! From a cluster to a shop that answers: images, mesh, databases, services, and the addresses to try.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::canary::{state::State, step::Step};
use super::install::{self, InstallArgs};
use super::{Mesh, kubectl, manifests, ready, sidecars, standing, tools};
use crate::command;
use crate::image::{self, Arch, ImageArgs};
use crate::token;
use crate::verify::bundle;

/// Who owns the digests in pod templates besides the one who applies all of them.
const DIGESTS: &str = "image-digests";

/// Into which cluster: the current one, with this way to load images.
#[derive(Clone, Debug, clap::Args)]
pub struct DeployArgs {
    /// Command that loads an image archive into the cluster, with {} for its path, for example
    /// 'kind load image-archive {}'
    #[arg(long, value_name = "CMD")]
    pub load_with: Option<String>,
    #[command(flatten)]
    shop: ShopArgs,
}

/// What to deploy.
#[derive(Clone, Debug, clap::Args)]
pub struct ShopArgs {
    /// istio, linkerd or none
    pub mesh: Mesh,
    /// One more archive to load with it, for example of a database; can be given several times
    #[arg(long, value_name = "FILE")]
    pub archive: Vec<PathBuf>,
    /// Another image for one that the manifests name, for example postgres:17=registry.example/postgres:17
    #[arg(long, value_name = "NAME=REF", value_parser = replacement)]
    pub image: Vec<(String, String)>,
    /// Loads the archives in target/images as they are instead of building them
    #[arg(long)]
    pub no_build: bool,
    /// Builds the images in a third of the time, somewhat bigger and slower
    #[arg(long)]
    pub fast: bool,
    /// Address under which the gateway will answer
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: probe::Target,
    /// Seconds to wait until everything is ready
    #[arg(long, default_value = "180")]
    pub wait_seconds: u64,
    #[command(flatten)]
    pub install: InstallArgs,
}

/// Deploys. Doing it again changes nothing that is as it should be.
pub fn run(args: &DeployArgs) -> anyhow::Result<()> {
    kubectl::check()?;
    check(&args.shop)?;
    let loaded = args.load_with.as_ref().map(|load| load_images(&args.shop, load)).transpose()?.unwrap_or_default();
    let started = Instant::now();
    install::mesh(args.shop.mesh, &args.shop.install)?;
    shop(&args.shop, &loaded, started)
}

/// Fails before minutes have gone into images and anything was changed, when something is in the way.
pub fn check(args: &ShopArgs) -> anyhow::Result<()> {
    standing::expect(args.mesh)?;
    if install::wants_tools(args.mesh) {
        tools::check(tools::of(args.mesh))?;
    }
    // Nothing can be rendered without the key set.
    token::token("demo")?;
    manifests::check_images(&kubectl::render(args.mesh.kustomization())?, &args.image)
}

/// Digests by image, as the manifests name it.
pub type Loaded = BTreeMap<String, String>;

/// Loads the images of the shop and all other archives, each with the command `load`, and says what was in them.
pub fn load_images(args: &ShopArgs, load: &str) -> anyhow::Result<Loaded> {
    let archives = if args.no_build {
        image::IMAGES.map(|name| command::root().join(format!("target/images/{name}.tar"))).to_vec()
    } else {
        image::run(&ImageArgs::of(Arch::Amd64, args.fast))?
    };
    let mut loaded = Loaded::new();
    for archive in archives.iter().chain(&args.archive) {
        command::run(&load.replace("{}", &archive.display().to_string()))?;
        loaded.extend(image::digests(archive)?);
    }
    Ok(loaded)
}

/// Applies everything, waits for it and for the first answer, and says what can be done with it.
pub fn shop(args: &ShopArgs, loaded: &Loaded, started: Instant) -> anyhow::Result<()> {
    let token = token::token("demo")?;
    let changed = apply(args, loaded)?;
    let patience = Duration::from_secs(args.wait_seconds);
    sidecars::renew(args.mesh)?;
    ready::wait(patience)?;
    sidecars::expect(args.mesh)?;
    let first = first_answer(args)?;
    println!("{changed} objects changed, first 200 after {:.0} s ({first})", started.elapsed().as_secs_f64());
    println!("{}", next_steps(args, &token));
    Ok(())
}

/// Applies the whole deployment and returns how many objects were not as they should be.
fn apply(args: &ShopArgs, loaded: &Loaded) -> anyhow::Result<usize> {
    let yaml = kubectl::render(args.mesh.kustomization())?;
    let steps = Step::all(args.mesh)?;
    let mut objects = bundle::objects(&manifests::replaced(&yaml, &args.image))?;
    objects = State::look(args.mesh, &steps)?.keep(objects, &steps)?;
    manifests::note(&mut objects, loaded);
    let changed = kubectl::apply(&manifests::list(&objects))?;
    let digests = manifests::digests_alone(&objects, loaded);
    if !digests.is_empty() {
        kubectl::co_own(DIGESTS, &manifests::list(&digests))?;
    }
    for object in &changed {
        println!("  {object}");
    }
    if changed.is_empty() {
        println!("  unchanged");
    }
    Ok(changed.len())
}

/// Waits until the gateway answers 200 from outside the cluster.
fn first_answer(args: &ShopArgs) -> anyhow::Result<String> {
    let url = format!("http://{}/api/users/1", args.url.authority());
    let plan = probe::Plan::new(url.parse().with_context(|| format!("--url: {url}"))?);
    let deadline = Instant::now() + Duration::from_secs(60);
    tokio::runtime::Runtime::new()?.block_on(async {
        loop {
            let last = match probe::call(&plan).await {
                Ok(answer) if answer.status == 200 => return Ok(url),
                Ok(answer) => format!("answers {}", answer.status),
                Err(failure) => failure.to_string(),
            };
            if Instant::now() > deadline {
                bail!("{url}: {last}; is the port of the ingress published there? (--url)");
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    })
}

fn next_steps(args: &ShopArgs, token: &str) -> String {
    let (url, mesh) = (format!("http://{}", args.url.authority()), args.mesh.name());
    format!(
        "
  curl {url}/api/users/1
  curl {url}/api/orders/1
  export TOKEN={token}

Shift traffic: cargo xtask canary {mesh} 90-10 --url {url}
Prove it:      cargo xtask e2e --mesh {mesh} --url {url}"
    )
}

/// Reads `NAME=REF`.
pub fn replacement(text: &str) -> Result<(String, String), String> {
    let (name, other) = text.split_once('=').filter(|(name, other)| !name.is_empty() && !other.is_empty()).ok_or(
        "expected the image of the manifests and the one to use, for example postgres:17=registry.example/postgres:17",
    )?;
    Ok((name.to_owned(), other.to_owned()))
}
