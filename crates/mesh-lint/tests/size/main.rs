//! How long do 2,000 documents take, how much memory, and how much more do more of them take? A test process of its own, so
//! that its peak is theirs.

#[cfg(kustomize)]
#[path = "../mesh-lint/support.rs"]
mod support;

/// What 2,000 documents may take in a release build: `cargo test --release -p mesh-lint --test size -- --nocapture`. What a
/// debug build takes says nothing.
#[cfg(kustomize)]
const SECONDS: f64 = if cfg!(debug_assertions) { f64::INFINITY } else { 1.0 };
/// How many times as long twice as many documents may take; whoever looks at each pair of them takes four times as long.
#[cfg(kustomize)]
const RATIO: f64 = 2.5;

#[test]
#[cfg_attr(not(kustomize), ignore = "neither kubectl nor kustomize is there")]
fn time_and_memory_grow_no_faster_than_the_documents() {
    #[cfg(kustomize)]
    {
        let manifests = support::Manifests::copy();
        let overlays = overlays(&manifests);
        let (count, bytes, seconds) = cost(&manifests, &overlays, 2_000);
        println!("{count} documents, {bytes} bytes, {seconds:.3} s of a processor, peak {:?} kB", peak());
        assert!(seconds < SECONDS, "{seconds} s");
        assert!(peak().is_none_or(|kilobytes| kilobytes < 100_000), "{:?} kB", peak());
        let (_, _, twice) = cost(&manifests, &overlays, 4_000);
        let (_, _, four_times) = cost(&manifests, &overlays, 8_000);
        println!("twice as many take {:.2} times as long, four times {:.2}", twice / seconds, four_times / seconds);
        assert!(four_times / twice < RATIO, "8,000 documents take {four_times} s, 4,000 {twice} s");
    }
}

/// How many documents there are, how long their text is, and how many seconds of a processor the faster of two runs takes.
#[cfg(kustomize)]
fn cost(manifests: &support::Manifests, overlays: &[(String, usize)], wanted: usize) -> (usize, usize, f64) {
    use mesh_lint::{Mesh, lint_all, read};

    manifests.write("many.yaml", &many(overlays, wanted));
    let path = [manifests.path("many.yaml")];
    let run = || {
        let before = processor();
        let input = read::read(&path, || Ok(String::new())).expect("readable");
        let findings = lint_all(&input.bundles, Mesh::Auto);
        let seconds = processor() - before;
        let count: usize = input.bundles.iter().map(|bundle| bundle.objects().len()).sum();
        assert!(count >= wanted && findings.is_empty(), "{count} documents, {} findings", findings.len());
        (count, seconds)
    };
    let (count, seconds) = [run(), run()].into_iter().min_by(|one, other| one.1.total_cmp(&other.1)).expect("two");
    (count, manifests.read("many.yaml").len(), seconds)
}

/// The overlays of both meshes, built, each with the number of its objects.
#[cfg(kustomize)]
fn overlays(manifests: &support::Manifests) -> [(String, usize); 2] {
    ["istio-kind", "linkerd-kind"].map(|overlay| {
        let path = manifests.path(&format!("mesh/overlays/{overlay}"));
        let input = mesh_lint::read::read(&[path], || Ok(String::new())).expect("readable");
        let objects = input.bundles[0].objects();
        (objects[0].source.text.clone(), objects.len())
    })
}

/// So many documents: the overlays again and again, each time in another namespace.
#[cfg(kustomize)]
fn many(overlays: &[(String, usize)], wanted: usize) -> String {
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

/// For how many seconds this thread has had a processor, whatever else the machine does; Linux tells.
#[cfg(kustomize)]
fn processor() -> f64 {
    let Ok(text) = std::fs::read_to_string("/proc/thread-self/schedstat") else { return wall() };
    let nanoseconds = text.split_whitespace().next().and_then(|it| it.parse::<f64>().ok());
    nanoseconds.map_or_else(wall, |it| it / 1e9)
}

/// The seconds of a clock, where nothing better is there.
#[cfg(kustomize)]
fn wall() -> f64 {
    std::time::UNIX_EPOCH.elapsed().map_or(0.0, |it| it.as_secs_f64())
}

/// The most memory that this process had, in kB; Linux tells.
#[cfg(kustomize)]
fn peak() -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
