//! `columns = ["mfcc*", "tempo"]`: some of a table's columns, by name or pattern.

/// The columns meant: `mfcc*` is every column that begins with `mfcc`, `mfcc.*.01` one of each statistic. A pattern
/// that fits none stays as it is, for whoever looks the columns up to complain of.
pub fn chosen(patterns: &[String], columns: &[String]) -> Vec<String> {
    let mut chosen: Vec<String> = Vec::new();
    for pattern in patterns {
        let fitting: Vec<&String> = columns.iter().filter(|column| fits(pattern, column)).collect();
        match fitting.as_slice() {
            [] => chosen.push(pattern.clone()),
            some => {
                let new: Vec<String> =
                    some.iter().filter(|name| !chosen.contains(name)).map(|&name| name.clone()).collect();
                chosen.extend(new);
            }
        }
    }
    chosen
}

/// `*` stands for any run of characters.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, rest)) => name.strip_prefix(head).is_some_and(|tail| {
            tail.char_indices().map(|(at, _)| at).chain([tail.len()]).any(|at| fits(rest, &tail[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_choose_columns_in_their_order() {
        let columns = ["mfcc.mean.00", "mfcc.mean.01", "mfcc.std.01", "tempo"].map(String::from);
        let of =
            |patterns: &[&str]| chosen(&patterns.iter().map(|p| p.to_string()).collect::<Vec<_>>(), &columns);
        assert_eq!(of(&["tempo", "mfcc*"]), ["tempo", "mfcc.mean.00", "mfcc.mean.01", "mfcc.std.01"]);
        assert_eq!(of(&["mfcc.*.01", "mfcc.mean*"]), ["mfcc.mean.01", "mfcc.std.01", "mfcc.mean.00"]);
        assert_eq!(of(&["tonnetz*"]), ["tonnetz*"]);
    }
}
