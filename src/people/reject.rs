//! Why a line or a whole file is not believed, in words for whoever corrects the file. No value of the file is repeated.

/// Why a line is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A required cell is blank or absent.
    #[error("it is required and missing")]
    Missing,
    /// Bytes that are not UTF-8.
    #[error("not UTF-8; save the file as UTF-8")]
    NotUtf8,
    /// A control character.
    #[error("it holds a control character or a line break")]
    Control,
    /// A cell above the limit.
    #[error("longer than {0} bytes")]
    CellTooLong(usize),
    /// A record above the limit.
    #[error("the line is longer than {0} bytes; perhaps a quotation mark before it is not closed")]
    LineTooLong(usize),
    /// More or fewer cells than the header has.
    #[error("the line has {found} cells and the header {expected}")]
    CellCount {
        /// In the line.
        found: usize,
        /// In the header.
        expected: usize,
    },
    /// More columns than the limit.
    #[error("more than {0} columns")]
    TooManyColumns(usize),
    /// The file ends inside a quoted cell.
    #[error("a quotation mark that opens here is not closed by the end of the file; the lines after it were not read")]
    QuoteOpen,
    /// Not an address.
    #[error("not an email address like name@example.org")]
    Email,
    /// Not a valid number.
    #[error("not a valid phone number of its country, without extension")]
    Phone,
    /// National form without a country.
    #[error("not in international form like +14155550123, and the line has no country to read it by")]
    PhoneNeedsCountry,
    /// Not a push target.
    #[error(
        "a push target is fcm:TOKEN, fid:ID, apns:TOKEN, ntfy:TOPIC, or webpush:JSON with an https endpoint and its keys"
    )]
    Push,
    /// Not a country code.
    #[error("not a country code of two letters (ISO 3166-1) like DE")]
    Country,
    /// Not a language tag.
    #[error("not a language tag like en, de-AT or zh-Hant")]
    Locale,
    /// Not the name of a rule set.
    #[error("no rules are known for this jurisdiction; names are like eu-gdpr or us-ca")]
    Jurisdiction,
    /// Not a date.
    #[error("not a date of the calendar like 1984-02-29")]
    Date,
    /// A date that has not come yet.
    #[error("a date in the future")]
    FutureDate,
    /// Not a category of data.
    #[error("not a known category of data like email_address; several are written with ; between")]
    Data,
    /// Not a channel.
    #[error("a channel is one of email, sms, push, letter, voice; several are written with ; between")]
    Consent,
    /// Several values for a column that takes one.
    #[error("only one value can be given")]
    OneValue,
    /// More contact points of a channel than are kept.
    #[error("more than {0} different ones in one line")]
    TooManyPoints(usize),
    /// The same name twice in an object.
    #[error("it is given twice")]
    Twice,
    /// A name that no column can have.
    #[error("a name is blank, longer than 64 characters or holds a control character")]
    BadName,
    /// Not text.
    #[error("text, a number, true, false or null is expected")]
    NotText,
    /// Not a JSON object.
    #[error("not a JSON object on one line")]
    NotJson,
}

/// What is wrong with a line, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The column, where it is one.
    pub column: Option<String>,
    /// Why.
    pub reason: Reason,
}

impl Fault {
    pub(super) fn line(reason: Reason) -> Self {
        Self { column: None, reason }
    }

    pub(super) fn at(column: &str, reason: Reason) -> Self {
        Self { column: Some(column.to_owned()), reason }
    }
}

/// A rejected line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Number of the record's first line, from 1, header and blank lines counted.
    pub line: u64,
    /// Name of the column, where it is one.
    pub column: Option<String>,
    /// Why.
    pub reason: Reason,
}

/// The rejected lines: all counted, the first ones listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejects {
    /// How many there are.
    pub total: u64,
    /// The first of them.
    pub listed: Vec<Reject>,
}

impl Rejects {
    pub(super) fn add(&mut self, line: u64, fault: Fault, limit: usize) {
        self.total += 1;
        if self.listed.len() < limit {
            self.listed.push(Reject { line, column: fault.column, reason: fault.reason });
        }
    }
}

/// Why a whole file is refused before anything of it is stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Nothing in it.
    #[error("the file is empty; its first line must name the columns, `ref` among them")]
    Empty,
    /// UTF-16.
    #[error("the file is UTF-16; save it as UTF-8")]
    Utf16,
    /// Not UTF-8.
    #[error("the header line is not UTF-8; save the file as UTF-8")]
    NotUtf8,
    /// No `ref`.
    #[error("the header has no column `ref`; it holds your own reference for each person and is required{}", .0.hint())]
    NoRef(Delimiter),
    /// A column twice.
    #[error("the header names the column `{0}` twice")]
    Duplicate(String),
    /// A column without a name.
    #[error("column {0} of the header has no name")]
    Unnamed(usize),
    /// A name that cannot stand in a template.
    #[error("the name of column {0} is longer than 64 characters or holds a control character")]
    BadName(usize),
    /// Too many columns.
    #[error("the header has more than {0} columns")]
    TooManyColumns(usize),
    /// A header line above the limit.
    #[error("the header line is longer than {0} bytes")]
    TooLong(usize),
    /// A quote that is not closed.
    #[error("a quotation mark in the header line is not closed")]
    QuoteOpen,
}

/// What seems to stand between the cells of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// A comma, as it must be.
    Comma,
    /// A semicolon.
    Semicolon,
    /// A tab.
    Tab,
}

impl Delimiter {
    fn hint(self) -> &'static str {
        match self {
            Self::Comma => "",
            Self::Semicolon => "; the cells seem to be divided by semicolons, use commas",
            Self::Tab => "; the cells seem to be divided by tabs, use commas",
        }
    }
}
