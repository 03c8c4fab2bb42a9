//! Every page once, with what is made up: a template that uses a name that is not there is found at the start, and not when a
//! responder reads.
//!
//! The samples are the two ends: everything that can be shown, and next to nothing.

use serde::Serialize;

use super::pages::{ConsoleError, ConsolePages};
use super::respond::{Frame, Refusal};
use super::{deadlines, incident, list};

/// Renders them all.
///
/// # Errors
/// The first that does not render.
pub(super) fn render_all(pages: &ConsolePages) -> Result<(), ConsoleError> {
    for full in [true, false] {
        let frame = || Frame {
            title: text(),
            style: pages.style(),
            home: if full { "../console" } else { "" },
            at: String::from("2026-11-20 14:10 UTC"),
        };
        render(pages, "list.html", &list::sample(frame(), full))?;
        render(pages, "deadlines.html", &deadlines::sample(frame(), full))?;
        render(pages, "incident.html", &incident::sample(frame(), full, full))?;
        render(pages, "incident.html", &incident::sample(frame(), full, !full))?;
        render(pages, "refused.html", &Refusal { frame: frame(), text: "A sample", explain: full })?;
    }
    Ok(())
}

fn render(pages: &ConsolePages, name: &str, page: &impl Serialize) -> Result<(), ConsoleError> {
    pages.render(name, page).map(drop).map_err(|error| ConsoleError {
        file: format!("{}.hbs", error.template_name.as_deref().unwrap_or(name)),
        reason: error.to_string(),
    })
}

/// Some text.
pub(super) fn text() -> String {
    String::from("A sample")
}

/// Some texts, where a list has more than one.
pub(super) fn texts() -> Vec<String> {
    vec![text(), text()]
}
