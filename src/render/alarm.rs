//! The email that tells responders of an alarm.

use std::sync::LazyLock;

use handlebars::Handlebars;
use serde::Serialize;

use super::context::one_line;

/// The email could not be written: a defect of an embedded template.
#[derive(Debug, thiserror::Error)]
#[error("the alarm's text failed: {0}")]
pub struct AlarmError(#[from] handlebars::RenderError);

/// What an alarm tells.
#[derive(Debug, Serialize)]
pub struct AlarmWords {
    /// What is wrong, in one line; also the subject.
    pub headline: String,
    /// What that means for those who are to be told.
    pub what: String,
    /// What is known.
    pub facts: Vec<AlarmFact>,
    /// What to do about it, where there is something.
    pub todo: Option<String>,
    /// Where to read more.
    pub link: String,
}

/// One thing that is known.
#[derive(Debug, Serialize)]
pub struct AlarmFact {
    /// What it is.
    pub name: &'static str,
    /// What is known of it.
    pub value: String,
}

/// The email, written.
#[derive(Debug)]
pub struct RenderedAlarm {
    /// Subject line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same in HTML.
    pub html: String,
}

static HTML: LazyLock<Handlebars<'static>> =
    LazyLock::new(|| one("email", include_str!("../../templates/alarms/email.html.hbs")));

/// Plain text is not escaped; HTML is.
static TEXT: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut templates = one("email", include_str!("../../templates/alarms/email.txt.hbs"));
    templates.register_escape_fn(handlebars::no_escape);
    templates
});

fn one(name: &str, text: &str) -> Handlebars<'static> {
    let mut templates = Handlebars::new();
    templates.set_strict_mode(true);
    templates.register_template_string(name, text).expect("the embedded templates parse; a test renders them");
    templates
}

/// Writes what is said of an alarm.
///
/// # Errors
/// When an embedded template asks for a value that there is none of.
pub fn alarm(words: &AlarmWords) -> Result<RenderedAlarm, AlarmError> {
    Ok(RenderedAlarm {
        subject: one_line(&words.headline),
        text: TEXT.render("email", words)?,
        html: HTML.render("email", words)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_text_in_both_forms() {
        let words = AlarmWords {
            headline: String::from("The campaign of <b>Tape</b>\r\nBcc: a@example.org has paused"),
            what: String::from("Nobody is told."),
            facts: vec![
                AlarmFact { name: "The provider's answer", value: String::from("535 <5.7.8>") },
                AlarmFact { name: "Since", value: String::from("Sunday") },
            ],
            todo: None,
            link: String::from("https://candour.example.org/console"),
        };
        let written = alarm(&words).unwrap();
        assert!(!written.subject.contains(['\r', '\n']), "{}", written.subject);
        assert!(
            written.text.contains("The provider's answer: 535 <5.7.8>\nSince: Sunday\n\nWhere"),
            "{}",
            written.text
        );
        assert!(written.html.contains("<strong>535 &lt;5.7.8&gt;</strong><br>") && !written.html.contains("<b>Tape"));
        assert!(!written.text.contains("What to do"));
    }
}
