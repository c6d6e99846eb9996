//! A board as Grafana's classic dashboard JSON, which Grafana 9 to 13 load from files.

use serde_json::{Value, json};

use crate::board::{Board, PREFIX, Row, Variable};
use crate::panel::{Colour, Kind, Panel, Target, Unit, Word};
use crate::profile::{COLOURS, EXEMPLARS, PROCESS, SERVICE_COLOURS};
use crate::{boards, links};

const SCHEMA: u32 = 41;
const COLUMNS: u32 = 24;

/// How a legend begins that names a service.
const SERVICE_LEGENDS: [&str; 4] =
    ["{{app}}", "{{backend_name}}", "{{destination_canonical_service}}", "{{parent_name}}"];

/// The document of a board.
pub fn document(board: &Board) -> Value {
    json!({
        "annotations": { "list": annotations() },
        "description": board.description,
        "editable": true,
        "graphTooltip": 1,
        "id": null,
        "links": links(board),
        "panels": panels(board),
        "refresh": "10s",
        "schemaVersion": SCHEMA,
        "tags": ["shop"],
        "templating": { "list": variables(board) },
        "time": { "from": "now-30m", "to": "now" },
        "timezone": "",
        "title": board.title,
        "uid": board.uid(),
    })
}

fn datasource() -> Value {
    json!({ "type": "prometheus", "uid": "${datasource}" })
}

