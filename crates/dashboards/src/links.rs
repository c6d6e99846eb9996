//! Where does an alert lead, and where does the shop run? To a section of the runbook and to a board: whole addresses, which only
//! whoever installs it knows, as well as the namespace.

use crate::alerts::Alert;
use crate::board::PREFIX;

/// Where `docs/runbook.md` can be read. Nobody serves the default: say yours here, or with `--runbook-base`.
pub const RUNBOOK_BASE: &str = "https://example.com/shop/docs/runbook.md";
/// Where Grafana answers: as `kubectl -n observability port-forward svc/grafana 3000` brings it here. Or `--grafana-base`.
pub const GRAFANA_BASE: &str = "http://localhost:3000";
/// Where the shop's processes run. Or `--namespace`.
pub const NAMESPACE: &str = "shop";

/// What the board shows is what the alert is about; an alert without such a label leaves the choice to the board.
const CHOSEN: &str =
    "?{{ with $labels.namespace }}var-namespace={{ . }}&{{ end }}{{ with $labels.app }}var-app={{ . }}{{ end }}";

/// The two addresses in front of every link, and the namespace of what nobody measures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    /// Of the runbook's page.
    pub runbook: String,
    /// Of Grafana.
    pub grafana: String,
    /// Of the shop's processes: an alert about what is not there cannot learn it from a series.
    pub namespace: String,
}

impl Default for Links {
    fn default() -> Self {
        Self { runbook: RUNBOOK_BASE.to_owned(), grafana: GRAFANA_BASE.to_owned(), namespace: NAMESPACE.to_owned() }
    }
}

impl Links {
    /// The section of the runbook; anchors are headings in small letters.
    #[must_use]
    pub fn runbook(&self, alert: &Alert) -> String {
        format!("{}#{}", self.runbook, alert.name.to_lowercase())
    }

    /// The board, with the alert's namespace and app chosen.
    #[must_use]
    pub fn board(&self, alert: &Alert) -> String {
        format!("{}{}{CHOSEN}", self.grafana.trim_end_matches('/'), path(alert.board))
    }
}

/// The path of a board in any Grafana.
pub(crate) fn path(board: &str) -> String {
    format!("/d/{PREFIX}{board}")
}
