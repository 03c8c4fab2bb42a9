//! `candour check`: everything that can be wrong before the day it matters, without sending anything.

use std::path::Path;
use std::sync::Arc;

use super::Failure;
use super::strays::no_strays;
use crate::app;
use crate::bounces::check_mailbox;
use crate::config::Config;
use crate::console::ConsolePages;
use crate::domain::clock::{Clock, Entropy};
use crate::law::Rules;
use crate::providers::Providers;
use crate::public::Pages;
use crate::render::{RenderError, Renderer};
use crate::system::System;

/// Options of `candour check`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Args {
    /// Print the default configuration, which explains every key, and check nothing.
    #[arg(long)]
    defaults: bool,
}

/// What was looked at, and what was wrong.
#[derive(Default)]
struct Findings {
    faults: usize,
}

impl Findings {
    fn note<T, E: std::error::Error>(
        &mut self,
        what: &str,
        result: Result<T, E>,
        say: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        match result {
            Ok(found) => {
                println!("ok     {what}: {}", say(&found));
                Some(found)
            }
            Err(error) => {
                println!("FAULT  {what}: {}", Failure::of(error).0);
                self.faults += 1;
                None
            }
        }
    }
}

/// Renders everything with samples; the first rendering that fails, if one does.
fn rendered(renderer: &Renderer) -> Result<usize, RenderError> {
    let found = crate::render::check::check(renderer);
    found.errors.into_iter().next().map_or(Ok(found.rendered), Err)
}

pub(super) async fn run(file: Option<&Path>, store: Option<&str>, args: Args) -> Result<(), Failure> {
    if args.defaults {
        return super::output(Config::DEFAULT_FILE);
    }
    let config = super::load(file, store)?;
    println!(
        "ok     configuration: {}",
        file.map_or_else(|| String::from("defaults and environment"), |f| f.display().to_string())
    );
    let mut findings = Findings::default();

    findings.note("rules", Rules::with_overrides(config.law.overrides.as_deref()), |rules| {
        let known: Vec<String> = rules.known().map(ToString::to_string).collect();
        format!("{} jurisdictions: {}", known.len(), known.join(", "))
    });
    let renderer = findings
        .note("templates", Renderer::load(config.templates.directory.as_deref()), |_| String::from("all compile"));
    if let Some(renderer) = renderer {
        findings.note("templates, with samples", rendered(&renderer), |count| format!("{count} renderings"));
    }
    let templates = config.templates.directory.as_deref();
    findings.note("public pages, with samples", Pages::load(templates), |_| String::from("all render"));
    findings.note("console pages, with samples", ConsolePages::load(templates), |_| String::from("all render"));
    if let Some(directory) = templates {
        findings.note("files of templates", no_strays(directory), |()| String::from("each stands in for one"));
    }
    findings.note("master key", app::master_keys(&config), |keys| format!("fingerprint {}", keys.current.id()));
    let store = app::open_existing(&config, Arc::new(System), true).await;
    if let Some(store) = findings.note("database", store, |_| String::from("answers, schema up to date")) {
        findings.note("sealed data", store.check_keys().await, |opened| format!("{opened} incident keys open"));
    }
    let clock: Arc<dyn Clock> = Arc::new(System);
    let entropy: Arc<dyn Entropy> = Arc::new(System);
    let providers = findings.note("providers", app::providers(&config, &clock, &entropy), |providers| {
        format!("{} configured", providers.iter().count())
    });
    for provider in providers.iter().flat_map(Providers::iter) {
        let name = format!("provider {}", provider.describe().name);
        findings.note(&name, provider.check().await, ToString::to_string);
        for remark in provider.remarks() {
            println!("note   {name}: {remark}");
        }
    }
    if !config.http.has_address() {
        println!("note   public notices: none can be published before http.public_url is set");
    }
    if let Some(mailbox) = config.bounces.mailbox.configured() {
        findings.note("bounce mailbox", check_mailbox(&mailbox).await, |()| {
            String::from("reachable, takes the credentials, the folder is there")
        });
    }
    if let Some(providers) = &providers {
        let settings = findings.note("reminders", app::responders(&config, providers.iter()), |settings| {
            let signed = if settings.signer.is_some() { "signed" } else { "none" };
            format!("{} mailboxes, {} webhooks ({signed})", settings.email.len(), settings.webhooks.len())
        });
        if settings.is_some_and(|settings| settings.email.is_empty() && settings.webhooks.is_empty()) {
            println!(
                "note   reminders: nobody is told of deadlines, of a provider whose account fails, or of a campaign that has \
                 paused by itself; set reminders.email or reminders.webhooks"
            );
        }
    }
    match findings.faults {
        0 => Ok(()),
        1 => Err(Failure::new("one fault was found")),
        faults => Err(Failure::new(format!("{faults} faults were found"))),
    }
}
