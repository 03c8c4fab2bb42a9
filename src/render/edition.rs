//! A notice in one language: the author's texts of one locale in the frame of the nearest language there is.

mod codes;
mod covers;
mod letter_and_call;

use std::collections::BTreeMap;
use std::sync::Arc;

use handlebars::{Context, Template};
use serde_json::{Map, Value, json};

use super::body::{Filler, Piece, Texts};
use super::context;
use super::error::RenderError;
use super::fold;
use super::language::{Form, Language};
use super::notice::Rendered;
use super::plate::Plate;
use super::registry::{Frame, Renderer};
use super::settle::Settler;
use super::snippet::Snippet;
use super::sources::FrameFile;
use crate::domain::channel::Channel;
use crate::domain::facts::IncidentFacts;
use crate::domain::locale::Locale;
use crate::domain::notice::{NoticeContent, NoticeTexts, hash};
use crate::domain::person::PersonRecord;
use crate::domain::pii::Pii;

/// A frame with everything in it that is the same for everybody.
struct Folded {
    path: String,
    template: Template,
    /// Whether a part of `body` is left to fill.
    body: bool,
}

/// A notice in one language.
pub(super) struct Edition {
    locale: Locale,
    language: Arc<Language>,
    frames: BTreeMap<FrameFile, Folded>,
    texts: Texts,
    greeting: Snippet,
    /// How a call begins for somebody whose name is known.
    spoken_greeting: Snippet,
    /// What a call says to everybody.
    spoken: BTreeMap<String, String>,
    /// Of what is the same for everybody, what the folded frames and the texts still ask for.
    base: Map<String, Value>,
    /// Names of the categories of data that the incident's scope says.
    scope: Vec<String>,
    /// The page to open.
    url: Option<String>,
    /// Name of the organisation.
    sender: String,
    hash: String,
    /// Whether somebody's remedy code is in it.
    has_code: bool,
    /// The channels of the cascade whose frames, not the texts in them, use something that not everybody has.
    asking: Vec<Channel>,
    /// The email without the interpreter, where that can be.
    plate: Option<Plate>,
}

impl Edition {
    pub(super) fn compile(
        renderer: &Renderer,
        content: &NoticeContent,
        texts: &NoticeTexts,
        locale: &Locale,
        facts: &IncidentFacts,
    ) -> Result<Self, RenderError> {
        let language = language(renderer, content, locale)?;
        let place = if locale.fallbacks().contains(&language.locale) { locale } else { &language.locale };
        let mut frames = BTreeMap::new();
        for file in FrameFile::ALL {
            frames.insert(file, renderer.frame(&content.template, place, file)?.as_ref());
        }
        let settler = Settler::new(language, locale, facts)?;
        let phrases = settler.phrases()?;
        let texts = Texts::settle(&settler, texts, phrases.get("subject").map_or("", String::as_str))?;
        let spoken = settler.spoken()?;
        let mut base = context::frame(language, locale, &phrases, &spoken, facts);
        base.extend(settler.facts());
        let words = &language.words;
        let mut edition = Self {
            locale: locale.clone(),
            language: Arc::clone(language),
            frames: BTreeMap::new(),
            greeting: settler.greeting()?,
            spoken_greeting: settler.spoken_greeting()?,
            spoken,
            scope: facts.scope.data.iter().map(|word| words.category(word.as_str()).to_owned()).collect(),
            url: facts.contact.url.clone(),
            sender: facts.organisation.name.clone().unwrap_or_default(),
            texts,
            base,
            hash: String::new(),
            has_code: false,
            asking: Vec::new(),
            plate: None,
        };
        edition.hash = edition.fingerprint(&frames);
        edition.has_code = edition.finds_code(&frames)?;
        edition.fold(&frames)?;
        edition.asking = content.cascade.iter().copied().filter(|channel| edition.asks(*channel)).collect();
        edition.plate = Plate::make(
            &edition.texts,
            &edition.greeting.template,
            &edition.frames[&FrameFile::EmailText].template,
            &edition.frames[&FrameFile::EmailHtml].template,
            &edition.base,
        );
        Ok(edition)
    }

    /// What stands for everything that decides how this edition reads.
    pub(super) fn hash(&self) -> &str {
        &self.hash
    }

    /// The hash over frames, words, settled texts and facts. Of the incident's facts at large, few are used; they count
    /// only where a frame or a text that is filled per person may use them.
    fn fingerprint(&self, frames: &BTreeMap<FrameFile, &Frame>) -> String {
        let mut base = self.base.clone();
        let mut used = frames.values().map(|frame| &frame.template).chain(self.per_person());
        if !used.any(|template| fold::uses(template, "incident")) {
            base.remove("incident");
        }
        let settled: Vec<&str> = self
            .texts
            .pieces()
            .filter_map(|piece| match piece {
                Piece::Settled(plain) => Some(plain.as_str()),
                Piece::PerPerson(_) => None,
            })
            .collect();
        let facts = json!([self.locale, base, self.scope, settled, self.language.words.as_ref()]).to_string();
        let frames = frames.values().map(|frame| frame.source.as_bytes());
        hash(&std::iter::once(facts.as_bytes()).chain(frames).collect::<Vec<_>>())
    }

