//! `candour obligations FACTS.json`: what the law asks, from facts alone. `candour obligations --open`: what it asks of the
//! incidents that are being handled, and what differs from what was noted of them, so that rules can be tried. As text for
//! people in a terminal, as JSON for programs.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::obligations_text::in_words;
use super::{Failure, output};
use crate::app;
use crate::config::Config;
use crate::domain::clock::{Clock, Millis};
use crate::domain::facts::IncidentFacts;
use crate::domain::history::DutyChange;
use crate::domain::id::IncidentId;
use crate::domain::incident::IncidentState;
use crate::domain::obligation::Obligation;
use crate::incidents::{self, Outlook};
use crate::law::Rules;
use crate::render::one_line;
use crate::system::System;

/// Options of `candour obligations`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The facts, in the form of the incident API's body; `-` is standard input.
    #[arg(required_unless_present = "open")]
    facts: Option<PathBuf>,
    /// In place of a file, the incidents that are being handled, from the database: their obligations under these rules, and
    /// what is different from what was noted of them last. Changes nothing.
    #[arg(long, conflicts_with = "facts")]
    open: bool,
    /// A directory of rule files that stand in for the embedded ones of the same name, or add to them.
    #[arg(long, value_name = "DIRECTORY")]
    overrides: Option<PathBuf>,
    /// How it is printed; without it, text in a terminal and JSON elsewhere.
    #[arg(long, value_enum)]
    format: Option<Format>,
}

/// How obligations are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A paragraph for each, the earliest deadline first.
    Text,
    /// As the API gives them.
    Json,
}

impl Args {
    fn is_text(&self) -> bool {
        match self.format {
            Some(format) => format == Format::Text,
            None => std::io::stdout().is_terminal(),
        }
    }
}

pub(super) async fn run(args: &Args, configured: impl FnOnce() -> Result<Config, Failure>) -> Result<(), Failure> {
    match &args.facts {
        Some(facts) => of_facts(facts, args),
        None => of_open_incidents(args, &configured()?).await,
    }
}

/// An incident as it is printed.
#[derive(serde::Serialize)]
struct OpenIncident {
    incident: IncidentId,
    title: String,
    state: IncidentState,
    changes: Vec<DutyChange>,
    obligations: Vec<Obligation>,
}

async fn of_open_incidents(args: &Args, config: &Config) -> Result<(), Failure> {
    let rules =
        Rules::with_overrides(args.overrides.as_deref().or(config.law.overrides.as_deref())).map_err(Failure::of)?;
    let store = app::open_existing(config, Arc::new(System), false).await.map_err(Failure::of)?;
    let now = System.now();
    let found = incidents::outlook(&*store, &rules, now).await.map_err(Failure::of)?;
    if args.is_text() {
        if found.is_empty() {
            return output("No incident is being handled.\n");
        }
        return output(&found.iter().map(|one| incident_in_words(one, now)).collect::<Vec<_>>().join("\n"));
    }
    let shown: Vec<OpenIncident> = found
        .into_iter()
        .map(|Outlook { incident, title, state, changes, obligations }| OpenIncident {
            incident,
            title,
            state,
            changes,
            obligations,
        })
        .collect();
    print(&shown)
}

/// An incident: its obligations, and what is different from what was noted of it last.
fn incident_in_words(one: &Outlook, now: Millis) -> String {
    let changed: Vec<&str> = one.changes.iter().map(|change| change.obligation.as_str()).collect();
    let changed = if changed.is_empty() {
        String::from("Nothing is different from what was noted last.")
    } else {
        format!("Different from what was noted last: {}.", changed.join(", "))
    };
    // Drafts of former versions may have a title that a terminal obeys.
    format!("{} ({})\n{changed}\n{}", one_line(&one.title), one.incident, in_words(&one.obligations, now))
}

fn print(value: &impl serde::Serialize) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(value).map_err(Failure::of)?;
    output(&(json + "\n"))
}

fn of_facts(file: &Path, args: &Args) -> Result<(), Failure> {
    let name = file.display();
    let mut text = String::new();
    if file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).map_err(Failure::io("standard input cannot be read"))?;
    } else {
        text = std::fs::read_to_string(file).map_err(Failure::io(&format!("{name} cannot be read")))?;
    }
    let facts: IncidentFacts = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("{name} does not hold the facts of an incident: {error}")))?;
    let rules = Rules::with_overrides(args.overrides.as_deref()).map_err(Failure::of)?;
    if let Some(unknown) = rules.unknown_in(&facts).first() {
        let known: Vec<String> = rules.residences().map(ToString::to_string).collect();
        let why = rules.why_nobody_lives_in(unknown);
        return Err(Failure::new(format!("{why}; people may live in {}", known.join(", "))));
    }
    let now = System.now();
    let found = rules.obligations(&facts, &BTreeMap::new(), now);
    if args.is_text() { output(&in_words(&found, now)) } else { print(&found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_printed_as_one_line_that_no_terminal_obeys() {
        let id = IncidentId::new(Millis(0), [0; 10]);
        let title = String::from("Disk\u{1b}[2J\nfull");
        let one =
            Outlook { incident: id, title, state: IncidentState::Draft, changes: Vec::new(), obligations: Vec::new() };
        let text = incident_in_words(&one, Millis(0));
        assert!(text.starts_with(&format!("Disk[2J full ({id})\n")), "{text:?}");
    }
}
