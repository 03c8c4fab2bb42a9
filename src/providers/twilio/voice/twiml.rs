//! What a call does next, as Twilio reads it (`TwiML`): say, gather one key, hang up.

use crate::domain::letter::Speech;
use crate::domain::locale::Locale;

/// Seconds to wait for a key.
const WAIT: u8 = 8;

/// The address that a key pressed is told to, by the step it is pressed at and the language heard.
pub(super) trait Next {
    /// `step` is what was said; `other` says in which of the two languages.
    fn address(&self, step: &str, other: bool) -> String;
}

/// Says who calls and waits for the person to say to be the person. Whoever presses nothing hears only which number to call.
pub(super) fn greet(speech: &Speech, offer: Option<&Speech>, other: bool, next: &impl Next) -> String {
    let mut inner = say(speech, speech.greeting.expose());
    if let Some(offer) = offer {
        inner.push_str(&say(offer, offer.offer.expose()));
    }
    let gather = gather(&next.address("greeted", other), &inner);
    respond(&[gather, say(speech, speech.machine.expose()), hang_up()])
}

/// Says the matter and waits for it to be confirmed.
pub(super) fn tell(speech: &Speech, other: bool, next: &impl Next) -> String {
    let said = say(speech, speech.message.expose()) + "<Pause length=\"1\"/>" + &say(speech, speech.choices.expose());
    respond(&[gather(&next.address("told", other), &said), say(speech, speech.farewell.expose()), hang_up()])
}

/// Says something and ends the call.
pub(super) fn end(speech: &Speech, text: &str) -> String {
    respond(&[say(speech, text), hang_up()])
}

/// Ends the call.
pub(super) fn silence() -> String {
    respond(&[hang_up()])
}

fn respond(verbs: &[String]) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{}</Response>", verbs.concat())
}

fn hang_up() -> String {
    String::from("<Hangup/>")
}

fn gather(action: &str, inner: &str) -> String {
    format!(
        "<Gather input=\"dtmf\" numDigits=\"1\" timeout=\"{WAIT}\" method=\"POST\" action=\"{}\">{inner}</Gather>",
        escaped(action)
    )
}

fn say(speech: &Speech, text: &str) -> String {
    format!("<Say language=\"{}\">{}</Say>", voice(&speech.locale), escaped(text))
}

/// The language as Twilio's `<Say>` names it; one that it does not speak is spoken as English.
fn voice(locale: &Locale) -> &'static str {
    const VOICES: [(&str, &str); 33] = [
        ("ca", "ca-ES"),
        ("da", "da-DK"),
        ("de", "de-DE"),
        ("en-AU", "en-AU"),
        ("en-CA", "en-CA"),
        ("en-GB", "en-GB"),
        ("en-IE", "en-GB"),
        ("en-IN", "en-IN"),
        ("en-NZ", "en-AU"),
        ("en", "en-US"),
        ("es-MX", "es-MX"),
        ("es", "es-ES"),
        ("fi", "fi-FI"),
        ("fr-CA", "fr-CA"),
        ("fr", "fr-FR"),
        ("it", "it-IT"),
        ("ja", "ja-JP"),
        ("ko", "ko-KR"),
        ("nb", "nb-NO"),
        ("nn", "nb-NO"),
        ("no", "nb-NO"),
        ("nl", "nl-NL"),
        ("pl", "pl-PL"),
        ("pt-BR", "pt-BR"),
        ("pt", "pt-PT"),
        ("ru", "ru-RU"),
        ("sv", "sv-SE"),
        ("zh-Hans", "zh-CN"),
        ("zh-HK", "zh-HK"),
        ("zh-MO", "zh-HK"),
        ("zh-Hant-HK", "zh-HK"),
        ("zh-Hant", "zh-TW"),
        ("yue", "zh-HK"),
    ];
    let found = locale.fallbacks().into_iter().find_map(|tag| VOICES.iter().find(|(known, _)| *known == tag.as_str()));
    found.map_or("en-US", |(_, voice)| voice)
}

/// Text within XML 1.0: markup and quotes escaped, characters that it cannot have left out.
fn escaped(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).fold(String::with_capacity(text.len()), |mut escaped, c| {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c => escaped.push(c),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_named_as_twilio_does() {
        for (tag, expected) in [
            ("de-AT", "de-DE"),
            ("en", "en-US"),
            ("zh-CN", "zh-CN"),
            ("zh-TW", "zh-TW"),
            ("zh-HK", "zh-HK"),
            ("eo", "en-US"),
        ] {
            assert_eq!(voice(&Locale::parse(tag).unwrap()), expected, "{tag}");
        }
    }

    #[test]
    fn nothing_becomes_markup() {
        assert_eq!(escaped("a<b>&\"c\"\u{0}\n"), "a&lt;b&gt;&amp;&quot;c&quot;");
    }
}