    /// Folds the frames, and drops of the base what nothing asks for any more.
    fn fold(&mut self, frames: &BTreeMap<FrameFile, &Frame>) -> Result<(), RenderError> {
        let subject = match &self.texts.subject {
            Piece::Settled(plain) => Some(context::one_line(plain)),
            Piece::PerPerson(_) => None,
        };
        let varies = |root: &str, part: Option<&str>| match root {
            "person" | "greeting" => true,
            "subject" => subject.is_none(),
            "body" => self.texts.varies(part),
            _ => false,
        };
        let mut folded = BTreeMap::new();
        for (file, frame) in frames {
            let mut parts = vec![("body", self.texts.body(*file, None)?)];
            parts.extend(subject.clone().map(|subject| ("subject", Value::String(subject))));
            let context = context::root(&self.base, parts);
            let fill = |t: &Template| self.language.fill(file.form(), t, &context, &frame.path, &self.locale);
            let template = fold::fold(&frame.template, varies, fill)?;
            let body = fold::uses(&template, "body");
            folded.insert(*file, Folded { path: frame.path.clone(), template, body });
        }
        let left = folded.values().map(|frame| &frame.template).chain(self.per_person());
        if let Some(left) = fold::roots(left) {
            let dropped: Vec<String> = self.base.keys().filter(|key| !left.contains(key.as_str())).cloned().collect();
            for key in dropped {
                self.base.remove(&key);
            }
        }
        self.frames = folded;
        Ok(())
    }

    /// The texts that are filled per person.
    fn per_person(&self) -> impl Iterator<Item = &Template> {
        let texts = self.texts.pieces().filter_map(|piece| match piece {
            Piece::PerPerson(snippet) => Some(&snippet.template),
            Piece::Settled(_) => None,
        });
        texts.chain([&self.greeting.template, &self.spoken_greeting.template])
    }

    pub(super) fn email(&self, record: &PersonRecord) -> Result<Rendered, RenderError> {
        let words = &self.language.words;
        let plate = self.plate.as_ref().filter(|_| record.ward.is_none());
        if let Some(mail) = plate.and_then(|plate| plate.fill(record, words, &self.scope)) {
            return Ok(Rendered::Email {
                locale: self.locale.clone(),
                subject: Pii::new(mail.subject),
                text: Pii::new(mail.text),
                html: Pii::new(mail.html),
            });
        }
        self.interpreted_email(record)
    }

    fn interpreted_email(&self, record: &PersonRecord) -> Result<Rendered, RenderError> {
        let mut context = self.context(record, true);
        let filler = self.filler(&context);
        let subject = match &self.texts.subject {
            Piece::Settled(plain) => context::one_line(plain),
            Piece::PerPerson(snippet) => context::one_line(&filler.fill(snippet)?),
        };
        let greeting = self.to_guardian(record, self.greeting(&context)?);
        let body = |file: FrameFile| {
            let body = if self.frames[&file].body { Some(self.texts.body(file, Some(&filler))?) } else { None };
            Ok(body.unwrap_or_default())
        };
        let (plain, html) = (body(FrameFile::EmailText)?, body(FrameFile::EmailHtml)?);
        set(&mut context, "subject", Value::String(subject.clone()));
        set(&mut context, "greeting", Value::String(greeting));
        set(&mut context, "body", plain);
        let text = self.fill(FrameFile::EmailText, &context)?;
        set(&mut context, "body", html);
        let html = self.fill(FrameFile::EmailHtml, &context)?;
        Ok(Rendered::Email {
            locale: self.locale.clone(),
            subject: Pii::new(subject),
            text: Pii::new(text),
            html: Pii::new(html),
        })
    }

    pub(super) fn sms(&self, record: &PersonRecord) -> Result<Rendered, RenderError> {
        let text = self.short(FrameFile::Sms, record)?;
        Ok(Rendered::Sms { locale: self.locale.clone(), text: Pii::new(context::one_line(&text)) })
    }

    /// The first line of the template is the title, the rest the text.
    pub(super) fn push(&self, record: &PersonRecord) -> Result<Rendered, RenderError> {
        let filled = self.short(FrameFile::Push, record)?;
        let (title, text) = filled.trim().split_once('\n').unwrap_or((filled.trim(), ""));
        Ok(Rendered::Push {
            locale: self.locale.clone(),
            title: Pii::new(title.trim().to_owned()),
            text: Pii::new(context::one_line(text)),
            url: self.url.clone(),
        })
    }

    pub(super) const fn locale(&self) -> &Locale {
        &self.locale
    }

    fn greeting(&self, context: &Context) -> Result<String, RenderError> {
        if context.data().pointer("/person/name").is_some() {
            self.filler(context).fill(&self.greeting)
        } else {
            Ok(self.language.words.greeting.neutral.clone())
        }
    }

