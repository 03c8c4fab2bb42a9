//! Words become messages here: templates, their contexts, and what a compiled notice renders to.
//!
//! Owns the templates under `templates/` (built into the binary, an override directory on top) and the strict Handlebars
//! that fills them. Guarantees that a value which is missing stops the rendering with its name, that what people wrote
//! never becomes markup, and that errors carry names and never values. Never reads a clock, a database or the network.
//!
//! | file | owns |
//! |---|---|
//! | `sources.rs` | the files: built in, overridden, and what each is for |
//! | `registry.rs` | [`Renderer`]: everything loaded and parsed once |
//! | `words.rs`, `dates.rs` | the phrases of one language, its dates and lists |
//! | `language.rs` | one language's words bound to its helpers |
//! | `snippet.rs` | what an author wrote: parsed, bounded, plain text to paragraphs |
//! | `settle.rs` | what is the same for everybody, filled once |
//! | `fold.rs` | the same for templates |
//! | `body.rs` | the four bodies, in plain text and in HTML |
//! | `context.rs` | what templates see |
//! | `stencil.rs`, `plate.rs` | filling what folding has left without the interpreter |
//! | `edition.rs` | a notice in one language |
//! | `notice.rs` | [`CompiledNotice`]: a notice in all its languages, and its hash |
//! | `paragraphs.rs` | a letter's template, filled, as blocks |
//! | `settled.rs` | a text that stands by itself and names nobody |
//! | `csv.rs` | the register of incidents as a table |
//! | `alarm.rs` | the email that tells responders of an alarm |
//! | `reminder.rs` | the email that reminds responders of a deadline |
//! | `letter/` | forms, windows and the order of addresses |
//! | `check.rs` | renders everything with samples |

mod alarm;
mod body;
pub mod check;
mod context;
mod csv;
mod dates;
mod edition;
mod error;
mod fold;
mod helpers;
mod language;
pub mod letter;
mod notice;
mod paragraphs;
pub mod pdf;
mod plate;
mod registry;
mod reminder;
mod settle;
mod settled;
mod snippet;
mod sources;
mod stencil;
mod words;

pub use alarm::{AlarmError, AlarmFact, AlarmWords, RenderedAlarm, alarm};
pub use context::one_line;
pub use csv::register_csv;
pub use error::RenderError;
pub use notice::{CompiledNotice, Rendered};
pub use registry::Renderer;
pub use reminder::{ReminderDuty, ReminderError, ReminderWords, RenderedReminder, reminder};
pub use words::{DateWords, GreetingWords, Headings, Labels, LetterWords, ListWords, Phrases, VoiceWords, Words};