fn annotations() -> Value {
    let mark = |name: &str, colour: &str, expr: &str, title: &str| {
        json!({ "datasource": datasource(), "enable": true, "expr": expr, "iconColor": colour, "name": name,
                "step": "10s", "titleFormat": title })
    };
    json!([
        mark(
            "Starts",
            "blue",
            &format!(r#"changes(process_start_time_seconds{{namespace="$namespace",{PROCESS}}}[1m]) > 0"#),
            "{{app}} {{version}} started"
        ),
        mark("Alerts", "red", r#"ALERTS{alertstate="firing",namespace="$namespace"}"#, "{{alertname}} {{app}}"),
    ])
}

/// Where one looks next, then all boards of the same tag.
fn links(board: &Board) -> Vec<Value> {
    let all = boards::all();
    let next = boards::next(board.name).iter().filter_map(|name| all.iter().find(|one| one.name == *name));
    let next = next.map(|one| {
        json!({ "includeVars": true, "keepTime": true, "title": one.title.trim_start_matches("Shop / "),
                "tooltip": one.description, "type": "link", "url": links::path(one.name) })
    });
    next.chain([dropdown()]).collect()
}

/// All boards of the same tag, with the time and the choices taken along.
fn dropdown() -> Value {
    json!({ "asDropdown": true, "includeVars": true, "keepTime": true, "tags": [PREFIX.trim_end_matches('-')],
            "title": "All boards", "type": "dashboards" })
}

fn variables(board: &Board) -> Vec<Value> {
    let source = json!({ "label": "Data source", "name": "datasource", "query": "prometheus", "type": "datasource" });
    std::iter::once(source).chain(board.variables.iter().map(variable)).collect()
}

fn variable(variable: &Variable) -> Value {
    match variable {
        Variable::Label { name, title, series, label, first } => {
            let query = format!("label_values({series}, {label})");
            json!({ "current": { "text": first, "value": first }, "datasource": datasource(), "definition": query,
                    "label": title, "name": name, "query": { "query": query, "refId": "Values" }, "refresh": 2,
                    "sort": 1, "type": "query" })
        }
        Variable::Choice { name, title, values } => {
            json!({ "current": { "text": values[0], "value": values[0] }, "label": title, "name": name,
                    "query": values.join(","), "type": "custom" })
        }
    }
}

/// Panels from left to right, a new line of the grid where one does not fit or a row begins. A line is as high as its highest.
fn panels(board: &Board) -> Vec<Value> {
    let (mut list, mut id, mut y) = (Vec::new(), 0, 0);
    let count = board.panels().count();
    for (at, row) in board.rows.iter().enumerate() {
        list.push(heading(row, count + at + 1, y));
        y += 1;
        for line in lines(&row.panels) {
            let height = line.iter().map(|panel| panel.height()).max().unwrap_or_default();
            let mut x = 0;
            for drawn in line {
                id += 1;
                list.push(panel(drawn, id, json!({ "h": height, "w": drawn.width, "x": x, "y": y })));
                x += drawn.width;
            }
            y += height;
        }
    }
    list
}

fn lines(panels: &[Panel]) -> Vec<Vec<&Panel>> {
    let mut lines: Vec<Vec<&Panel>> = vec![Vec::new()];
    for panel in panels {
        let taken: u32 = lines.last().into_iter().flatten().map(|panel| panel.width).sum();
        if taken + panel.width > COLUMNS {
            lines.push(Vec::new());
        }
        lines.last_mut().expect("there is always one").push(panel);
    }
    lines
}

fn heading(row: &Row, id: usize, y: u32) -> Value {
    json!({ "collapsed": false, "gridPos": { "h": 1, "w": COLUMNS, "x": 0, "y": y }, "id": id, "panels": [],
            "title": row.title, "type": "row" })
}

fn panel(panel: &Panel, id: usize, place: Value) -> Value {
    let mut document = json!({
        "datasource": datasource(),
        "description": description(panel),
        "fieldConfig": { "defaults": defaults(panel), "overrides": overrides(panel) },
        "gridPos": place,
        "id": id,
        "options": options(panel.kind),
        "targets": targets(panel),
        "title": panel.title,
        "type": type_name(panel.kind),
    });
    if panel.kind == Kind::Table {
        document["transformations"] = transformations(panel);
    }
    document
}

fn description(panel: &Panel) -> String {
    let dots = if shows_exemplars(panel) { " A dot is one recorded request and leads to its trace." } else { "" };
    format!("{}{dots}", panel.description)
}

/// Latency of what the processes measured themselves.
fn shows_exemplars(panel: &Panel) -> bool {
    let first = panel.targets.first().filter(|_| panel.kind == Kind::Lines);
    first.is_some_and(|target| target.expr.starts_with("histogram_quantile(") && target.expr.contains(EXEMPLARS))
}

/// The first query alone asks for exemplars: the others would draw the same dots again.
fn targets(panel: &Panel) -> Vec<Value> {
    let mut targets: Vec<_> = panel.targets.iter().zip('A'..).map(|(one, id)| target(panel.kind, one, id)).collect();
    if shows_exemplars(panel) {
        targets[0]["exemplar"] = true.into();
    }
    targets
}

fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Lines => "timeseries",
        Kind::Figure => "stat",
        Kind::Bars => "bargauge",
        Kind::Table => "table",
    }
}

fn target(kind: Kind, target: &Target, id: char) -> Value {
    let mut document = json!({ "datasource": datasource(), "expr": target.expr, "refId": id.to_string() });
    if kind == Kind::Table {
        document["format"] = "table".into();
    } else {
        document["legendFormat"] = target.legend.as_str().into();
    }
    document[if kind == Kind::Lines { "range" } else { "instant" }] = true.into();
    document
}

fn defaults(panel: &Panel) -> Value {
    let steps: Vec<_> = panel
        .steps
        .iter()
        .map(|(from, colour)| json!({ "color": colour_name(*colour), "value": from.is_finite().then_some(*from) }))
        .collect();
    let mut defaults = json!({
        "color": { "mode": if panel.kind == Kind::Lines { "palette-classic" } else { "thresholds" } },
        "noValue": panel.nothing,
        "thresholds": { "mode": "absolute", "steps": steps },
        "unit": unit(panel.unit),
    });
    if !panel.words.is_empty() {
        let words: serde_json::Map<_, _> = panel.words.iter().map(word).collect();
        defaults["mappings"] = json!([{ "options": words, "type": "value" }]);
    }
    if !panel.signed && panel.kind != Kind::Figure && panel.kind != Kind::Table {
        defaults["min"] = 0.into();
    }
    if let Some(max) = panel.max {
        defaults["max"] = max.into();
    }
    if panel.kind == Kind::Lines {
        let limits = if panel.steps.len() > 1 { "dashed" } else { "off" };
        // Where nothing was measured there is a gap: a line across it would show a rise or fall that never was.
        defaults["custom"] = json!({ "fillOpacity": 5, "lineWidth": 2, "showPoints": "auto", "spanNulls": false,
                                     "thresholdsStyle": { "mode": limits } });
        if panel.signed {
            defaults["custom"]["axisSoftMin"] = 0.into();
        }
        if let Some(max) = panel.at_least {
            defaults["custom"]["axisSoftMax"] = max.into();
        }
    }
    defaults
}

