//! Do we keep what we promised, and how long will the budget last? Rests on the recording rules.

use super::{app, namespace};
use crate::board::{Board, Row};
use crate::panel::{Colour, Panel, Unit, Word};
use crate::profile;
use crate::slo::{AVAILABILITY, FAST, LATENCY, Objective};

const CHOSEN: &str = r#"namespace="$namespace",app="$app""#;

pub fn board() -> Board {
    let received = &profile::ALL[0].requests;
    Board {
        name: "slo",
        title: "Shop / Service levels",
        description: "Do we keep what we promised, and how long will the budget last? Needs the recording rules.",
        variables: vec![namespace(received), app(received)],
        rows: vec![
            Row { title: "Answered: 99.9 % without a 5xx", panels: objective(&AVAILABILITY) },
            Row { title: "Fast: 99 % within 250 ms", panels: objective(&LATENCY) },
            Row { title: "Alerts", panels: vec![alerts()] },
        ],
    }
}

fn burn(objective: &Objective, window: &str) -> String {
    format!("{} / {}", objective.series(window, CHOSEN).text(), objective.budget())
}

fn objective(objective: &Objective) -> Vec<Panel> {
    let kept = |window: &str| format!("1 - {}", objective.series(window, CHOSEN).text());
    let (yellow, green) = (objective.target - (1.0 - objective.target), objective.target);
    let [sudden, steady] = FAST;
    let speeds =
        FAST.map(|burn| format!("{} over {} and {} at once", burn.factor, burn.long, burn.short)).join(", or at ");
    vec![
        Panel::figure("Kept, 1 hour", Unit::Share, &format!("Promised: {}.", objective.promise)).ask("kept", kept("1h")).better_from(yellow, green),
        Panel::figure("Kept, 3 days", Unit::Share, &format!("Promised: {}.", objective.promise)).ask("kept", kept("3d")).better_from(yellow, green),
        Panel::figure("Budget left, 3 days", Unit::Share, &format!("What is left of the {} that three days allow. Below zero the promise is broken.", objective.breaches))
            .ask("left", format!("1 - {}", burn(objective, "3d"))).better_from(0.0, 0.25).signed(),
        Panel::lines("Burn", Unit::Factor, &format!("How many times faster than allowed the budget is used; 1 uses it up in exactly 30 days. Somebody is woken at {speeds}."))
            .ask("5 min", burn(objective, "5m")).ask("1 h", burn(objective, "1h")).ask("6 h", burn(objective, "6h")).worse_from(steady.factor, sudden.factor).wide(12),
    ]
}

fn alerts() -> Panel {
    let words = [Word { value: 1, text: "firing", colour: Colour::Red }];
    Panel::table(
        "Alerts of this namespace",
        "What is firing now. Each is explained in the runbook, at the alert's runbook_url.",
    )
    .wide(24)
    .say(&words)
    .or("nothing is firing")
    .column(
        "State",
        Unit::Number,
        r#"max by (alertname, severity, app) (ALERTS{alertstate="firing",namespace="$namespace"})"#,
    )
}
