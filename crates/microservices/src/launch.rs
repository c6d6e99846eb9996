//! From the command line to three ready services, and to their common end.

use std::process::ExitCode;

use mesh_ready::shutdown;

use crate::args::{Args, Port};
use crate::child::{Child, Ended};
use crate::data::{self, Data};
use crate::family::{self, Family};
use crate::observe::{self, Observer};
use crate::role::Role;
use crate::{ports, readiness, welcome};
use demo_key::Key;

/// Starts the three and stays until Ctrl-C, SIGTERM, or the end of one of them, which ends the others.
///
/// The exit code is 0 after a signal, else that of the service that ended.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    ports::check(&args)?;
    if args.observe {
        observe::check().await?;
    }
    let key = Key::generate();
    let data = data::prepare(&args, &key).await?;
    let (mut family, mut observer) = (Family::default(), None);
    let outcome = tokio::select! {
        outcome = serve(&args, &key, &data, &mut family, &mut observer) => outcome,
        () = shutdown::signal() => Ok(0),
    };
    // A second signal: whoever sent it does not want to wait. What is left is killed.
    let worst = tokio::select! {
        worst = end(&mut family, observer) => worst?,
        () = shutdown::signal() => KILLED,
    };
    let code = outcome.or_else(|error| match error.downcast_ref::<Ended>() {
        Some(ended) => {
            eprintln!("microservices: {error}");
            Ok(family::code(ended.status))
        }
        None => Err(error),
    })?;
    Ok(ExitCode::from(if code == 0 { worst } else { code }))
}

/// As shells say it: 128 and the number of SIGKILL.
const KILLED: u8 = 137;

/// The services first: what they do last is still seen.
async fn end(family: &mut Family, observer: Option<Observer>) -> anyhow::Result<u8> {
    let worst = family.end().await?;
    if let Some(observer) = observer {
        observer.end().await;
    }
    Ok(worst)
}

/// Completes when a service ends, with its exit code.
async fn serve(
    args: &Args,
    key: &Key,
    data: &Data,
    family: &mut Family,
    observer: &mut Option<Observer>,
) -> anyhow::Result<u8> {
    for role in Role::ALL {
        let variables = variables(role, args, data, family);
        family.add(Child::start(role, variables).await?);
    }
    for child in family.iter() {
        readiness::wait(child).await?;
    }
    if args.observe {
        *observer = Some(Observer::start(args, family).await?);
    }
    let prometheus = observer.as_ref().map(|observer| observer.addr);
    welcome::ready(args.log_format, family, prometheus, &key.token("laptop")?);
    let (role, status) = family.first_end().await?;
    eprintln!("microservices: {} ended ({status}); ending the others", role.workload().name);
    Ok(family::code(status))
}

/// What differs between the three; the rest of the environment is inherited.
fn variables(role: Role, args: &Args, data: &Data, family: &Family) -> Vec<(&'static str, String)> {
    let url = |role| format!("http://{}", family.get(role).addr);
    let [service, admin] = args.ports(role).map(Port::addr);
    let mut variables = vec![
        ("LISTEN_ADDR", service.to_string()),
        ("ADMIN_ADDR", admin.to_string()),
        ("LOG_FORMAT", args.log_format.name().to_owned()),
        // Nothing routes to these processes that would have to notice first.
        ("DRAIN_DELAY_MS", "0".to_owned()),
    ];
    variables.extend(match role {
        Role::User => vec![("DATABASE_URL", data.users.clone())],
        Role::Order => vec![
            ("DATABASE_URL", data.orders.clone()),
            ("SERVICE_VERSION", args.order_version.clone()),
            ("USER_SERVICE_URL", url(Role::User)),
        ],
        Role::Gateway => vec![
            ("USER_SERVICE_URL", url(Role::User)),
            ("ORDER_SERVICE_URL", url(Role::Order)),
            ("JWKS_FILE", data.jwks.display().to_string()),
        ],
    });
    variables
}
