//! What a letter says and a call speaks, before either is set or voiced.

use super::locale::Locale;
use super::pii::{Pii, Wipe};

/// One block of a letter, top to bottom. A line break within a text is `\n`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// The heading of the whole.
    Title(String),
    /// The heading of a section.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// The items of a list.
    Items(Vec<String>),
    /// Labels, each with its value.
    Facts(Vec<(String, String)>),
}

impl Wipe for Vec<Block> {
    fn wipe(&mut self) {
        for block in self.iter_mut() {
            match block {
                Block::Title(text) | Block::Heading(text) | Block::Paragraph(text) => text.wipe(),
                Block::Items(items) => items.iter_mut().for_each(Wipe::wipe),
                Block::Facts(facts) => facts.iter_mut().for_each(|(_, value)| value.wipe()),
            }
        }
    }
}

/// A letter to one person, of no particular paper, window or fold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Language of what it says.
    pub locale: Locale,
    /// Name of who writes.
    pub sender: String,
    /// The heading of the whole, for the document's title.
    pub title: Pii<String>,
    /// What it says.
    pub blocks: Pii<Vec<Block>>,
}

/// What a call says, in one language. Each is plain text to be spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speech {
    /// Its language.
    pub locale: Locale,
    /// Who calls, for whom, and which key to press. Nothing of the matter: anybody may have picked up.
    pub greeting: Pii<String>,
    /// The matter, for the person alone.
    pub message: Pii<String>,
    /// Which keys to press after it.
    pub choices: Pii<String>,
    /// Which key chooses this language, said in it to somebody who hears the other.
    pub offer: Pii<String>,
    /// What is left where no person answers: who called and which number to call back.
    pub machine: Pii<String>,
    /// After the person has confirmed.
    pub farewell: Pii<String>,
}

/// A call to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// What is said, in the person's language.
    pub speech: Speech,
    /// The same in another language that the notice has, where it has one.
    pub other: Option<Speech>,
}

impl Letter {
    /// What it says as plain text, blocks apart.
    #[must_use]
    pub fn plain(&self) -> Pii<String> {
        let blocks = self.blocks.expose().iter().map(|block| match block {
            Block::Title(text) | Block::Heading(text) | Block::Paragraph(text) => text.clone(),
            Block::Items(items) => items.iter().map(|item| format!("- {item}")).collect::<Vec<_>>().join("\n"),
            Block::Facts(facts) => {
                facts.iter().map(|(label, value)| format!("{label} {value}")).collect::<Vec<_>>().join("\n")
            }
        });
        Pii::new(blocks.collect::<Vec<_>>().join("\n\n") + "\n")
    }
}

impl Script {
    /// What is spoken as plain text: to a person in the order of the keys, then to a machine, then the other language.
    #[must_use]
    pub fn plain(&self) -> Pii<String> {
        let said = |speech: &Speech| {
            let Speech { locale, greeting, message, choices, offer, machine, farewell } = speech;
            let keys = [
                ("", greeting),
                ("9: ", offer),
                ("1: ", message),
                ("", choices),
                ("1: ", farewell),
                ("machine: ", machine),
            ];
            let lines = keys.iter().map(|(key, text)| format!("{key}{}", text.expose()));
            format!("[{}]\n{}\n", locale.as_str(), lines.collect::<Vec<_>>().join("\n"))
        };
        let texts = [Some(&self.speech), self.other.as_ref()].into_iter().flatten().map(said);
        Pii::new(texts.collect::<Vec<_>>().join("\n"))
    }
}
