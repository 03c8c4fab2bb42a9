//! The words of one language, as `templates/notices/words/<locale>.toml` holds them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::{RenderError, place};
use super::sources::Source;
use crate::domain::vocabulary::DataCategory;

/// Everything a frame says in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// The language's own name for itself.
    pub language: String,
    /// How dates are written.
    pub dates: DateWords,
    /// How lists are written in a sentence.
    pub list: ListWords,
    /// Headings of a notice.
    pub headings: Headings,
    /// Labels before a value.
    pub labels: Labels,
    /// How people are addressed; these see `person`.
    pub greeting: GreetingWords,
    /// Sentences; Handlebars that sees `organisation`, `contact`, `incident` and `where_to_read`, and nobody's data.
    pub phrases: Phrases,
    /// What only a letter says.
    pub letter: LetterWords,
    /// What only a call says; Handlebars that sees what the phrases see, and `named` sees `person`.
    pub voice: VoiceWords,
    /// Names of the data categories, as in an enumeration. The keys are the words of the vocabulary.
    pub data: BTreeMap<String, String>,
}

/// How dates are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DateWords {
    /// A date, of `{{day}}`, `{{month}}` and `{{year}}`.
    pub pattern: String,
    /// Two dates, `{{from}}` and `{{until}}`.
    pub range: String,
    /// What is over and of which nobody knows when it began, `{{until}}`.
    pub until: String,
    /// What still goes on, `{{from}}`.
    pub since: String,
    /// Names of the twelve months.
    pub months: Vec<String>,
    /// The first of a month, where it is not written as a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_day: Option<String>,
}

/// How lists are written in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListWords {
    /// Between items.
    pub between: String,
    /// Before the last item.
    pub last: String,
}

macro_rules! texts {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: String,)+
        }
    };
}

texts! {
    /// Headings of a notice. Some laws prescribe their words, e.g. Cal. Civ. Code 1798.82(d).
    Headings {
        /// Of the whole.
        title,
        /// What happened and what it may mean.
        what_happened,
        /// Which data.
        what_data,
        /// What was and will be done.
        what_we_do,
        /// What the person can do.
        what_you_can_do,
        /// What is offered.
        what_we_offer,
        /// Whom to ask.
        whom_to_ask,
        /// How to tell that the message is genuine.
        genuine,
    }
}

texts! {
    /// Labels before a value, with the punctuation of the language.
    Labels {
        /// When it happened.
        occurred,
        /// When it was discovered.
        discovered,
        /// Whom to ask.
        contact,
        /// Email address.
        email,
        /// Phone number.
        phone,
        /// Address of a page.
        web,
        /// The person's reference.
        reference,
    }
}

texts! {
    /// How people are addressed.
    GreetingWords {
        /// With `person.name`.
        named,
        /// Somebody whose name is not known.
        neutral,
        /// What a guardian is told first: that it is about a minor, who is meant by "you". Plain text.
        guardian,
        /// Before the minor's name, where it is known. Plain text.
        ward,
        /// What a short message to a guardian begins with. Plain text.
        guardian_short,
    }
}

texts! {
    /// Sentences.
    Phrases {
        /// Subject line of an email.
        subject,
        /// Opening.
        intro,
        /// Before the list of data.
        data_intro,
        /// Before the contact.
        ask,
        /// What the reference is for.
        reference_note,
        /// How to tell that the message is genuine.
        genuine,
        /// Before the sender's name.
        closing,
        /// The whole matter in a sentence, for a text message.
        short,
        /// Where to read more, for a text message.
        more,
        /// Warning against fraud, for a text message.
        short_genuine,
        /// The whole matter on a lock screen.
        push,
    }
}

texts! {
    /// What only a letter says.
    LetterWords {
        /// How to tell that it is genuine.
        genuine,
    }
}

texts! {
    /// What only a call says.
    VoiceWords {
        /// Who calls, for whom, and to press 1; with `person.name`.
        named,
        /// The same to somebody whose name is not known.
        neutral,
        /// Before the steps that the person can take.
        steps,
        /// The number to call with questions.
        call_back,
        /// Where to read more, where there is no number to call.
        read_more,
        /// Keys after the message: 1 confirms, 2 repeats.
        choices,
        /// That 9 chooses this language.
        offer,
        /// What is left on an answering machine.
        machine,
        /// The end.
        farewell,
    }
}

impl Words {
    /// Reads the words of a language: the built-in file and the override laid over it, either of which may be absent.
    pub(super) fn read(built_in: Option<&Source>, over: Option<&Source>) -> Result<Self, RenderError> {
        let mut table = toml::Table::new();
        let mut file = "";
        for source in [built_in, over].into_iter().flatten() {
            lay_over(&mut table, parse(source)?);
            file = &source.path;
        }
        let wrong = |reason: String| RenderError::Words { file: file.to_owned(), reason };
        let words: Self = table.try_into().map_err(|e: toml::de::Error| wrong(e.message().to_owned()))?;
        if words.dates.months.len() != 12 {
            return Err(wrong(String::from("dates.months must name twelve months")));
        }
        if let Some(category) = DataCategory::ALL.iter().find(|c| !words.data.contains_key(c.as_str())) {
            return Err(wrong(format!("data.{category} is missing")));
        }
        if let Some(word) = words.data.keys().find(|w| DataCategory::try_from((*w).clone()).is_err()) {
            return Err(wrong(format!("data.{word} is no word of the vocabulary")));
        }
        Ok(words)
    }

    /// The name of a data category. Where an organisation uses a word of its own, that word stands for itself.
    #[must_use]
    pub fn category<'a>(&'a self, word: &'a str) -> &'a str {
        self.data.get(word).map_or(word, String::as_str)
    }

    /// Items as they are listed in a sentence.
    #[must_use]
    pub fn list(&self, items: &[&str]) -> String {
        match items {
            [] => String::new(),
            [only] => (*only).to_owned(),
            [first @ .., last] => format!("{}{}{last}", first.join(&self.list.between), self.list.last),
        }
    }
}

fn parse(source: &Source) -> Result<toml::Table, RenderError> {
    source.text.parse().map_err(|e: toml::de::Error| {
        let (line, column) = place(&source.text, e.span().map_or(0, |span| span.start));
        RenderError::Syntax { template: source.path.clone(), line, column, reason: e.message().to_owned() }
    })
}

/// Puts the values of one table over those of another, section by section.
fn lay_over(table: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (table.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => lay_over(below, above),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}
