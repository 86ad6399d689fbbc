//! The table at the end: measured percentiles beside the budgets of design section 7.

use std::fmt;
use std::time::Duration;

/// What a measurement should stay below.
#[derive(Clone, Copy)]
pub(crate) enum Budget {
    P95(u64),
    P99(u64),
    /// None of its own; shows where the time goes.
    Part,
}

/// One line of the table.
struct Row {
    what: &'static str,
    budget: Budget,
    /// In ascending order, never empty.
    samples: Vec<Duration>,
}

#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Adds what was measured; nothing when it was filtered out on the command line.
    pub(crate) fn add(&mut self, what: &'static str, budget: Budget, mut samples: Vec<Duration>) {
        samples.sort_unstable();
        if !samples.is_empty() {
            self.rows.push(Row { what, budget, samples });
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<44} {:>7} {:>9} {:>9} {:>9}   {:<14}",
            "milliseconds", "samples", "p50", "p95", "p99", "budget"
        )?;
        for row in &self.rows {
            let [p50, p95, p99] = [50, 95, 99].map(|percent| row.percentile(percent));
            let verdict = match row.budget {
                Budget::P95(limit) => verdict("p95", limit, p95),
                Budget::P99(limit) => verdict("p99", limit, p99),
                Budget::Part => String::new(),
            };
            writeln!(f, "{:<44} {:>7} {p50:>9.3} {p95:>9.3} {p99:>9.3}   {verdict}", row.what, row.samples.len())?;
        }
        Ok(())
    }
}

impl Row {
    /// Milliseconds that this share of the samples does not exceed (nearest rank).
    fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.samples.len() * percent).div_ceil(100).max(1);
        self.samples[rank - 1].as_secs_f64() * 1e3
    }
}

fn verdict(percentile: &str, limit: u64, measured: f64) -> String {
    let verdict = if measured <= limit as f64 { "ok" } else { "OVER" };
    format!("{percentile} {limit:>2} ms   {verdict}")
}
