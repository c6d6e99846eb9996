//! The whole way of a measurement with tiny counts, on the servers that need no other program.

use std::process::Command;
use std::time::Duration;

use bench::duel::{Candidate, Effort, cpu_per_request};
use bench::load::{Load, Request, Until};
use bench::process::{Cores, free_address};
use bench::server::Server;

fn serve(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bench"));
    command.arg("serve").args(arguments);
    command
}

fn start(name: &str, more: &[&str], request: &Request) -> Server {
    let (address, core) = (free_address().expect("a free port"), Cores::choose().expect("a core").server);
    let listen = address.to_string();
    let arguments: Vec<&str> = [name, &listen].into_iter().chain(more.iter().copied()).collect();
    Server::start(serve(&arguments), core, address, request).expect("a right answer")
}

#[test]
fn candidates_are_measured_in_rounds_and_cost_something() {
    let (direct, through) = (Request::get("/users/1"), Request::get("/api/users/1"));
    let backend = start("backend", &[], &direct);
    let proxy = start("proxy", &[&backend.address.to_string()], &through);
    let handler = start("handler", &["--silent"], &direct);
    assert_eq!(proxy.body, backend.body);
    assert_eq!(handler.body, backend.body, "the handler's user is the backend's");
    let candidate = |server, request| Candidate { name: "any".to_owned(), server, request, connections: 4 };
    let candidates = [candidate(proxy, through), candidate(handler, direct)];
    let effort = Effort { rounds: 3, turn: Duration::from_millis(30) };
    let costs = cpu_per_request(&candidates, effort, Cores::choose().expect("a core")).expect("right answers");
    assert_eq!(costs.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3]);
    assert!(costs.iter().flatten().all(|cost| *cost > 0.0), "{costs:?}");
}

#[test]
fn a_wrong_answer_is_an_error_and_no_measurement() {
    let request = Request::get("/users/1");
    let backend = start("backend", &[], &request);
    let load =
        |status| Load { address: backend.address, connections: 2, request: Request { status, ..request.clone() } };
    let core = Cores::choose().expect("a core").load;
    assert_eq!(load(200).run(core, Until::Count(10)).expect("right answers"), 10);
    assert!(load(201).run(core, Until::Count(10)).is_err());
}
