//! Misbehaves on request, so that the mesh has something to retry, to time out and to eject.
//!
//! Off by default. `FAULT_LATENCY` and `FAULT_STATUS` set it at the start, the admin port at run time; probes
//! are spared because they live on the admin port. Each spoiled answer says so in `x-fault-injected` and in
//! `faults_injected_total`, so that nobody mistakes it for a bug.

mod plan;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

pub use plan::{Latencies, Statuses};

use crate::metrics::FAULTS;
use crate::problem;

/// Says on an answer what was done to it: `latency=150ms`, `status=503`, or both.
pub const FAULT_INJECTED: HeaderName = HeaderName::from_static("x-fault-injected");

/// The faults from the start on.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct FaultArgs {
    /// Delays and the percentage of requests for each, for example 150ms:10,2s:5; none by default
    #[arg(long, env, value_name = "FAULT_LATENCY")]
    pub fault_latency: Option<Latencies>,
    /// Statuses and the percentage of requests for each, for example 503:5,429:1; none by default
    #[arg(long, env, value_name = "FAULT_STATUS")]
    pub fault_status: Option<Statuses>,
}

/// What is done to requests now; as JSON on the admin port.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plan {
    /// Delays, as in `FAULT_LATENCY`.
    pub latency: Latencies,
    /// Statuses, as in `FAULT_STATUS`.
    pub status: Statuses,
}

/// The plan in force, shared by the service port and the admin port.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<RwLock<Option<Arc<Plan>>>>);

/// What is done to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    latency: Option<Duration>,
    status: Option<StatusCode>,
}

impl Faults {
    /// The faults that the settings ask for.
    #[must_use]
    pub fn new(args: &FaultArgs) -> Self {
        let faults = Self::default();
        faults.set(Plan {
            latency: args.fault_latency.clone().unwrap_or_default(),
            status: args.fault_status.clone().unwrap_or_default(),
        });
        faults
    }

    /// Replaces the plan; the default plan does nothing.
    pub fn set(&self, plan: Plan) {
        let plan = (plan != Plan::default()).then(|| Arc::new(plan));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = plan;
    }

    /// The plan in force.
    #[must_use]
    pub fn plan(&self) -> Plan {
        self.current().as_deref().cloned().unwrap_or_default()
    }

    /// Draws what is done to one request, independently of all others.
    #[must_use]
    pub fn draw(&self) -> Option<Fault> {
        let plan = self.current()?;
        let fault = Fault { latency: plan.latency.draw(), status: plan.status.draw() };
        (fault != Fault { latency: None, status: None }).then_some(fault)
    }

    fn current(&self) -> Option<Arc<Plan>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Fault {
    /// The answer that replaces the service's, if the request is spoiled with a status.
    pub(crate) fn answer(&self) -> Option<Response> {
        let status = self.status?;
        metrics::counter!(FAULTS, "kind" => "status").increment(1);
        Some(problem::response(status, "fault_injected", "this failure was injected on purpose"))
    }

    pub(crate) async fn delay(&self) {
        if let Some(latency) = self.latency {
            metrics::counter!(FAULTS, "kind" => "latency").increment(1);
            tokio::time::sleep(latency).await;
        }
    }

    pub(crate) fn mark(&self, response: &mut Response) {
        let latency = self.latency.map(|latency| format!("latency={}ms", latency.as_millis()));
        let status = self.status.map(|status| format!("status={}", status.as_u16()));
        let text = [latency, status].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let value = HeaderValue::try_from(text).expect("names and numbers are a header value");
        response.headers_mut().insert(FAULT_INJECTED, value);
    }
}
