//! How large is what a cluster pulls?

use anyhow::Context;

use super::{Found, Scene};
use crate::figure::{Bar, Figure, Row};
use crate::programs::{output, target};
use crate::stats::Spread;

pub(super) fn measure(_: &Scene) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let folder = target().join("bench-images");
    // A quick run does not compile everything twice.
    let lines = match output(
        env!("CARGO"),
        &["xtask", "image", "--arch", "amd64,arm64", "--out", &folder.display().to_string()],
    ) {
        Ok(lines) => lines,
        Err(why) => {
            found.absent.push(format!("images: {why:#}"));
            return Ok(found);
        }
    };
    for line in lines.lines().filter(|line| line.contains(" MB compressed")) {
        let mut words = line.split_whitespace();
        let (name, architecture) = words.next().zip(words.next()).context("a line about an image")?;
        let size = words.next().and_then(|size| size.parse().ok()).context("the size of an image")?;
        let figure = Figure::new(Row::Image, format!("{name} {architecture}"), "MB", Spread::exact(size));
        found.figures.push(figure.should_be(Bar::AtMost(4.0)));
    }
    Ok(found)
}
