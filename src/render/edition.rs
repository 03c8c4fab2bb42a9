//! A notice in one language: the author's texts of one locale in the frame of the nearest language there is.

use std::collections::BTreeMap;
use std::sync::Arc;

use handlebars::Context;
use serde_json::{Map, Value, json};

use super::context;
use super::error::RenderError;
use super::language::{Form, Language};
use super::notice::Rendered;
use super::registry::{Frame, Renderer};
use super::settle::{Piece, Settler, Shape, mentions};
use super::snippet::Snippet;
use super::sources::FrameFile;
use crate::domain::facts::IncidentFacts;
use crate::domain::locale::Locale;
use crate::domain::notice::{NoticeContent, NoticeTexts};
use crate::domain::person::PersonRecord;
use crate::domain::pii::Pii;

/// One of the four bodies: a text, or the steps of a list.
struct Part {
    name: &'static str,
    pieces: Vec<Piece>,
    shape: Shape,
}

/// A notice in one language.
pub(super) struct Edition {
    locale: Locale,
    language: Arc<Language>,
    frames: BTreeMap<FrameFile, Arc<Frame>>,
    parts: Vec<Part>,
    subject: Piece,
    short: Option<Piece>,
    greeting: Snippet,
    /// What texts and frames see that is the same for everybody.
    base: Map<String, Value>,
    /// Names of the categories of data that the incident's scope says.
    scope: Vec<String>,
}

impl Edition {
    pub(super) fn compile(
        renderer: &Renderer,
        content: &NoticeContent,
        texts: &NoticeTexts,
        locale: &Locale,
        facts: &IncidentFacts,
    ) -> Result<Self, RenderError> {
        let english = Locale::parse("en").ok();
        let language = [Some(locale), Some(&content.default_locale), english.as_ref()]
            .into_iter()
            .flatten()
            .find_map(|locale| renderer.language(locale))
            .ok_or_else(|| RenderError::Words {
                file: format!("notices/words/{locale}.toml"),
                reason: String::from("there is no such file, and none for the default locale or English"),
            })?;
        let place = if locale.fallbacks().contains(&language.locale) { locale } else { &language.locale };
        let mut frames = BTreeMap::new();
        for file in FrameFile::ALL {
            frames.insert(file, Arc::clone(renderer.frame(&content.template, place, file)?));
        }

        let settler = Settler::new(language, locale, facts)?;
        let phrases = settler.phrases()?;
        let subject = match &texts.subject {
            Some(own) => settler.piece("subject", own, Shape::Inline)?,
            None => Piece::settled(phrases["subject"].clone(), Shape::Inline),
        };
        let short = texts.short.as_ref().map(|own| settler.piece("short", own, Shape::Inline)).transpose()?;

        let mut base = context::frame(language, locale, &phrases, facts);
        let mut shared = settler.facts();
        // All facts are many; they go into every person's rendering, and into the hash, only where something uses them.
        let used = frames.values().map(|frame| frame.source.as_str()).chain(sources(texts));
        if !used.into_iter().any(|source| mentions(source, "incident")) {
            shared.remove("incident");
        }
        base.extend(shared);
        let words = &language.words;
        let scope = facts.scope.data.iter().map(|word| words.category(word.as_str()).to_owned()).collect();
        Ok(Self {
            locale: locale.clone(),
            language: Arc::clone(language),
            parts: parts(&settler, texts)?,
            greeting: settler.greeting()?,
            frames,
            subject,
            short,
            base,
            scope,
        })
    }

    /// What decides how this edition reads, for the hash.
    pub(super) fn fingerprint(&self) -> Vec<Vec<u8>> {
        let settled: Vec<&str> = self
            .pieces()
            .filter_map(|piece| match piece {
                Piece::Settled { plain, .. } => Some(plain.as_str()),
                Piece::PerPerson(_) => None,
            })
            .collect();
        let words = self.language.words.as_ref();
        let facts = json!([self.locale, self.base, self.scope, settled, words]).to_string();
        let frames = self.frames.values().map(|frame| frame.source.clone().into_bytes());
        std::iter::once(facts.into_bytes()).chain(frames).collect()
    }

    pub(super) fn email(&self, record: &PersonRecord) -> Result<Rendered, RenderError> {
        let mut context = self.context(record);
        let subject = context::one_line(&self.subject.plain(self, &context)?);
        let greeting = if context.data().pointer("/person/name").is_some() {
            self.greeting.fill(&self.language, &context, &self.locale)?
        } else {
            self.language.words.greeting.neutral.clone()
        };
        let (mut plain, mut html) = (Map::new(), Map::new());
        for part in &self.parts {
            let (in_plain, in_html) = part.fill(self, &context)?;
            plain.insert(part.name.to_owned(), in_plain);
            html.insert(part.name.to_owned(), in_html);
        }
        set(&mut context, "subject", Value::String(subject.clone()));
        set(&mut context, "greeting", Value::String(greeting));
        set(&mut context, "body", Value::Object(plain));
        let text = self.fill(Form::Plain, FrameFile::EmailText, &context)?;
        set(&mut context, "body", Value::Object(html));
        let html = self.fill(Form::Html, FrameFile::EmailHtml, &context)?;
        Ok(Rendered::Email {
            locale: self.locale.clone(),
            subject: Pii::new(subject),
            text: Pii::new(text),
            html: Pii::new(html),
        })
    }

