//! The log lines of a trace: of each process by the id of its span, of each proxy too.

use anyhow::ensure;
use probe::collect::{Kind, Span};
use serde_json::Value;

use super::tree;
use crate::cluster::{
    SHOP,
    context::{SETTLE, until},
    mesh::Mesh,
    proof::signals::{INGRESS, SERVICES, lines},
};

/// How many of the spans have a line: every process's own and every proxy's has one with the trace and its id.
///
/// # Errors
/// When one of these spans has none; naming it.
pub async fn of(mesh: Mesh, spans: &[Span], trace: &str) -> anyhow::Result<usize> {
    let mut wanted: Vec<&Span> = spans.iter().filter(|span| is_process(span) && span.kind == Kind::Server).collect();
    if mesh == Mesh::Istio {
        wanted.extend(tree::sidecars(spans));
        // The ingress makes two spans of a request, and names the second to whom it calls.
        wanted.extend(spans.iter().filter(|span| span.service == tree::INGRESS && span.kind == Kind::Client));
    }
    until(SETTLE, "every span is in a log", || async {
        let written = written(mesh, trace).await?;
        for span in &wanted {
            let its = |line: &&Value| names(line, &span.span_id) && line["trace_id"] == trace;
            ensure!(
                written.iter().any(|line| its(&line)),
                "no line of {} has {trace} and {}",
                span.service,
                span.span_id
            );
        }
        Ok(wanted.len())
    })
    .await
}

/// Processes are called as their Deployments, proxies have a namespace in their names.
fn is_process(span: &Span) -> bool {
    SERVICES.contains(&span.service.as_str())
}

/// A process has a field for the id, a proxy writes the header as it sends it on.
fn names(line: &Value, span_id: &str) -> bool {
    let header = line["traceparent"].as_str().and_then(|value| value.split('-').nth(2));
    line["span_id"] == span_id || header == Some(span_id)
}

/// The lines of all processes, and of all proxies whose logs are known.
async fn written(mesh: Mesh, trace: &str) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    for service in SERVICES {
        all.extend(lines(SHOP, service, &format!("app={service}"), trace).await?);
        if mesh == Mesh::Istio {
            all.extend(lines(SHOP, "istio-proxy", &format!("app={service}"), trace).await?);
        }
    }
    if mesh == Mesh::Istio {
        let [namespace, container, labels, _] = INGRESS;
        all.extend(lines(namespace, container, labels, trace).await?);
    }
    Ok(all)
}
