//! The list that goes with a batch: a row for each letter, so that a printing house can check, count and frank.
//!
//! No value needs quoting: tokens, numbers, hashes, file names of ours, and the operator's words for postage, which are held
//! to letters, digits and `-_ `.

use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::domain::id::AttemptId;

/// How it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Comma-separated, with a row of names.
    #[default]
    Csv,
    /// One JSON object a line.
    Jsonl,
}

impl Form {
    /// The manifest's file name.
    pub(super) const fn file_name(self) -> &'static str {
        match self {
            Self::Csv => "manifest.csv",
            Self::Jsonl => "manifest.jsonl",
        }
    }
}

/// One letter.
pub(super) struct Entry<'a> {
    pub(super) batch: &'a str,
    /// Place in the batch, from 1.
    pub(super) sequence: usize,
    /// The token that returns name it by.
    pub(super) letter: AttemptId,
    pub(super) file: &'a str,
    pub(super) pdf: &'a [u8],
    pub(super) pages: usize,
    pub(super) sheets: usize,
    pub(super) duplex: bool,
    pub(super) postage: &'a str,
    /// ISO 3166-1 alpha-2; empty where it is not known.
    pub(super) country: &'a str,
}

/// A manifest under way.
pub(super) struct Manifest {
    form: Form,
    text: String,
}

impl Manifest {
    pub(super) fn new(form: Form) -> Self {
        let names = "batch,sequence,letter,file,sha256,bytes,pages,sheets,duplex,postage,country\n";
        Self { form, text: if form == Form::Csv { names.to_owned() } else { String::new() } }
    }

    pub(super) fn add(&mut self, entry: &Entry<'_>) {
        let Entry { batch, sequence, letter, file, pdf, pages, sheets, duplex, postage, country } = entry;
        let (sha256, bytes) = (hex::encode(Sha256::digest(pdf)), pdf.len());
        let line = match self.form {
            Form::Csv => format!(
                "{batch},{sequence},{letter},{file},{sha256},{bytes},{pages},{sheets},{duplex},{postage},{country}"
            ),
            Form::Jsonl => json!({
                "batch": batch, "sequence": sequence, "letter": letter, "file": file, "sha256": sha256, "bytes": bytes,
                "pages": pages, "sheets": sheets, "duplex": duplex, "postage": postage, "country": country,
            })
            .to_string(),
        };
        self.text.push_str(&line);
        self.text.push('\n');
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.text.into_bytes()
    }
}
