//! Is there an input that ends the tool, or holds it up? Examples and our own manifests are spoiled at random and read.
//!
//! `MESH_LINT_FUZZ_SECONDS=600 cargo test --release -p mesh-lint fuzz -- --nocapture` goes on for ten minutes.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use mesh_lint::{Bundle, Mesh, lint_all, output, rules};

/// How long each of the two tests goes on; without it they take so many inputs.
const SECONDS: Option<&str> = option_env!("MESH_LINT_FUZZ_SECONDS");
const INPUTS: u32 = 200;
/// No input may take longer; a busy machine with a debug build is slow.
const LONGEST: Duration = Duration::from_secs(5);

/// Numbers that look like chance and are the same each time (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or(0) % limit.max(1)
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Texts to begin with: all examples, and the manifests of this repository.
fn seeds() -> Vec<String> {
    let mut seeds: Vec<_> = rules::all().flat_map(|rule| [rule.bad.to_owned(), rule.good.to_owned()]).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders = vec![root.join("k8s"), root.join("mesh")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "yaml") {
                seeds.push(fs::read_to_string(path).expect("readable"));
            }
        }
    }
    seeds
}

/// Reads, judges and prints what `make` makes, until there is enough.
fn fuzz(name: &str, seed: u64, make: fn(&mut Chance, &[String]) -> Vec<u8>) {
    let (seeds, mut chance, begin) = (seeds(), Chance(seed), Instant::now());
    let limit = SECONDS.map(|it| Duration::from_secs(it.parse().expect("seconds")));
    let (mut inputs, mut slowest) = (0, Duration::ZERO);
    while limit.map_or(inputs < INPUTS, |limit| begin.elapsed() < limit) {
        let bytes = make(&mut chance, &seeds);
        let before = Instant::now();
        let outcome = std::panic::catch_unwind(|| judge(&bytes));
        slowest = slowest.max(before.elapsed());
        let text = String::from_utf8_lossy(&bytes);
        assert!(outcome.is_ok(), "input {inputs} ended it:\n{text}");
        assert!(slowest < LONGEST, "input {inputs} took {slowest:?}:\n{text}");
        inputs += 1;
    }
    println!("{name}: {inputs} inputs in {:?}, no panic, the slowest took {slowest:?}", begin.elapsed());
}

fn judge(bytes: &[u8]) {
    let bundle = [Bundle::from_text("fuzz.yaml", &String::from_utf8_lossy(bytes))];
    for mesh in [Mesh::Istio, Mesh::Linkerd] {
        let findings = lint_all(&bundle, mesh);
        let printed = [output::text(&findings, true), output::json(&findings), output::sarif(&findings)];
        assert!(printed.iter().all(|text| !text.is_empty()));
    }
}

#[test]
fn spoiled_bytes_are_read_without_a_panic() {
    fuzz("bytes", 0x9E37_79B9_7F4A_7C15, |chance, seeds| {
        let mut bytes = chance.one_of(seeds).clone().into_bytes();
        for _ in 0..=chance.below(8) {
            spoil(&mut bytes, chance, seeds);
        }
        bytes
    });
}

/// What YAML gives a meaning to, what Unicode has more than one byte for, and what is no text.
const PIECES: [&[u8]; 24] = [
    b"&a ",
    b"*a",
    b"<<: *a",
    b"---\n",
    b"...\n",
    b"\r\n",
    b"\t",
    b"\0",
    b"{",
    b"[",
    b"}",
    b"]",
    b": ",
    b"- ",
    b"? ",
    b"!!x ",
    b"|\n",
    b">-\n",
    b"'",
    b"\"",
    b"# <-",
    b"\xEF\xBB\xBF",
    b"\xF0\x9F\x92\xA9",
    b"\xFF\xFE",
];

fn spoil(bytes: &mut Vec<u8>, chance: &mut Chance, seeds: &[String]) {
    let place = chance.below(bytes.len() + 1);
    let end = (place + chance.below(40)).min(bytes.len());
    match chance.below(5) {
        0 => drop(bytes.drain(place..end)),
        1 => drop(bytes.splice(place..place, chance.one_of(&PIECES).iter().copied())),
        2 => drop(bytes.splice(place..end, [u8::try_from(chance.below(256)).unwrap_or(0)])),
        3 => {
            let again = bytes[place..end].repeat(chance.below(60));
            drop(bytes.splice(place..place, again));
        }
        _ => {
            let other = chance.one_of(seeds).as_bytes();
            drop(bytes.splice(place..place, other[chance.below(other.len())..].iter().copied()));
        }
    }
}

#[test]
fn objects_of_odd_values_are_judged_without_a_panic() {
    fuzz("objects", 0xD1B5_4A32_D192_ED03, |chance, seeds| {
        let mut text = chance.one_of(seeds).clone();
        for _ in 0..=chance.below(3) {
            text.push_str("\n---\n");
            text.push_str(chance.one_of::<String>(seeds));
        }
        let mut lines: Vec<_> = text.lines().map(ToOwned::to_owned).collect();
        for _ in 0..=chance.below(12) {
            let place = chance.below(lines.len());
            disturb(&mut lines, place, chance);
        }
        lines.join("\n").into_bytes()
    });
}

/// Values where a mesh's objects have others.
const VALUES: [&str; 26] = [
    "",
    "~",
    "null",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    "{a: }",
    "-1",
    "0",
    "65536",
    "9223372036854775807",
    "1e400",
    ".nan",
    "0x1F",
    "true",
    "'*'",
    "\"\"",
    "'/'",
    "'a.b.c.d.e'",
    "spiffe://",
    "1h1ms",
    "'99999999999999999999s'",
    "'%'",
    "\u{1F4A9}",
    "'é*é'",
];

/// A line gets another value, goes, comes twice, goes deeper, or changes places.
fn disturb(lines: &mut Vec<String>, place: usize, chance: &mut Chance) {
    let value = *chance.one_of(&VALUES);
    let other = chance.below(lines.len());
    match (chance.below(6), lines[place].split_once(':')) {
        (0..=2, Some((key, _))) => lines[place] = format!("{key}: {value}"),
        (3, _) => lines.swap(place, other),
        (4, _) => lines.insert(place, lines[other].clone()),
        (5, _) => lines[place].insert_str(0, "  "),
        _ => lines[place] = format!("- {value}"),
    }
}