fn word(word: &Word) -> (String, Value) {
    (word.value.to_string(), json!({ "color": colour_name(word.colour), "text": word.text }))
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Rate => "reqps",
        Unit::Events => "suffix:/s",
        Unit::Seconds => "s",
        Unit::Hours => "suffix:h",
        Unit::Share => "percentunit",
        Unit::Count => "short",
        Unit::Bytes => "bytes",
        Unit::Factor => "x",
        Unit::Deviations => "suffix: \u{3c3}",
        Unit::Number => "none",
    }
}

fn colour_name(colour: Colour) -> &'static str {
    match colour {
        Colour::Green => "green",
        Colour::Yellow => "#EAB839",
        Colour::Red => "red",
        Colour::Blue => "blue",
    }
}

/// Lines get the colour of their version and a stroke that tells planned from measured; columns get their unit.
fn overrides(panel: &Panel) -> Vec<Value> {
    let matching = |pattern: &str, properties: Value| json!({ "matcher": { "id": "byRegexp", "options": pattern }, "properties": properties });
    match panel.kind {
        Kind::Lines => {
            let coloured = |pattern: String, colour: &str| {
                matching(&pattern, json!([{ "id": "color", "value": { "fixedColor": colour, "mode": "fixed" } }]))
            };
            // The last that matches decides: a release of a service has the colour of the release.
            let services = SERVICE_COLOURS.iter().map(|(name, colour)| coloured(format!("/^{name}(\\W|$)/"), colour));
            let versions =
                COLOURS.iter().map(|(version, colour)| coloured(format!("/(^|\\W){version}(\\W|$)/"), colour));
            // Edges that begin at one service are told apart by other colours.
            let is_service = |legend: &str| {
                !legend.contains(" to ") && SERVICE_LEGENDS.iter().any(|label| legend.starts_with(label))
            };
            let drawn_by_service = panel.targets.iter().any(|target| is_service(&target.legend));
            let services = services.filter(|_| drawn_by_service);
            let stroke = |pattern, dash: Value| {
                matching(pattern, json!([{ "id": "custom.lineStyle", "value": { "dash": dash, "fill": "dash" } }]))
            };
            // Windows of one measurement differ in their strokes; a colour would be taken for a version or a judgement.
            let windows = panel.targets.iter().any(|target| target.legend == "5 min");
            let windows = windows.then(|| coloured("/^(5 min|1 h|6 h)$/".to_owned(), "#7B7F87"));
            services
                .chain(windows)
                .chain(versions)
                .chain([
                    stroke("/(configured|p95|1 h|limit)$/", json!([10, 6])),
                    stroke("/(p50|6 h|idle|not ready|forbidden)$/", json!([2, 6])),
                ])
                .collect()
        }
        Kind::Table => {
            let columns = panel.targets.iter().map(|target| {
                let of = target.unit.unwrap_or(Unit::Number);
                let decimals = if of == Unit::Count { 0 } else { 2 };
                json!({ "matcher": { "id": "byName", "options": target.legend },
                        "properties": [{ "id": "unit", "value": unit(of) }, { "id": "decimals", "value": decimals }] })
            });
            columns.chain(shown_labels(panel)).collect()
        }
        Kind::Figure | Kind::Bars => Vec::new(),
    }
}

