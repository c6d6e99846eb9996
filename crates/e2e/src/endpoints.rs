//! Where new requests may go: what a Kubernetes EndpointSlice is to a sidecar.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{
    connection::{Connection, Http},
    http::get_request,
    service::Service,
};

/// How often `/readyz` is asked. A cluster notices more slowly (kubelet asks every few seconds, and the news has to spread),
/// which is what `DRAIN_DELAY_MS` is for; a test shortens both.
const INTERVAL: Duration = Duration::from_millis(20);

/// The ready targets, chosen from in turn. Clones share the set.
#[derive(Clone, Debug, Default)]
pub struct Endpoints(Arc<Set>);

#[derive(Debug, Default)]
struct Set {
    endpoints: Mutex<Vec<Endpoint>>,
    turn: AtomicUsize,
}

#[derive(Debug)]
struct Endpoint {
    addr: SocketAddr,
    ready: Arc<AtomicBool>,
    watch: Option<JoinHandle<()>>,
}

impl Endpoints {
    /// Adds a service for as long as its `/readyz` answers 200.
    pub fn add(&self, service: &Service) {
        self.watch(service.addr(), service.admin_addr());
    }

    /// As [`Endpoints::add`], by the addresses.
    pub fn watch(&self, addr: SocketAddr, admin_addr: SocketAddr) {
        let ready = Arc::new(AtomicBool::new(false));
        let watch = tokio::spawn(follow(admin_addr, ready.clone()));
        self.lock().push(Endpoint { addr, ready, watch: Some(watch) });
    }

    /// Adds a target that gets requests whatever it says of itself.
    pub fn add_always(&self, addr: SocketAddr) {
        self.lock().push(Endpoint { addr, ready: Arc::new(AtomicBool::new(true)), watch: None });
    }

    /// Takes a target out.
    pub fn remove(&self, addr: SocketAddr) {
        self.lock().retain(|endpoint| endpoint.addr != addr);
    }

    /// The targets that take requests now.
    pub fn ready(&self) -> Vec<SocketAddr> {
        let endpoints = self.lock();
        endpoints
            .iter()
            .filter(|endpoint| endpoint.ready.load(Ordering::Acquire))
            .map(|endpoint| endpoint.addr)
            .collect()
    }

    /// The next target in turn; `None` when none is ready.
    pub fn pick(&self) -> Option<SocketAddr> {
        let ready = self.ready();
        let turn = self.0.turn.fetch_add(1, Ordering::Relaxed);
        (!ready.is_empty()).then(|| ready[turn % ready.len()])
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Endpoint>> {
        self.0.endpoints.lock().expect("no holder of the endpoints panics")
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        if let Some(watch) = &self.watch {
            watch.abort();
        }
    }
}

/// Asks until it is aborted. No answer in time counts as unready, as it does for the kubelet.
async fn follow(admin_addr: SocketAddr, ready: Arc<AtomicBool>) {
    let mut connection = None;
    loop {
        let asked = timeout(Duration::from_secs(1), is_ready(admin_addr, &mut connection)).await;
        ready.store(matches!(asked, Ok(Ok(true))), Ordering::Release);
        sleep(INTERVAL).await;
    }
}

async fn is_ready(admin_addr: SocketAddr, kept: &mut Option<Connection>) -> anyhow::Result<bool> {
    let mut connection = match kept.take() {
        Some(connection) => connection,
        None => Connection::open(admin_addr, Http::H1).await?,
    };
    let answer = connection.send(get_request("/readyz")).await?;
    *kept = Some(connection);
    Ok(answer.status == 200)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU16;

    use anyhow::ensure;

    use crate::{
        fake,
        wait::{PATIENCE, eventually},
    };

    use super::*;

    #[tokio::test]
    async fn only_ready_targets_are_chosen_each_in_turn() {
        let readiness = Arc::new(AtomicU16::new(503));
        let changing = readiness.clone();
        let admin = fake::serve(move |_| Some(changing.load(Ordering::Relaxed))).await;
        let steady = fake::serve(|_| Some(200)).await;
        let endpoints = Endpoints::default();
        endpoints.watch(steady, steady);
        endpoints.watch(admin, admin);

        wait_for(&endpoints, &[steady]).await;
        assert_eq!([endpoints.pick(), endpoints.pick()], [Some(steady); 2]);
        readiness.store(200, Ordering::Relaxed);
        wait_for(&endpoints, &[steady, admin]).await;
        assert_ne!(endpoints.pick(), endpoints.pick());
        readiness.store(503, Ordering::Relaxed);
        wait_for(&endpoints, &[steady]).await;
        endpoints.remove(steady);
        assert_eq!(endpoints.pick(), None);
    }

    async fn wait_for(endpoints: &Endpoints, ready: &[SocketAddr]) {
        let seen = eventually(PATIENCE, "the readiness is noticed", async || {
            ensure!(endpoints.ready() == ready, "{:?}", endpoints.ready());
            Ok(())
        });
        seen.await.expect("it is noticed");
    }
}
