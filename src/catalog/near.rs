use crate::model::PagePath;

/// Names that are compared closely with one that was not found: those that share most
/// pairs of letters with it. Comparing all of them closely takes half a second for 50,000
/// pages, and anybody can ask for pages that do not exist.
const COMPARED: usize = 200;
/// How alike names must be, as Jaro and Winkler measure it.
const ALIKE: f64 = 0.82;

/// The pages whose folded names resemble `wanted`, best first.
pub(super) fn near<'p>(
    wanted: &str,
    names: impl Iterator<Item = (&'p PagePath, &'p str)>,
    most: usize,
) -> Vec<PagePath> {
    let wanted_leaf = leaf(wanted);
    let mut scored: Vec<(f64, &PagePath)> = candidates(wanted, names)
        .into_iter()
        .map(|(path, name)| {
            let score = strsim::jaro_winkler(wanted_leaf, leaf(name)).max(strsim::jaro_winkler(wanted, name));
            (score, path)
        })
        .filter(|(score, _)| *score > ALIKE)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.into_iter().take(most).map(|(_, path)| path.clone()).collect()
}

/// The names that are compared closely: [`COMPARED`] at most, in no order.
fn candidates<'p>(wanted: &str, names: impl Iterator<Item = (&'p PagePath, &'p str)>) -> Vec<(&'p PagePath, &'p str)> {
    let wanted_leaf = leaf(wanted);
    let pairs = Pairs::of(wanted);
    let mut found: Vec<_> = names
        .map(|(path, name)| {
            let shared = pairs.shared(wanted, name).max(pairs.shared(wanted_leaf, leaf(name)));
            (shared, path, name)
        })
        .collect();
    if found.len() > COMPARED {
        found.select_nth_unstable_by(COMPARED, |a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        found.truncate(COMPARED);
    }
    found.into_iter().map(|(_, path, name)| (path, name)).collect()
}

fn leaf(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, leaf)| leaf)
}

/// Which pairs of neighbouring bytes a name has: a bit for each.
struct Pairs(Vec<u64>);

impl Pairs {
    fn of(name: &str) -> Self {
        let mut bits = vec![0; 1024];
        for (word, bit) in pairs(name) {
            if let Some(word) = bits.get_mut(word) {
                *word |= bit;
            }
        }
        Self(bits)
    }

    /// How many of its pairs `name` has in common, for its length and that of `wanted`.
    fn shared(&self, wanted: &str, name: &str) -> usize {
        let common = pairs(name).filter(|(word, bit)| self.0.get(*word).is_some_and(|found| found & bit != 0)).count();
        common * 1000 / (wanted.len() + name.len()).max(1)
    }
}

/// The place of each pair among 65,536 bits.
fn pairs(name: &str) -> impl Iterator<Item = (usize, u64)> {
    let bytes = name.as_bytes();
    bytes.iter().zip(bytes.iter().skip(1)).map(|(first, second)| {
        let pair = usize::from(*first) << 8 | usize::from(*second);
        (pair >> 6, 1 << (pair & 63))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn many() -> Vec<PagePath> {
        let reports = (0..50_000).map(|n| format!("Reports/{}/Week {n} of the year", n % 50));
        let others = ["Home", "Guides/First_Steps", "Caf\u{e9}"].map(str::to_owned);
        reports.chain(others).map(|path| PagePath::parse(&path).unwrap()).collect()
    }

    #[test]
    fn a_typing_error_is_found_among_very_many_names() {
        let paths = many();
        let keys: Vec<_> = paths.iter().map(PagePath::fold).collect();
        let find = |wanted: &str| -> Vec<String> {
            let names = paths.iter().zip(&keys).map(|(path, key)| (path, key.as_str()));
            let wanted = PagePath::parse(wanted).unwrap().fold();
            near(wanted.as_str(), names, 5).iter().map(ToString::to_string).collect()
        };
        for (wanted, found) in [
            ("Hone", "Home"),
            ("Guides/Frist_Steps", "Guides/First_Steps"),
            ("first steps", "Guides/First_Steps"),
            ("Cafe", "Caf\u{e9}"),
        ] {
            assert_eq!(find(wanted).first().map(String::as_str), Some(found));
        }
        assert_eq!(find("zzz"), Vec::<String>::new());
    }

    #[test]
    fn few_of_very_many_names_are_compared_closely() {
        let paths = many();
        let keys: Vec<_> = paths.iter().map(PagePath::fold).collect();
        let names = paths.iter().zip(&keys).map(|(path, key)| (path, key.as_str()));
        assert_eq!(candidates("week 7 of the yaer", names).len(), COMPARED);
    }
}
