//! What a subject came to: printed as a table of medians and ratios, kept as JSON with every single run.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::Result;

/// One thing that was measured, several times.
#[derive(Clone, Debug)]
struct Measure {
    what: String,
    unit: &'static str,
    values: Vec<f64>,
}

/// One median by another.
#[derive(Clone, Debug)]
struct Ratio {
    what: String,
    value: f64,
    reach: Option<Reach>,
}

/// What a ratio or a measure should be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reach {
    AtLeast(f64),
    AtMost(f64),
}

impl Reach {
    fn met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }

    fn text(self, value: f64) -> String {
        let (word, bound) = match self {
            Self::AtLeast(bound) => ("at least", bound),
            Self::AtMost(bound) => ("at most", bound),
        };
        format!("{word} {}: {}", figure(bound), if self.met(value) { "met" } else { "NOT MET" })
    }
}

/// A subject's results.
#[derive(Debug)]
pub(crate) struct Report {
    name: String,
    settings: Map<String, Value>,
    measures: Vec<Measure>,
    ratios: Vec<Ratio>,
    notes: Vec<String>,
    runs: Vec<Value>,
}

impl Report {
    /// Empty; the name is also the JSON file's.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            settings: Map::new(),
            measures: Vec::new(),
            ratios: Vec::new(),
            notes: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// A condition under which all of it was measured.
    pub(crate) fn setting(&mut self, name: &str, value: impl Into<Value>) {
        self.settings.insert(name.to_owned(), value.into());
    }

    /// Adds one value to a measure, which appears with its first.
    pub(crate) fn measured(&mut self, what: &str, unit: &'static str, value: f64) {
        match self.measures.iter_mut().find(|measure| measure.what == what) {
            Some(measure) => measure.values.push(value),
            None => self.measures.push(Measure { what: what.to_owned(), unit, values: vec![value] }),
        }
    }

    /// The median of a measure.
    pub(crate) fn median(&self, what: &str) -> f64 {
        self.measures.iter().find(|measure| measure.what == what).map_or(f64::NAN, |m| quantile(&m.values, 0.5))
    }

    /// The median of one measure by that of another.
    pub(crate) fn ratio(&mut self, of: &str, to: &str, reach: Option<Reach>) {
        let value = self.median(of) / self.median(to);
        self.ratios.push(Ratio { what: format!("{of} / {to}"), value, reach });
    }

    /// A measure's median held to a bound of its own.
    pub(crate) fn bound(&mut self, what: &str, reach: Reach) {
        self.ratios.push(Ratio { what: what.to_owned(), value: self.median(what), reach: Some(reach) });
    }

    /// A sentence below the table.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// The same, unless it stands there already.
    pub(crate) fn note_once(&mut self, text: String) {
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    /// Everything about one run, for the JSON.
    pub(crate) fn run(&mut self, run: Value) {
        self.runs.push(run);
    }

    /// Prints it.
    pub(crate) fn print(&self) {
        println!("\n  {}", self.name);
        for (name, value) in &self.settings {
            println!("    {name}: {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        println!();
        for measure in &self.measures {
            let median = figure(quantile(&measure.values, 0.5));
            let each: Vec<_> = measure.values.iter().map(|value| figure(*value)).collect();
            let each = if each.len() > 1 { format!("  ({})", each.join(", ")) } else { String::new() };
            println!("    {:<58} {median:>11} {}{each}", measure.what, measure.unit);
        }
        for ratio in &self.ratios {
            let reach = ratio.reach.map_or_else(String::new, |reach| reach.text(ratio.value));
            println!("    {:<58} {:>11} {reach}", ratio.what, figure(ratio.value));
        }
        for note in &self.notes {
            println!("    {note}");
        }
    }

    /// Writes it as `NAME.json`.
    pub(crate) fn save(&self, dir: &Path, machine: &Value) -> Result<PathBuf> {
        let measures: Vec<_> = self
            .measures
            .iter()
            .map(|m| json!({ "what": m.what, "unit": m.unit, "median": quantile(&m.values, 0.5), "values": m.values }))
            .collect();
        let ratios: Vec<_> = self
            .ratios
            .iter()
            .map(|ratio| {
                let reach = ratio.reach.map(|reach| {
                    json!({
                        "bound": reach.text(ratio.value), "met": reach.met(ratio.value),
                    })
                });
                json!({ "what": ratio.what, "value": ratio.value, "reach": reach })
            })
            .collect();
        let all = json!({
            "name": self.name, "machine": machine, "settings": self.settings, "measures": measures, "ratios": ratios,
            "notes": self.notes, "runs": self.runs,
        });
        std::fs::create_dir_all(dir)?;
        let path = dir.join(format!("{}.json", self.name));
        std::fs::write(&path, serde_json::to_string_pretty(&all)? + "\n")?;
        Ok(path)
    }
}

/// The value below which such a part of them lies; between two neighbours for a median of an even number.
pub(crate) fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    #[expect(clippy::cast_precision_loss, reason = "a few thousand values at most")]
    let place = part * last as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the length")]
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    sorted[below] + (sorted[above] - sorted[below]) * place.fract()
}

/// A number as people read it: thousands apart, small ones with decimals.
pub(crate) fn figure(value: f64) -> String {
    if !value.is_finite() {
        return String::from("-");
    }
    if value.abs() < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{:.0}", value.abs());
    let mut out = String::from(if value < 0.0 { "-" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
