//! Text in columns.

/// Rows under a head, each column as wide as its widest text.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut lines = vec![head.iter().map(|&text| text.to_owned()).collect::<Vec<_>>()];
    lines.extend(rows.iter().cloned());
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|text| text.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let line = |cells: &Vec<String>| {
        let padded = cells.iter().zip(&widths).map(|(text, &width)| format!("{text:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_text() {
        let rows = [vec!["api-gateway".to_owned(), "1".to_owned()], vec!["db".to_owned(), "22".to_owned()]];
        assert_eq!(table(&["who", "n"], &rows), "who          n\napi-gateway  1\ndb           22");
    }
}
