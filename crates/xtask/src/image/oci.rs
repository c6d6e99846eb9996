//! The bytes of an image archive (<https://github.com/opencontainers/image-spec/blob/main/image-layout.md>).
//!
//! The same programs give the same bytes: no time, no user, no sequence that a file system gave.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// Nobody: distroless' "nonroot".
const USER: &str = "65532:65532";
/// What containerd and kind name an image by.
const NAME: &str = "io.containerd.image.name";
const EPOCH: &str = "1970-01-01T00:00:00Z";

/// A program for one processor.
pub struct Variant {
    /// The word of the specification, for example `amd64`.
    pub architecture: &'static str,
    /// The static executable.
    pub program: Vec<u8>,
}

/// A finished image.
pub struct Image {
    /// The archive, an OCI layout in a tar file.
    pub archive: Vec<u8>,
    /// What names the image wherever it is pulled.
    pub digest: String,
    /// The compressed size of each variant's layer.
    pub layer_bytes: Vec<usize>,
}

/// Blobs by digest.
#[derive(Default)]
struct Blobs(BTreeMap<String, Vec<u8>>);

/// An image that runs `/<name>` as nobody.
pub fn image(name: &str, tag: &str, variants: &[Variant]) -> std::io::Result<Image> {
    let mut blobs = Blobs::default();
    let mut layer_bytes = Vec::new();
    let mut manifests = Vec::new();
    for variant in variants {
        let layer = layer(name, &variant.program)?;
        let compressed = gzip(&layer)?;
        layer_bytes.push(compressed.len());
        let layer_blob = blobs.add(LAYER, compressed);
        let config = blobs.add_json(CONFIG, &config(name, tag, variant.architecture, &digest(&layer)));
        let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer_blob] });
        let mut descriptor = blobs.add_json(MANIFEST, &manifest);
        descriptor["platform"] = json!({ "architecture": variant.architecture, "os": "linux" });
        manifests.push(descriptor);
    }
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests });
    let mut root = blobs.add_json(INDEX, &index);
    root["annotations"] = json!({
        // podman and skopeo name the image by the second.
        NAME: format!("docker.io/library/{name}:{tag}"),
        "org.opencontainers.image.ref.name": tag,
    });
    let digest = root["digest"].as_str().unwrap_or_default().to_owned();
    let layout = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [root] });
    Ok(Image { archive: archive(&layout, &blobs)?, digest, layer_bytes })
}

/// Name and digest of each image in an archive; none if it is not an OCI layout.
pub fn digests(archive: impl Read) -> anyhow::Result<Vec<(String, String)>> {
    for entry in tar::Archive::new(archive).entries()? {
        let entry = entry?;
        // `docker save` begins its paths with the name, other tools with `./`.
        if entry.path()?.strip_prefix(".").unwrap_or(&entry.path()?) == Path::new("index.json") {
            let index: Value = serde_json::from_reader(entry)?;
            return Ok(index["manifests"].as_array().into_iter().flatten().filter_map(named).collect());
        }
    }
    Ok(Vec::new())
}

fn named(manifest: &Value) -> Option<(String, String)> {
    let name = manifest["annotations"][NAME].as_str()?;
    // As the manifests name it: kubelets fill up short names like that.
    let short = name.strip_prefix("docker.io/library/").unwrap_or(name);
    Some((short.to_owned(), manifest["digest"].as_str()?.to_owned()))
}

impl Blobs {
    fn add(&mut self, media_type: &str, bytes: Vec<u8>) -> Value {
        let (digest, size) = (digest(&bytes), bytes.len());
        self.0.insert(digest.clone(), bytes);
        json!({ "mediaType": media_type, "digest": digest, "size": size })
    }

    fn add_json(&mut self, media_type: &str, value: &Value) -> Value {
        self.add(media_type, value.to_string().into_bytes())
    }
}