/// In a table a version has its colour too, and a service leads to its processes.
fn shown_labels(panel: &Panel) -> Vec<Value> {
    let labels = panel.targets.first().map(|target| grouped(&target.expr)).unwrap_or_default();
    let colours: serde_json::Map<_, _> =
        COLOURS.iter().map(|(version, colour)| ((*version).to_owned(), json!({ "color": colour }))).collect();
    let version = json!({ "matcher": { "id": "byName", "options": "Version" }, "properties": [
        { "id": "mappings", "value": [{ "options": colours, "type": "value" }] },
        { "id": "custom.cellOptions", "value": { "type": "color-text" } }] });
    let url = format!("{}?var-namespace=${{namespace}}&var-app=${{__value.text}}", links::path("runtime"));
    let service = json!({ "matcher": { "id": "byName", "options": "Service" }, "properties": [
        { "id": "links", "value": [{ "title": "Processes of ${__value.text}", "url": url }] }] });
    let known = [("version", version), ("app", service)];
    let has = |label: &str| labels.contains(&label) && !(label == "app" && labels.contains(&"target"));
    known.into_iter().filter(|(label, _)| has(label)).map(|(_, shown)| shown).collect()
}

fn options(kind: Kind) -> Value {
    let last = json!({ "calcs": ["lastNotNull"], "fields": "", "values": false });
    match kind {
        Kind::Lines => {
            json!({ "legend": { "calcs": ["lastNotNull"], "displayMode": "list", "placement": "bottom", "showLegend": true },
                               "tooltip": { "mode": "multi", "sort": "desc" } })
        }
        Kind::Figure => {
            json!({ "colorMode": "background", "graphMode": "none", "justifyMode": "auto", "reduceOptions": last,
                                "textMode": "value" })
        }
        Kind::Bars => {
            json!({ "displayMode": "basic", "namePlacement": "top", "orientation": "horizontal", "reduceOptions": last,
                    "showUnfilled": true })
        }
        Kind::Table => json!({ "cellHeight": "sm", "showHeader": true }),
    }
}

/// Labels as people call them.
const LABELS: [(&str, &str); 12] = [
    ("alertname", "Alert"),
    ("app", "Service"),
    ("client_id", "Caller's identity"),
    ("connection_security_policy", "Security"),
    ("destination_principal", "Callee's identity"),
    ("destination_workload", "Callee"),
    ("severity", "Severity"),
    ("source_principal", "Caller's identity"),
    ("source_workload", "Caller"),
    ("target", "Callee"),
    ("tls", "Encrypted"),
    ("version", "Version"),
];

/// One row a combination of labels, then a column for each query, under the query's name.
fn transformations(panel: &Panel) -> Value {
    let labels = panel.targets.first().map(|target| grouped(&target.expr)).unwrap_or_default();
    let value = |at: char| if panel.targets.len() == 1 { "Value".to_owned() } else { format!("Value #{at}") };
    let values = panel.targets.iter().zip('A'..).map(|(target, at)| (value(at), target.legend.clone()));
    let edge = labels.contains(&"target");
    let known = |label: &str| match label {
        "app" if edge => "Caller".to_owned(),
        _ => LABELS.iter().find(|(name, _)| *name == label).map_or(label, |(_, title)| title).to_owned(),
    };
    let columns: Vec<_> = labels.iter().map(|label| ((*label).to_owned(), known(label))).chain(values).collect();
    let order: serde_json::Map<_, _> =
        columns.iter().zip(0..).map(|((name, _), at)| (name.clone(), at.into())).collect();
    let names: serde_json::Map<_, _> = columns.into_iter().map(|(name, title)| (name, title.into())).collect();
    json!([
        { "id": "merge", "options": {} },
        { "id": "organize", "options": { "excludeByName": { "Time": true }, "indexByName": order, "renameByName": names } },
    ])
}

/// The labels that the outermost aggregation keeps, in its order.
fn grouped(expr: &str) -> Vec<&str> {
    let inside = expr.split("by (").nth(1).and_then(|rest| rest.split(')').next());
    inside.map(|labels| labels.split(", ").collect()).unwrap_or_default()
}