    pub(super) fn sms(&self, record: &PersonRecord) -> Result<Rendered, RenderError> {
        let text = self.fill(Form::Plain, FrameFile::Sms, &self.short_context(record)?)?;
        Ok(Rendered::Sms { locale: self.locale.clone(), text: Pii::new(context::one_line(&text)) })
    }

    /// The first line of the template is the title, the rest the text.
    pub(super) fn push(&self, record: &PersonRecord) -> Result<Rendered, RenderError> {
        let filled = self.fill(Form::Plain, FrameFile::Push, &self.short_context(record)?)?;
        let (title, text) = filled.trim().split_once('\n').unwrap_or((filled.trim(), ""));
        Ok(Rendered::Push {
            locale: self.locale.clone(),
            title: Pii::new(title.trim().to_owned()),
            text: Pii::new(context::one_line(text)),
            url: self.base.get("contact").and_then(|c| c.get("url")).and_then(Value::as_str).map(str::to_owned),
        })
    }

    /// Whether every text can be filled for a person.
    pub(super) fn covers(&self, record: &PersonRecord) -> Result<(), RenderError> {
        if self.pieces().all(|piece| matches!(piece, Piece::Settled { .. })) {
            return Ok(());
        }
        let context = self.context(record);
        self.pieces().try_for_each(|piece| piece.plain(self, &context).map(drop))
    }

    fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.parts.iter().flat_map(|part| &part.pieces).chain([&self.subject]).chain(&self.short)
    }

    fn context(&self, record: &PersonRecord) -> Context {
        context::root(&self.base, [("person", context::person(record, &self.language.words, &self.scope))])
    }

    fn short_context(&self, record: &PersonRecord) -> Result<Context, RenderError> {
        let mut context = self.context(record);
        let mut body = Map::new();
        if let Some(short) = &self.short {
            body.insert(String::from("short"), Value::String(context::one_line(&short.plain(self, &context)?)));
        }
        set(&mut context, "body", Value::Object(body));
        Ok(context)
    }

    fn fill(&self, form: Form, file: FrameFile, context: &Context) -> Result<String, RenderError> {
        let frame = &self.frames[&file];
        self.language.fill(form, &frame.template, context, &frame.path, &self.locale)
    }
}

impl Part {
    /// The part in plain text and in HTML. A text that is empty is absent, so that a frame can ask for it.
    fn fill(&self, edition: &Edition, context: &Context) -> Result<(Value, Value), RenderError> {
        let mut filled = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            let both = match piece {
                Piece::Settled { plain, html } => (plain.clone(), html.clone()),
                Piece::PerPerson(snippet) => {
                    let plain = snippet.fill(&edition.language, context, &edition.locale)?;
                    let html = self.shape.html(&plain);
                    (plain, html)
                }
            };
            if !both.0.is_empty() {
                filled.push(both);
            }
        }
        if self.shape == Shape::Inline {
            let (plain, html): (Vec<Value>, Vec<Value>) =
                filled.into_iter().map(|(plain, html)| (Value::String(plain), Value::String(html))).unzip();
            return Ok((Value::Array(plain), Value::Array(html)));
        }
        let (plain, html) = filled.pop().unwrap_or_default();
        Ok((Value::String(plain), Value::String(html)))
    }
}

impl Piece {
    fn plain(&self, edition: &Edition, context: &Context) -> Result<String, RenderError> {
        match self {
            Self::Settled { plain, .. } => Ok(plain.clone()),
            Self::PerPerson(snippet) => snippet.fill(&edition.language, context, &edition.locale),
        }
    }
}

fn parts(settler: &Settler<'_>, texts: &NoticeTexts) -> Result<Vec<Part>, RenderError> {
    let one = |name, text: &str| {
        let pieces = vec![settler.piece(name, text, Shape::Paragraphs)?];
        Ok(Part { name, pieces, shape: Shape::Paragraphs })
    };
    let steps = texts.what_you_can_do.iter().enumerate();
    let steps = steps.map(|(i, step)| settler.piece(&format!("what_you_can_do[{i}]"), step, Shape::Inline));
    Ok(vec![
        one("what_happened", &texts.what_happened)?,
        one("what_we_do", &texts.what_we_do)?,
        Part { name: "what_you_can_do", pieces: steps.collect::<Result<_, _>>()?, shape: Shape::Inline },
        one("what_we_offer", &texts.what_we_offer)?,
    ])
}

/// Every text of an author.
fn sources(texts: &NoticeTexts) -> impl Iterator<Item = &str> {
    let single = [&texts.what_happened, &texts.what_we_do, &texts.what_we_offer];
    let optional = texts.subject.iter().chain(&texts.short);
    single.into_iter().chain(&texts.what_you_can_do).chain(optional).map(String::as_str)
}

fn set(context: &mut Context, name: &str, value: Value) {
    if let Value::Object(root) = context.data_mut() {
        root.insert(name.to_owned(), value);
    }
}
