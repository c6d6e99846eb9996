//! The parts of a query that name something: selectors, the labels of groupings, and the labels that others are made from.

use std::collections::BTreeSet;

use dashboards::check::names;

/// What a query names.
#[derive(Debug)]
pub struct Expression {
    selectors: Vec<Selector>,
    labels: BTreeSet<String>,
}

/// A metric and what is asked of its labels.
#[derive(Clone, Debug)]
pub struct Selector {
    metric: String,
    matchers: Vec<Matcher>,
}

#[derive(Clone, Debug)]
struct Matcher {
    label: String,
    operator: &'static str,
    value: String,
}

/// One thing that can be misspelt.
#[derive(Clone, Debug)]
pub enum Part {
    /// A selector.
    Selector(Selector),
    /// A label outside braces, which one of these metrics must have.
    Label(String, Vec<Selector>),
}

/// Two letters before one: `=` begins `=~`.
const OPERATORS: [&str; 4] = ["=~", "!~", "!=", "="];

impl Expression {
    /// Reads an expression as our own code writes it: each metric is followed by braces.
    pub fn parse(text: &str) -> Self {
        let mut selectors = Vec::new();
        let mut quoted = false;
        for (at, letter) in text.char_indices() {
            match letter {
                '"' => quoted = !quoted,
                '{' if !quoted => selectors.push(Selector::parse(&text[..at], &text[at + 1..])),
                _ => {}
            }
        }
        let strings: Vec<_> = text.split('"').skip(1).step_by(2).collect();
        let made = |label: &String| strings.windows(2).any(|pair| pair[0] == label && pair[1] == "$1");
        let sources = strings.windows(2).filter(|pair| pair[0] == "$1").map(|pair| pair[1].to_owned());
        let labels = names(text).grouped.into_iter().filter(|label| !made(label)).chain(sources).collect();
        Self { selectors, labels }
    }

    /// Everything in it that can be misspelt.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        let labels = self.labels.iter().map(|label| Part::Label(label.clone(), self.selectors.clone()));
        self.selectors.iter().cloned().map(Part::Selector).chain(labels)
    }
}

impl Part {
    /// Of each of these lists, one selector at least must select something.
    pub fn proofs(&self) -> Vec<Vec<String>> {
        match self {
            Self::Selector(selector) => selector.proofs().into_iter().map(|proof| vec![proof]).collect(),
            Self::Label(label, selectors) => {
                let there = Matcher { label: label.clone(), operator: "!=", value: String::new() };
                vec![selectors.iter().map(|one| one.with(&one.matchers, there.clone())).collect()]
            }
        }
    }

    /// The same with one name wrong, in every way.
    pub fn misspelt(&self) -> Vec<Self> {
        match self {
            Self::Selector(selector) => selector.misspelt().into_iter().map(Self::Selector).collect(),
            Self::Label(label, selectors) => vec![Self::Label(format!("{label}x"), selectors.clone())],
        }
    }
}

impl Selector {
    fn parse(before: &str, after: &str) -> Self {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        let metric = before.rsplit(|c| !is_name(c)).next().unwrap_or_default().to_owned();
        let mut matchers = Vec::new();
        let mut rest = after;
        while !rest.starts_with('}') {
            let Some((head, tail)) = rest.trim_start_matches([',', ' ']).split_once('"') else { break };
            let Some((value, tail)) = tail.split_once('"') else { break };
            let operator = OPERATORS.into_iter().find(|operator| head.ends_with(operator)).unwrap_or("=");
            let label = head.trim_end_matches(operator).to_owned();
            matchers.push(Matcher { label, operator, value: value.to_owned() });
            rest = tail;
        }
        Self { metric, matchers }
    }

    /// It selects something, and every value that is asked for or left out, each alternative of a pattern, is there at all.
    fn proofs(&self) -> Vec<String> {
        let values = self.matchers.iter().flat_map(|one| {
            one.alternatives().into_iter().map(|value| self.with(&[], one.matching(value))).collect::<Vec<_>>()
        });
        [self.text(&self.matchers)].into_iter().chain(values).collect()
    }

    fn misspelt(&self) -> Vec<Self> {
        let mut all = vec![Self { metric: format!("{}x", self.metric), ..self.clone() }];
        for (at, one) in self.matchers.iter().enumerate() {
            let mut label = self.clone();
            label.matchers[at].label.push('x');
            all.push(label);
            let alternatives = one.alternatives();
            for wrong in 0..alternatives.len() {
                let mut values: Vec<String> = alternatives.iter().map(|value| (*value).to_owned()).collect();
                values[wrong].push('x');
                let mut value = self.clone();
                value.matchers[at].value = values.join("|");
                all.push(value);
            }
        }
        all
    }

    fn with(&self, others: &[Matcher], more: Matcher) -> String {
        self.text(&[others, &[more]].concat())
    }

    fn text(&self, matchers: &[Matcher]) -> String {
        let matchers: Vec<_> =
            matchers.iter().map(|one| format!("{}{}\"{}\"", one.label, one.operator, one.value)).collect();
        format!("{}{{{}}}", self.metric, matchers.join(","))
    }
}

impl Matcher {
    /// `a` and `b` of the pattern `a|b`; a text is its only alternative.
    fn alternatives(&self) -> Vec<&str> {
        if self.operator.ends_with('~') { self.value.split('|').collect() } else { vec![&self.value] }
    }

    /// Selects what this alternative means.
    fn matching(&self, value: &str) -> Self {
        let operator = if self.operator.ends_with('~') { "=~" } else { "=" };
        Self { operator, value: value.to_owned(), ..self.clone() }
    }
}