/// The configuration that an engine reads: who runs what, and what the image says of itself.
pub fn config(name: &str, tag: &str, architecture: &str, diff_id: &str) -> Value {
    json!({
        "architecture": architecture,
        "os": "linux",
        "created": EPOCH,
        "config": {
            "User": USER,
            "Entrypoint": [format!("/{name}")],
            "Labels": {
                "org.opencontainers.image.title": name,
                "org.opencontainers.image.version": tag,
                "org.opencontainers.image.licenses": "MIT",
            },
        },
        "rootfs": { "type": "layers", "diff_ids": [diff_id] },
        "history": [{ "created": EPOCH, "created_by": "cargo xtask image" }],
    })
}

fn layer(name: &str, program: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    append(&mut tar, name, program, 0o755)?;
    tar.into_inner()
}

fn archive(layout: &Value, blobs: &Blobs) -> std::io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    append(&mut tar, "oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#, 0o644)?;
    append(&mut tar, "index.json", layout.to_string().as_bytes(), 0o644)?;
    for (digest, bytes) in &blobs.0 {
        append(&mut tar, &format!("blobs/{}", digest.replace(':', "/")), bytes, 0o644)?;
    }
    tar.into_inner()
}

fn append(tar: &mut tar::Builder<Vec<u8>>, path: &str, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_size(bytes.len() as u64);
    header.set_mode(mode);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    tar.append_data(&mut header, path, bytes)
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    gzip.finish()
}

fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
        let mut archive = tar::Archive::new(archive);
        let entries = archive.entries().expect("a tar file");
        entries
            .map(|entry| {
                let mut entry = entry.expect("an entry");
                let path = entry.path().expect("a path").display().to_string();
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).expect("its bytes");
                (path, bytes)
            })
            .collect()
    }

    fn variants() -> Vec<Variant> {
        [("amd64", 1), ("arm64", 2)].map(|(architecture, byte)| Variant { architecture, program: vec![byte; 9] }).into()
    }

    #[test]
    fn the_same_programs_give_the_same_bytes() {
        let images = [(); 2].map(|()| image("echo", "1", &variants()).expect("an image").archive);
        assert!(images[0] == images[1]);
    }

    #[test]
    fn an_archive_tells_what_is_in_it() {
        let image = image("echo", "1", &variants()).expect("an image");
        let found = digests(image.archive.as_slice()).expect("an archive");
        assert_eq!(found, [("echo:1".to_owned(), image.digest)]);
        let other = archive_of("manifest.json", b"[]");
        assert_eq!(digests(other.as_slice()).expect("a tar file"), []);
    }

    fn archive_of(path: &str, text: &[u8]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        append(&mut tar, path, text, 0o644).expect("written");
        tar.into_inner().expect("whole")
    }

    #[test]
    fn every_descriptor_leads_to_a_blob_of_its_digest_and_size() {
        let files = files(&image("echo", "1", &variants()).expect("an image").archive);
        let mut descriptors = vec![serde_json::from_slice::<Value>(&files["index.json"]).expect("JSON")];
        let mut blobs = 0;
        while let Some(value) = descriptors.pop() {
            let lists = ["manifests", "layers"].iter().filter_map(|key| value[*key].as_array()).flatten();
            for descriptor in lists.chain(value.get("config").filter(|config| config["digest"].is_string())) {
                let name = descriptor["digest"].as_str().expect("a digest");
                let bytes = &files[&format!("blobs/{}", name.replace(':', "/"))];
                assert_eq!(
                    (digest(bytes).as_str(), bytes.len() as u64),
                    (name, descriptor["size"].as_u64().expect("a size"))
                );
                descriptors.extend(serde_json::from_slice(bytes).ok());
                blobs += 1;
            }
        }
        assert_eq!(blobs, 7, "an index, and two of each: manifest, configuration, layer");
    }

    #[test]
    fn the_program_runs_as_nobody() {
        let config = config("echo", "1", "amd64", "sha256:0");
        assert_eq!(config["config"]["User"], "65532:65532");
        assert_eq!(config["config"]["Entrypoint"], json!(["/echo"]));
    }
}
