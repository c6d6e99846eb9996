//! How long do 2,000 documents take, and how much memory? A test process of its own, so that its peak is theirs.

#[cfg(kustomize)]
#[path = "../mesh-lint/support.rs"]
mod support;

/// What is allowed: the figure is that of a release build, `cargo test --release -p mesh-lint --test size -- --nocapture`.
#[cfg(kustomize)]
const SECONDS: f64 = if cfg!(debug_assertions) { 60.0 } else { 1.0 };

#[test]
#[cfg_attr(not(kustomize), ignore = "neither kubectl nor kustomize is there")]
fn two_thousand_documents_take_less_than_a_second_and_a_hundred_megabytes() {
    #[cfg(kustomize)]
    {
        use mesh_lint::{Mesh, lint_all, read};

        let manifests = support::Manifests::copy();
        manifests.write("many.yaml", &many(&manifests, 2_000));
        let path = manifests.path("many.yaml");
        let before = std::time::Instant::now();
        let input = read::read(&[path], || Ok(String::new())).expect("readable");
        let findings = lint_all(&input.bundles, Mesh::Auto);
        let seconds = before.elapsed().as_secs_f64();
        let count: usize = input.bundles.iter().map(|bundle| bundle.objects().len()).sum();
        let bytes = manifests.read("many.yaml").len();
        println!("{count} documents, {bytes} bytes, {seconds:.3} s, peak {:?} kB", peak());
        assert!(count >= 2_000 && findings.is_empty(), "{count} documents, {} findings", findings.len());
        assert!(seconds < SECONDS, "{seconds} s");
        assert!(peak().is_none_or(|kilobytes| kilobytes < 100_000), "{:?} kB", peak());
    }
}

/// So many documents: the overlays of both meshes again and again, each time in another namespace.
#[cfg(kustomize)]
fn many(manifests: &support::Manifests, wanted: usize) -> String {
    let overlays = ["istio-kind", "linkerd-kind"].map(|overlay| {
        let path = manifests.path(&format!("mesh/overlays/{overlay}"));
        let input = mesh_lint::read::read(&[path], || Ok(String::new())).expect("readable");
        let object = input.bundles[0].objects()[0].clone();
        (object.source.text.clone(), input.bundles[0].objects().len())
    });
    let (mut text, mut count) = (String::new(), 0);
    for (copy, (overlay, objects)) in (0..).zip(overlays.iter().cycle()) {
        if count >= wanted {
            break;
        }
        let namespace = format!("namespace: shop-{copy}\n");
        let overlay =
            overlay.replace("namespace: shop\n", &namespace).replace("name: shop\n", &format!("name: shop-{copy}\n"));
        let overlay =
            overlay.replace("/ns/shop/", &format!("/ns/shop-{copy}/")).replace(".shop.", &format!(".shop-{copy}."));
        text.push_str(&format!("---\n{overlay}\n"));
        count += objects;
    }
    text
}

/// The most memory that this process had, in kB; Linux tells.
#[cfg(kustomize)]
fn peak() -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
