//! `candour obligations FACTS.json`: what the law asks, from facts alone.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;

use super::Failure;
use crate::domain::clock::Clock;
use crate::domain::facts::IncidentFacts;
use crate::law::Rules;
use crate::system::System;

/// Options of `candour obligations`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The facts, in the form of the incident API's body; `-` is standard input.
    facts: PathBuf,
    /// A directory of rule files that stand in for the embedded ones of the same name, or add to them.
    #[arg(long, value_name = "DIRECTORY")]
    overrides: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let name = args.facts.display();
    let mut text = String::new();
    if args.facts.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).map_err(Failure::io("standard input cannot be read"))?;
    } else {
        text = std::fs::read_to_string(&args.facts).map_err(Failure::io(&format!("{name} cannot be read")))?;
    }
    let facts: IncidentFacts = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("{name} does not hold the facts of an incident: {error}")))?;
    let rules = Rules::with_overrides(args.overrides.as_deref()).map_err(Failure::of)?;
    if let Some(unknown) = rules.unknown_in(&facts).first() {
        let known: Vec<String> = rules.residences().map(ToString::to_string).collect();
        let why = rules.why_nobody_lives_in(unknown);
        return Err(Failure::new(format!("{why}; people may live in {}", known.join(", "))));
    }
    let obligations = rules.obligations(&facts, &BTreeMap::new(), System.now());
    let json = serde_json::to_string_pretty(&obligations).map_err(Failure::of)?;
    super::output(&(json + "\n"))
}
