//! The mark of a test: nobody who reads, hears or finds the message may take it for a notice.

use crate::domain::message::{Body, Message};
use crate::domain::pii::Pii;

/// Before a subject or a title.
const MARK: &str = "[TEST]";
/// The first line. In one language: whoever is sent a test works with the program.
const LINE: &str = "[TEST] This message tries out a notice. It is not real, and nobody's data is concerned.";
/// The same where it must be short.
const SHORT: &str = "[TEST] Not real:";
/// The same to be heard.
const SPOKEN: &str = "This call is a test. What it says is not real.";

/// Marks a message as a test, in its first words and in the text.
#[must_use]
pub fn marked_as_test(message: Message) -> Message {
    let before = |mark: &str, text: &Pii<String>| Pii::new(format!("{mark} {}", text.expose()));
    let body = match message.body {
        Body::Email { to, to_name, subject, text, html } => Body::Email {
            to,
            to_name,
            subject: before(MARK, &subject),
            text: Pii::new(format!("{LINE}\n\n{}", text.expose())),
            html: Pii::new(in_html(html.expose())),
        },
        Body::Sms { to, text, fields } => Body::Sms { to, text: before(SHORT, &text), fields },
        Body::Push { to, title, text, url } => {
            Body::Push { to, title: before(MARK, &title), text: before(SHORT, &text), url }
        }
        Body::Voice { to, mut script } => {
            for speech in [Some(&mut script.speech), script.other.as_mut()].into_iter().flatten() {
                for said in [&mut speech.greeting, &mut speech.message, &mut speech.machine] {
                    *said = before(SPOKEN, said);
                }
            }
            Body::Voice { to, script }
        }
        // There is no test of a letter.
        letter @ Body::Letter { .. } => letter,
    };
    Message { body, ..message }
}

/// Puts the line where the page begins.
fn in_html(html: &str) -> String {
    let line = format!("<p><strong>{LINE}</strong></p>");
    let body = html.find("<body").and_then(|at| html[at..].find('>').map(|end| at + end + 1));
    match body {
        Some(at) => format!("{}\n{line}{}", &html[..at], &html[at..]),
        None => format!("{line}\n{html}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_begins_with_the_line() {
        let page = in_html("<html><body class=\"a\"><p>x</p></body></html>");
        assert!(page.starts_with("<html><body class=\"a\">\n<p><strong>[TEST]"), "{page}");
        assert!(in_html("<p>x</p>").starts_with("<p><strong>[TEST]"));
    }
}