    /// Fills a frame that uses nothing of the author's but the bodies.
    fn with_body(&self, file: FrameFile, mut context: Context) -> Result<String, RenderError> {
        if self.frames[&file].body {
            let body = self.texts.body(file, Some(&self.filler(&context)))?;
            set(&mut context, "body", body);
        }
        self.fill(file, &context)
    }

    fn short(&self, file: FrameFile, record: &PersonRecord) -> Result<String, RenderError> {
        let filled = self.with_body(file, self.context(record, false))?;
        if record.ward.is_none() {
            return Ok(filled);
        }
        // The first line of a push message is its title.
        let guardian = &self.language.words.greeting.guardian_short;
        Ok(match filled.trim().split_once('\n') {
            Some((title, text)) => format!("{title}\n{guardian} {text}"),
            None => format!("{guardian} {}", filled.trim()),
        })
    }

    /// A greeting that says to a guardian whom the message is about.
    fn to_guardian(&self, record: &PersonRecord, greeting: String) -> String {
        let Some(ward) = &record.ward else { return greeting };
        let words = &self.language.words.greeting;
        let name = ward.name.as_ref().map(|name| context::one_line(name.expose())).filter(|name| !name.is_empty());
        let ward = name.map(|name| format!(" {} {name}.", words.ward)).unwrap_or_default();
        format!("{} {}{ward}", greeting.trim(), words.guardian)
    }

    fn context(&self, record: &PersonRecord, with_code: bool) -> Context {
        context::root(&self.base, [("person", context::person(record, &self.language.words, &self.scope, with_code))])
    }

    fn filler<'a>(&'a self, context: &'a Context) -> Filler<'a> {
        Filler { language: &self.language, locale: &self.locale, context }
    }

    fn fill(&self, file: FrameFile, context: &Context) -> Result<String, RenderError> {
        let frame = &self.frames[&file];
        self.language.fill(file.form(), &frame.template, context, &frame.path, &self.locale)
    }
}

impl FrameFile {
    pub(super) const fn form(self) -> Form {
        match self {
            Self::EmailHtml | Self::Letter => Form::Html,
            Self::EmailText | Self::Sms | Self::Push | Self::Voice => Form::Plain,
        }
    }
}

/// The language of the frame: that of the texts, else that of the default locale, else English.
fn language<'a>(
    renderer: &'a Renderer,
    content: &NoticeContent,
    locale: &Locale,
) -> Result<&'a Arc<Language>, RenderError> {
    let english = Locale::parse("en").ok();
    let mut places = [Some(locale), Some(&content.default_locale), english.as_ref()].into_iter().flatten();
    places.find_map(|locale| renderer.language(locale)).ok_or_else(|| RenderError::Words {
        file: format!("notices/words/{locale}.toml"),
        reason: String::from("there is no such file, and none for the default locale or English"),
    })
}

fn set(context: &mut Context, name: &str, value: Value) {
    if let Value::Object(root) = context.data_mut() {
        root.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    static EDITIONS: LazyLock<[Edition; 2]> = LazyLock::new(|| ["en", "zh-Hans"].map(edition));

    fn edition(locale: &str) -> Edition {
        let facts = json!({
            "title": "Tape", "organisation": { "name": "Example & Sons" }, "scope": { "data": ["name", "health"] },
            "contact": { "email": "help@example.org" },
        });
        let texts = json!({
            "subject": "About {{person.account}}", "what_happened": "Your {{person.account}} & more.\n\nA <tape>.",
            "what_we_do": "We search.", "what_we_offer": "{{#if person.name}}{{person.name}}: help.{{/if}}",
            "what_you_can_do": ["Wait.", "Call about {{person.account}}."],
        });
        let locale = Locale::parse(locale).unwrap();
        let content: NoticeContent =
            serde_json::from_value(json!({ "default_locale": locale, "texts": { locale.as_str(): texts } })).unwrap();
        let renderer = Renderer::load(None).unwrap();
        let facts = serde_json::from_value(facts).unwrap();
        Edition::compile(&renderer, &content, &content.texts[&locale], &locale, &facts).unwrap()
    }

    proptest! {
        #[test]
        fn the_plate_prints_what_the_interpreter_prints(
            name in proptest::option::of("\\PC{0,12}"), account in proptest::option::of("[a-z<&'\" ]{0,6}"),
            data in proptest::collection::vec(prop_oneof!["health", "password", "[a-z<]{1,5}"], 0..3),
        ) {
            let record: PersonRecord = serde_json::from_value(json!({
                "ref": "R<1>", "name": name, "data": data,
                "fields": account.map(|account| json!({ "account": account })).unwrap_or(json!({})),
            })).unwrap();
            for edition in EDITIONS.iter() {
                let printed = edition.plate.as_ref().unwrap().fill(&record, &edition.language.words, &edition.scope);
                let interpreted = edition.interpreted_email(&record);
                prop_assert_eq!(printed.is_some(), interpreted.is_ok());
                if printed.is_some() {
                    prop_assert_eq!(edition.email(&record), interpreted);
                }
            }
        }
    }
}
