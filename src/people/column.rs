//! The columns of an import and the header line that names them.

use super::reject::{Delimiter, HeaderError};

/// A column. Names are matched without regard to case and to blanks around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column<'a> {
    /// `ref`: the organisation's own reference, required, unique in the incident.
    Ref,
    /// `name`: full name as the person is addressed.
    Name,
    /// `email`.
    Email,
    /// `phone`: international form, or national form of the row's `country`.
    Phone,
    /// `push`: `fcm:TOKEN`, `fid:ID`, `apns:TOKEN`, `ntfy:TOPIC` or `webpush:JSON`.
    Push,
    /// `address_line1` to `address_line3`.
    AddressLine(u8),
    /// `city`.
    City,
    /// `region`: state, province or county.
    Region,
    /// `postcode`.
    Postcode,
    /// `country`: ISO 3166-1 alpha-2.
    Country,
    /// `locale`: language tag.
    Locale,
    /// `jurisdiction`: rule set of the person's residence.
    Jurisdiction,
    /// `birth_date`: `YYYY-MM-DD`.
    BirthDate,
    /// `guardian_name`.
    GuardianName,
    /// `guardian_email`.
    GuardianEmail,
    /// `guardian_phone`.
    GuardianPhone,
    /// `data`: categories exposed of this person, `;` between.
    Data,
    /// `consent`: channels agreed to, `;` between.
    Consent,
    /// Any other: a field for the templates.
    Field(&'a str),
}

/// Longest name of a column, in characters.
const MAX_NAME: usize = 64;

/// The columns that mean something here; all others are fields.
const KNOWN: [Column<'static>; 20] = [
    Column::Ref,
    Column::Name,
    Column::Email,
    Column::Phone,
    Column::Push,
    Column::AddressLine(0),
    Column::AddressLine(1),
    Column::AddressLine(2),
    Column::City,
    Column::Region,
    Column::Postcode,
    Column::Country,
    Column::Locale,
    Column::Jurisdiction,
    Column::BirthDate,
    Column::GuardianName,
    Column::GuardianEmail,
    Column::GuardianPhone,
    Column::Data,
    Column::Consent,
];

impl<'a> Column<'a> {
    /// The column of a name; any name that is not a known one is a field's.
    #[must_use]
    pub fn of(name: &'a str) -> Self {
        Column::known(name).unwrap_or(Self::Field(name))
    }

    fn known(name: &str) -> Option<Column<'static>> {
        KNOWN.into_iter().find(|column| column.name().eq_ignore_ascii_case(name))
    }

    /// The name, as messages spell it.
    #[must_use]
    pub const fn name(self) -> &'a str {
        match self {
            Self::Ref => "ref",
            Self::Name => "name",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Push => "push",
            Self::AddressLine(0) => "address_line1",
            Self::AddressLine(1) => "address_line2",
            Self::AddressLine(_) => "address_line3",
            Self::City => "city",
            Self::Region => "region",
            Self::Postcode => "postcode",
            Self::Country => "country",
            Self::Locale => "locale",
            Self::Jurisdiction => "jurisdiction",
            Self::BirthDate => "birth_date",
            Self::GuardianName => "guardian_name",
            Self::GuardianEmail => "guardian_email",
            Self::GuardianPhone => "guardian_phone",
            Self::Data => "data",
            Self::Consent => "consent",
            Self::Field(name) => name,
        }
    }

    /// Whether a name can stand as a column's: not blank, not too long, no control characters.
    pub(super) fn is_fit(name: &str) -> bool {
        !name.is_empty() && name.chars().count() <= MAX_NAME && !name.chars().any(char::is_control)
    }
}

/// The header line of a file.
#[derive(Clone, Debug)]
pub(super) struct Header {
    names: Vec<String>,
    known: Vec<Option<Column<'static>>>,
}

impl Header {
    /// Reads the names of a header line.
    pub(super) fn parse<'a>(cells: impl IntoIterator<Item = &'a str>) -> Result<Self, HeaderError> {
        let names: Vec<String> = cells.into_iter().map(|cell| cell.trim().to_owned()).collect();
        if !names.iter().any(|name| Column::of(name) == Column::Ref) {
            let delimiter = match names.as_slice() {
                [only] if only.contains(';') => Delimiter::Semicolon,
                [only] if only.contains('\t') => Delimiter::Tab,
                _ => Delimiter::Comma,
            };
            return Err(HeaderError::NoRef(delimiter));
        }
        for (place, name) in names.iter().enumerate() {
            if name.is_empty() {
                return Err(HeaderError::Unnamed(place + 1));
            }
            if !Column::is_fit(name) {
                return Err(HeaderError::BadName(place + 1));
            }
            if names[..place].iter().any(|before| before.eq_ignore_ascii_case(name)) {
                return Err(HeaderError::Duplicate(name.clone()));
            }
        }
        let known = names.iter().map(|name| Column::known(name)).collect();
        Ok(Self { names, known })
    }

    /// How many columns there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The columns in order.
    pub(super) fn columns(&self) -> impl Iterator<Item = Column<'_>> + Clone {
        self.known.iter().zip(&self.names).map(|(known, name)| known.unwrap_or(Column::Field(name)))
    }

    /// The name of the column at a place, from 0.
    pub(super) fn name(&self, place: usize) -> Option<&str> {
        self.names.get(place).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_columns_in_any_case_and_all_others_are_fields() {
        let header = Header::parse([" REF ", "Email", "address_line3", "Customer No"]).expect("a header");
        assert_eq!(
            header.columns().collect::<Vec<_>>(),
            [Column::Ref, Column::Email, Column::AddressLine(2), Column::Field("Customer No")]
        );
    }

    #[test]
    fn bad_headers_are_refused_and_say_why() {
        let refused = |names: &[&str]| Header::parse(names.iter().copied()).expect_err("refused");
        assert_eq!(refused(&["name", "email"]), HeaderError::NoRef(Delimiter::Comma));
        assert_eq!(refused(&["ref;name"]), HeaderError::NoRef(Delimiter::Semicolon));
        assert_eq!(refused(&["ref\tname"]), HeaderError::NoRef(Delimiter::Tab));
        assert_eq!(refused(&["ref", "plan", "PLAN"]), HeaderError::Duplicate(String::from("PLAN")));
        assert_eq!(refused(&["ref", "Ref"]), HeaderError::Duplicate(String::from("Ref")));
        assert_eq!(refused(&["ref", " "]), HeaderError::Unnamed(2));
        assert_eq!(refused(&["ref", "a\u{7}b"]), HeaderError::BadName(2));
        assert_eq!(refused(&["ref", &"x".repeat(65)]), HeaderError::BadName(2));
    }
}
