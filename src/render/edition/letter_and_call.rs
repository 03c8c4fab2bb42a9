//! The letter and the call of an edition.

use serde_json::Value;

use super::{Edition, set};
use crate::domain::letter::{Block, Letter, Speech};
use crate::domain::person::PersonRecord;
use crate::domain::pii::Pii;
use crate::render::error::RenderError;
use crate::render::sources::FrameFile;
use crate::render::{one_line, paragraphs};

/// Most characters that a call may speak at once: over a minute in any language, and few enough that two languages of
/// them fit into the address that a provider calls.
const LONGEST_SPEECH: usize = 1_200;

impl Edition {
    pub(in crate::render) fn letter(&self, record: &PersonRecord) -> Result<Letter, RenderError> {
        let mut context = self.context(record, true);
        let greeting = self.to_guardian(record, self.greeting(&context)?);
        set(&mut context, "greeting", Value::String(greeting));
        let filled = self.with_body(FrameFile::Letter, context)?;
        let wrong = |reason: String| RenderError::Template {
            template: self.frames[&FrameFile::Letter].path.clone(),
            locale: self.locale.clone(),
            reason,
        };
        let blocks = paragraphs::read(&filled).map_err(wrong)?;
        let title = blocks.iter().find_map(|block| match block {
            Block::Title(title) => Some(title.clone()),
            _ => None,
        });
        let title = title.ok_or_else(|| wrong(String::from("a letter needs a heading of the whole, <h1>")))?;
        let (title, blocks) = (Pii::new(title), Pii::new(blocks));
        Ok(Letter { locale: self.locale.clone(), sender: self.sender.clone(), title, blocks })
    }

    pub(in crate::render) fn speech(&self, record: &PersonRecord) -> Result<Speech, RenderError> {
        let context = self.context(record, false);
        let greeting = if context.data().pointer("/person/name").is_some() {
            self.filler(&context).fill(&self.spoken_greeting)?
        } else {
            self.spoken.get("neutral").cloned().unwrap_or_default()
        };
        let message = one_line(&self.with_body(FrameFile::Voice, context)?);
        let message = match record.ward {
            Some(_) => format!("{} {message}", self.language.words.greeting.guardian_short),
            None => message,
        };
        if message.chars().count() > LONGEST_SPEECH {
            return Err(RenderError::Template {
                template: self.frames[&FrameFile::Voice].path.clone(),
                locale: self.locale.clone(),
                reason: format!(
                    "a call would speak more than {LONGEST_SPEECH} characters; give the notice a `short` text"
                ),
            });
        }
        let say = |key: &str| Pii::new(self.spoken.get(key).cloned().unwrap_or_default());
        Ok(Speech {
            locale: self.locale.clone(),
            greeting: Pii::new(one_line(&greeting)),
            message: Pii::new(message),
            choices: say("choices"),
            offer: say("offer"),
            machine: say("machine"),
            farewell: say("farewell"),
        })
    }
}
