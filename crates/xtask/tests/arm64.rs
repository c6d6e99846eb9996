//! Does the image for arm64 hold a program that answers? Emulated, where qemu is installed; left out audibly elsewhere.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const QEMU: &str = "qemu-aarch64-static";
const TARGET: &str = "aarch64-unknown-linux-musl";
const PATIENCE: Duration = Duration::from_secs(60);

struct Emulated(Child);

impl Drop for Emulated {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_arm64_image_answers_under_emulation() {
    if let Some(missing) = missing() {
        // libtest swallows what is printed by a test that passes, except on the real standard error.
        let _ = writeln!(std::io::stderr(), "LEFT OUT: the arm64 image was not run: {missing}");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    build(folder.path());
    let program = unpack(&folder.path().join("api-gateway.tar"), folder.path());
    let jwks = folder.path().join("jwks.json");
    let key = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    std::fs::write(&jwks, key).expect("a written file");
    let (service, admin) = (free_address(), free_address());
    let mut qemu = Command::new(QEMU);
    qemu.arg(program).env("LISTEN_ADDR", service.to_string()).env("ADMIN_ADDR", admin.to_string());
    qemu.env("JWKS_FILE", &jwks).stdout(Stdio::null());
    let _running = Emulated(qemu.spawn().expect("qemu is there"));
    assert!(answer(service, "/").contains("\"service\": \"api-gateway\""));
    assert!(answer(admin, "/readyz").contains("{\"ready\":true"));
}

fn missing() -> Option<&'static str> {
    let output = |program: &str, arguments: &[&str]| {
        Command::new(program)
            .args(arguments)
            .output()
            .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    if output(QEMU, &["--version"]).is_err() {
        return Some("apt-get install qemu-user-static");
    }
    let targets = output("rustup", &["target", "list", "--installed"]).unwrap_or_default();
    (!targets.lines().any(|line| line == TARGET)).then_some("rustup target add aarch64-unknown-linux-musl")
}

fn build(folder: &Path) {
    let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
    xtask.args(["image", "--arch", "arm64", "--only", "api-gateway", "--fast", "--out"]).arg(folder);
    assert!(xtask.status().expect("xtask is there").success());
}

/// The program of the only layer of the only variant.
fn unpack(archive: &Path, folder: &Path) -> PathBuf {
    let layout = folder.join("layout");
    tar::Archive::new(std::fs::File::open(archive).expect("an archive")).unpack(&layout).expect("a tar file");
    let json = |path: &Path| -> Value { serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON") };
    let blob =
        |descriptor: &Value| layout.join("blobs").join(descriptor["digest"].as_str().expect("text").replace(':', "/"));
    let index = json(&blob(&json(&layout.join("index.json"))["manifests"][0]));
    assert_eq!(index["manifests"][0]["platform"]["architecture"], "arm64");
    let manifest = json(&blob(&index["manifests"][0]));
    let layer = std::fs::File::open(blob(&manifest["layers"][0])).expect("a layer");
    tar::Archive::new(flate2::read::GzDecoder::new(layer)).unpack(folder).expect("a layer");
    folder.join("api-gateway")
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

/// The first answer with status 200.
fn answer(address: SocketAddr, path: &str) -> String {
    let began = Instant::now();
    loop {
        let answer = ask(address, path).unwrap_or_default();
        if answer.starts_with("HTTP/1.1 200") {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "{path}: {answer:?}");
        std::thread::yield_now();
    }
}

fn ask(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: arm64\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
