//! Would an operator as kube-prometheus-stack installs it take in what is here? It wants its own release on each object, and
//! looks for pods in the object's namespace unless told otherwise.

use std::fs;

use crate::files::root;

const OBJECTS: [(&str, bool); 3] = [
    ("operator/podmonitor.yaml", true),
    ("operator-by-service/servicemonitor.yaml", true),
    ("operator/prometheusrule.yaml", false),
];

#[test]
fn an_operator_of_kube_prometheus_stack_selects_each_object_and_finds_the_shop() {
    for (path, finds_pods) in OBJECTS {
        let text = fs::read_to_string(root().join("dashboards").join(path)).expect("it is there");
        let metadata = text.split("metadata:\n").nth(1).and_then(|rest| rest.split("spec:\n").next());
        let metadata = metadata.expect("it has metadata");
        assert!(
            metadata.contains("  labels:\n") && metadata.contains("    release: kube-prometheus-stack\n"),
            "{path}"
        );
        assert_eq!(text.contains("  namespaceSelector:\n    matchNames: [shop]\n"), finds_pods, "{path}");
    }
}
