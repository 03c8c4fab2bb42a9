//! Letters become PDFs here, off the threads that wait for the network.
//!
//! As many are set at once as there are processors, over all providers together: each takes one for some milliseconds and
//! some megabytes, so that neither grows with the number of letters that wait.

use std::num::NonZero;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use tokio::sync::Semaphore;

use super::Answer;
use super::settings::Faults;
use crate::domain::clock::Millis;
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;
use crate::render::letter::{Form, address_lines};
use crate::render::pdf::{Fonts, LetterPdf, PdfError, Stationery, letter_pdf};

static ROOM: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, NonZero::get)));

/// The sender on a provider's letters.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// Name and address, a line each, as they stand on the letter.
    #[serde(default)]
    pub lines: Vec<String>,
    /// Country of posting, ISO 3166-1 alpha-2; addresses within it do not name it.
    #[serde(default)]
    pub country: Option<String>,
}

/// Sets letters on one form.
#[derive(Clone, Debug)]
pub(super) struct Press {
    form: &'static Form,
    sender: Arc<Sender>,
    fonts: Arc<Fonts>,
}

impl Press {
    /// A press for the form of that name.
    pub(super) fn new(form: &str, sender: &Sender, fonts: &Arc<Fonts>) -> Result<Self, Faults> {
        let form = Form::named(form).map_err(Faults::at("form"))?;
        Ok(Self { form, sender: Arc::new(sender.clone()), fonts: Arc::clone(fonts) })
    }

    /// Sets the letter of a message; otherwise the answer to the message. Nothing has been sent then.
    pub(super) async fn set(&self, message: &Message, now: Millis) -> Result<LetterPdf, Answer> {
        let Body::Letter { to, to_name, letter } = &message.body else {
            return Err(Answer::of(Outcome::Misconfigured, "wrong-channel"));
        };
        let name = to_name.as_ref().map(|name| name.expose().as_str());
        let recipient = address_lines(to, name, self.sender.country.as_deref());
        let (press, letter, made_at) = (self.clone(), letter.clone(), now.to_rfc3339());
        let _turn = ROOM.acquire().await.map_err(|_| Answer::of(Outcome::Retry, "press-closed"))?;
        let set = tokio::task::spawn_blocking(move || {
            let date = made_at.get(..10).unwrap_or_default();
            let on = Stationery {
                form: press.form,
                sender: &press.sender.lines,
                recipient: &recipient,
                date,
                made_at: &made_at,
            };
            letter_pdf(&letter, &on, &press.fonts)
        });
        match set.await {
            Ok(Ok(pdf)) => Ok(pdf),
            Ok(Err(error)) => Err(refusal(&error)),
            Err(_) => {
                tracing::error!(attempt = %message.attempt, "a letter could not be set: the layout's code panicked");
                Err(Answer::of(Outcome::Rejected, "layout"))
            }
        }
    }
}

fn refusal(error: &PdfError) -> Answer {
    let (outcome, code) = match error {
        PdfError::NoAddress => (Outcome::BadAddress, "no-address"),
        PdfError::NarrowWindow => (Outcome::Rejected, "address-too-long"),
        PdfError::NoFont { .. } => (Outcome::Rejected, "no-font"),
        PdfError::Layout(reason) | PdfError::Export(reason) => {
            tracing::error!(reason, "a letter could not be set");
            (Outcome::Rejected, "layout")
        }
    };
    Answer::of(outcome, code)
}
