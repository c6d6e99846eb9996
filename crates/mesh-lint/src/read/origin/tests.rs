//! Is each field of a built object led back to the line that wrote it?

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::bundle::Bundle;
use crate::object::Object;
use crate::read;
use crate::yaml::Node;

/// A kustomization of two layers with all ways of writing a field; each line that is looked for says something of its own.
const FILES: &[(&str, &str)] = &[
    (
        "base/kustomization.yaml",
        "namePrefix: my-\n\
         resources: [shop.yaml]\n\
         configMapGenerator:\n\
         - name: settings\n\
         \x20 literals:\n\
         \x20 - COLOUR=red\n\
         \x20 - SIZE=small\n\
         - name: other\n\
         \x20 files: [greeting.txt]\n",
    ),
    ("base/greeting.txt", "hello\n"),
    (
        "base/shop.yaml",
        "apiVersion: apps/v1\n\
         kind: Deployment\n\
         metadata: {name: shop, labels: {tier: front}}\n\
         spec:\n\
         \x20 replicas: 1\n\
         \x20 selector: {matchLabels: {app: shop}}\n\
         \x20 template:\n\
         \x20   metadata: {labels: {app: shop}}\n\
         \x20   spec:\n\
         \x20     serviceAccountName: base\n\
         \x20     containers:\n\
         \x20     - name: relay\n\
         \x20       image: relay:1\n\
         \x20       env: [{name: LEVEL, value: low}]\n\
         \x20     - name: shop\n\
         \x20       image: shop:1 # both of them\n\
         \x20       ports: [{name: http, containerPort: 8080}]\n\
         ---\n\
         apiVersion: v1\n\
         kind: Service\n\
         metadata: {name: shop, namespace: first}\n\
         spec:\n\
         \x20 type: ClusterIP # of the first\n\
         \x20 ports: [{name: http, port: 80}]\n\
         ---\n\
         apiVersion: networking.istio.io/v1\n\
         kind: VirtualService\n\
         metadata: {name: shop}\n\
         spec:\n\
         \x20 hosts: [shop]\n\
         \x20 http:\n\
         \x20 - timeout: 1s # of the base\n\
         \x20   route: [{destination: {host: shop}}]\n",
    ),
    (
        "kustomization.yaml",
        "namespace: market\n\
         resources:\n\
         - base\n\
         - second.yaml\n\
         components: [part]\n\
         commonAnnotations: {team: blue}\n\
         replicas: [{name: shop, count: 7}]\n\
         images: [{name: relay, newTag: v9}]\n\
         patches:\n\
         - patch: |-\n\
         \x20   apiVersion: apps/v1\n\
         \x20   kind: Deployment\n\
         \x20   metadata: {name: my-shop}\n\
         \x20   spec:\n\
         \x20     template:\n\
         \x20       spec:\n\
         \x20         serviceAccountName: inline\n\
         \x20         containers:\n\
         \x20         - name: shop\n\
         \x20           env:\n\
         \x20           - name: MODE\n\
         \x20             value: first\n\
         - target: {kind: Deployment}\n\
         \x20 patch: |\n\
         \n\
         \x20     - op: add\n\
         \x20       path: /spec/template/spec/containers/0/env/-\n\
         \x20       value:\n\
         \x20         name: ADDED\n\
         \x20         value: by operation\n\
         \x20     - {op: replace, path: /metadata/labels/tier, value: back}\n\
         - target: {kind: VirtualService, name: shop}\n\
         \x20 patch: '[{\"op\": \"add\", \"path\": \"/spec/http/0\", \"value\": {\"name\": \"new\", \"timeout\": \"2s\"}}]'\n\
         - path: patch.yaml\n\
         - target: {kind: Service, name: nobody}\n\
         \x20 patch: '[{\"op\": \"add\", \"path\": \"/spec/type\", \"value\": \"ClusterIP\"}]'\n",
    ),
    (
        "patch.yaml",
        "apiVersion: apps/v1\n\
         kind: Deployment\n\
         metadata: {name: shop}\n\
         spec:\n\
         \x20 template:\n\
         \x20   spec:\n\
         \x20     terminationGracePeriodSeconds: 33\n\
         \x20     containers:\n\
         \x20     - {name: shop, env: [{name: MODE, value: last}]}\n",
    ),
    (
        "second.yaml",
        "apiVersion: networking.istio.io/v1\n\
         kind: Gateway\n\
         metadata: {name: gate}\n\
         spec: {selector: {istio: ours}}\n\
         ---\n\
         apiVersion: gateway.networking.k8s.io/v1\n\
         kind: Gateway\n\
         metadata: {name: gate}\n\
         spec: {gatewayClassName: theirs}\n",
    ),
    (
        "part/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1alpha1\n\
         kind: Component\n\
         patches:\n\
         - patch: |-\n\
         \x20   apiVersion: v1\n\
         \x20   kind: Service\n\
         \x20   metadata: {name: shop, namespace: first}\n\
         \x20   spec: {sessionAffinity: ClientIP}\n",
    ),
];

