//! The email that reminds responders of a deadline.

use std::sync::LazyLock;

use handlebars::Handlebars;
use serde::Serialize;

use super::context::one_line;

/// The email could not be written: a defect of an embedded template.
#[derive(Debug, thiserror::Error)]
#[error("the reminder's text failed: {0}")]
pub struct ReminderError(#[from] handlebars::RenderError);

/// What a reminder tells.
#[derive(Debug, Serialize)]
pub struct ReminderWords {
    /// What time it is, in words.
    pub mark: &'static str,
    /// The incident's title.
    pub title: String,
    /// Where to read more.
    pub link: String,
    /// How many duties.
    pub number: usize,
    /// The duties.
    pub duties: Vec<ReminderDuty>,
}

/// A duty in a reminder.
#[derive(Debug, Serialize)]
pub struct ReminderDuty {
    /// What is to be done.
    pub what: &'static str,
    /// To whom.
    pub to: String,
    /// The rule set.
    pub jurisdiction: String,
    /// How strongly.
    pub force: &'static str,
    /// By when, in words and in the authority's own time.
    pub due: String,
    /// How long that is from now, in words.
    pub left: String,
    /// Whether that time is over.
    pub overdue: bool,
    /// The deadline in the law's words.
    pub rule: String,
    /// Why it applies.
    pub because: String,
    /// The provisions.
    pub citations: String,
}

/// The email, written.
#[derive(Debug)]
pub struct RenderedReminder {
    /// Subject line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same in HTML.
    pub html: String,
}

static TEMPLATES: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut templates = Handlebars::new();
    templates.set_strict_mode(true);
    for (name, text) in [
        ("html", include_str!("../../templates/reminders/email.html.hbs")),
        ("text", include_str!("../../templates/reminders/email.txt.hbs")),
    ] {
        templates.register_template_string(name, text).expect("the embedded templates parse; a test renders them");
    }
    templates
});

/// Plain text is not escaped; HTML is.
static PLAIN: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut templates = TEMPLATES.clone();
    templates.register_escape_fn(handlebars::no_escape);
    templates
});

/// Writes a reminder.
///
/// # Errors
/// When an embedded template asks for a value that there is none of.
pub fn reminder(words: &ReminderWords) -> Result<RenderedReminder, ReminderError> {
    let duties = if words.number == 1 { "duty" } else { "duties" };
    Ok(RenderedReminder {
        subject: one_line(&format!("{}: {} {duties} - {}", words.mark, words.number, words.title)),
        text: PLAIN.render("text", words)?,
        html: TEMPLATES.render("html", words)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_is_text_in_both_forms() {
        let words = ReminderWords {
            mark: "Overdue",
            title: String::from("<b>Tape</b> & more\r\nBcc: a@example.org"),
            link: String::from("https://candour.example.org/console/incidents/1"),
            number: 1,
            duties: vec![ReminderDuty {
                what: "Notify an authority",
                to: String::from("State & <Attorney>"),
                jurisdiction: String::from("us-ca"),
                force: "mandatory",
                due: String::from("Thursday, 10 December 2026, 23:59 (UTC-08:00)"),
                left: String::from("2 days ago"),
                overdue: true,
                rule: String::from("15 days"),
                because: String::from("1200 individuals > 500"),
                citations: String::from("Cal. Civ. Code 1798.82(f)"),
            }],
        };
        let written = reminder(&words).unwrap();
        assert!(!written.subject.contains(['\r', '\n']), "{}", written.subject);
        assert!(written.text.contains("Was due: Thursday, 10 December 2026, 23:59 (UTC-08:00), 2 days ago"));
        assert!(written.text.contains("1200 individuals > 500") && written.text.contains("State & <Attorney>"));
        assert!(written.html.contains("State &amp; &lt;Attorney&gt;") && !written.html.contains("<b>Tape"));
    }
}