/// Object, field, the line that wrote it.
const TABLE: &[(&str, &str, &str)] = &[
    (
        "Deployment my-shop",
        "spec.template.spec.serviceAccountName",
        "kustomization.yaml:17: serviceAccountName: inline",
    ),
    (
        "Deployment my-shop",
        "spec.template.spec.terminationGracePeriodSeconds",
        "patch.yaml:7: terminationGracePeriodSeconds",
    ),
    ("Deployment my-shop", "spec.template.spec.containers.shop.env.MODE.value", "patch.yaml:9: - {name: shop, env"),
    ("Deployment my-shop", "spec.template.spec.containers.shop.ports.http.containerPort", "base/shop.yaml:17: ports:"),
    ("Deployment my-shop", "spec.template.spec.containers.shop.image", "base/shop.yaml:16: image: shop:1"),
    ("Deployment my-shop", "spec.template.spec.containers.relay.image", "kustomization.yaml:8: images:"),
    ("Deployment my-shop", "spec.template.spec.containers.relay.env.LEVEL.value", "base/shop.yaml:14: env:"),
    (
        "Deployment my-shop",
        "spec.template.spec.containers.shop.env.ADDED.value",
        "kustomization.yaml:30: value: by operation",
    ),
    ("Deployment my-shop", "spec.replicas", "kustomization.yaml:7: replicas:"),
    ("Deployment my-shop", "metadata.labels.tier", "kustomization.yaml:31: - {op: replace"),
    ("Deployment my-shop", "metadata.annotations.team", "kustomization.yaml:6: commonAnnotations"),
    ("Deployment my-shop", "metadata.name", "base/shop.yaml:3: metadata:"),
    ("Service my-shop", "metadata.namespace", "kustomization.yaml:1: namespace: market"),
    ("Service my-shop", "spec.type", "base/shop.yaml:23: type: ClusterIP"),
    ("Service my-shop", "spec.sessionAffinity", "part/kustomization.yaml:8: spec: {sessionAffinity"),
    ("VirtualService my-shop", "spec.http.0.timeout", "kustomization.yaml:33: patch: '[{"),
    ("VirtualService my-shop", "spec.http.1.timeout", "base/shop.yaml:32: - timeout: 1s"),
    ("Gateway gate", "spec.selector.istio", "second.yaml:4: spec: {selector"),
    ("Gateway gate", "spec.gatewayClassName", "second.yaml:9: spec: {gatewayClassName"),
    ("ConfigMap my-settings", "data.SIZE", "base/kustomization.yaml:7: - SIZE=small"),
    ("ConfigMap my-settings", "metadata.name", "base/kustomization.yaml:4: - name: settings"),
    ("ConfigMap my-other", "data", "base/kustomization.yaml:8: - name: other"),
];

#[test]
#[cfg_attr(not(kustomize), ignore = "neither kubectl nor kustomize is there")]
fn each_field_is_where_it_was_written() {
    let folder = TempDir::new().expect("a folder");
    let bundle = build(folder.path(), FILES);
    let wrong: Vec<_> = TABLE
        .iter()
        .filter_map(|&(title, field, wanted)| {
            let place = place(folder.path(), &bundle, title, field);
            (!place.starts_with(wanted)).then(|| format!("{title} {field}: {place}, not {wanted}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[cfg_attr(not(kustomize), ignore = "neither kubectl nor kustomize is there")]
fn a_value_in_an_inline_patch_has_its_column_in_the_file() {
    let folder = TempDir::new().expect("a folder");
    let bundle = build(folder.path(), FILES);
    for (title, field, value) in [
        ("Deployment my-shop", "spec.template.spec.serviceAccountName", "inline"),
        ("Deployment my-shop", "spec.template.spec.containers.shop.env.ADDED.value", "by operation"),
        ("VirtualService my-shop", "spec.http.0.timeout", "\"2s\""),
    ] {
        let (object, node) = find(&bundle, title, field);
        let location = bundle.location(object, node.span);
        let line = location.source.line(location.span.line);
        let (from, width) = (location.span.column as usize - 1, location.span.width as usize);
        assert_eq!(line.get(from..from + width), Some(value), "{line}");
    }
}

fn build(folder: &Path, files: &[(&str, &str)]) -> Bundle {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    let mut input = read::read(&[folder.to_owned()], || Ok(String::new())).expect("readable");
    assert!(input.unread.is_empty(), "{:?}", input.unread);
    input.bundles.remove(0)
}

/// `file:line: text`.
fn place(folder: &Path, bundle: &Bundle, title: &str, field: &str) -> String {
    let (object, node) = find(bundle, title, field);
    let location = bundle.location(object, node.span);
    let name = Path::new(&location.source.name).strip_prefix(folder).expect("below it").display().to_string();
    format!("{name}:{}: {}", location.span.line, location.source.line(location.span.line).trim())
}

fn find<'a>(bundle: &'a Bundle, title: &str, field: &str) -> (&'a Object, &'a Node) {
    let objects = bundle.objects().iter();
    let named = objects.filter(|it| format!("{} {}", it.kind, it.name).starts_with(title));
    let mut found = named.map(|object| (object, field.split('.').fold(&object.root, step)));
    found.find(|(_, node)| node.exists()).unwrap_or_else(|| panic!("{title} has {field}"))
}

/// A key, the number of an item, or its name.
fn step<'a>(node: &'a Node, part: &str) -> &'a Node {
    let numbered = part.parse().ok().and_then(|number: usize| node.items().get(number));
    let named = || node.items().iter().find(|item| item["name"].str() == part);
    numbered.or_else(named).unwrap_or_else(|| &node[part])
}
