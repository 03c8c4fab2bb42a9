//! Papers, windows and folds, as `forms.toml` has them.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// A rectangle on a page, in millimetres from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// Distance of its left edge.
    pub left: f64,
    /// Distance of its upper edge.
    pub top: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// A size in millimetres.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// Distances from the edges of a page, in millimetres.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Margin {
    /// From the left.
    pub left: f64,
    /// From the right.
    pub right: f64,
    /// From above, on all pages but the first.
    pub top: f64,
    /// From below.
    pub bottom: f64,
}

/// Where things stand on a letter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Its name in the configuration.
    pub name: String,
    /// The paper.
    pub paper: Size,
    /// Its margins.
    pub margin: Margin,
    /// Where the sender stands; nowhere if absent.
    #[serde(default)]
    pub letterhead: Option<Area>,
    /// Where the sender's address stands in the window, on one line; nowhere if absent.
    #[serde(default)]
    pub return_line: Option<Area>,
    /// Where the recipient's address stands; absent where the carrier prints it.
    #[serde(default)]
    pub address: Option<Area>,
    /// Where the text begins on the first page.
    pub body_top: f64,
    /// Folds that are marked at the left edge.
    #[serde(default)]
    pub folds: Vec<f64>,
    /// Where nothing but the addresses may stand, as the carrier says.
    #[serde(default)]
    pub keep_clear: Vec<Area>,
    /// Envelopes it is made for.
    #[serde(default)]
    pub envelopes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    left: f64,
    bottom: f64,
    width: f64,
    height: f64,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fold {
    FirstFold,
    Middle,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Folded {
    width: f64,
    height: f64,
    at: Fold,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    name: String,
    size: Size,
    window: Window,
    folded: Folded,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    form: Vec<Form>,
    envelope: Vec<Envelope>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("forms.toml")).expect("the table is part of the program and a test reads it")
});

/// What a window shows of a form's first page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown {
    /// What it shows wherever the letter has slid.
    pub always: Area,
    /// What it can show.
    pub ever: Area,
}

impl Form {
    /// The form of that name.
    ///
    /// # Errors
    /// When there is none, naming those there are.
    pub fn named(name: &str) -> Result<&'static Self, String> {
        TABLE.form.iter().find(|form| form.name == name).ok_or_else(|| {
            let names: Vec<_> = TABLE.form.iter().map(|form| form.name.as_str()).collect();
            format!("there is no letter form {name:?}; there are: {}", names.join(", "))
        })
    }

    /// All forms.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &TABLE.form
    }

    /// What the window of each of its envelopes shows.
    pub fn shown(&self) -> impl Iterator<Item = Shown> {
        let known = |name: &String| TABLE.envelope.iter().find(|envelope| envelope.name == *name);
        self.envelopes.iter().filter_map(known).map(|envelope| envelope.shows(self))
    }
}

impl Envelope {
    /// The letter lies with a fold at the bottom edge and the page's left edge at the left one, and slides from there.
    fn shows(&self, form: &Form) -> Shown {
        let (window, folded) = (&self.window, &self.folded);
        let fold = match folded.at {
            Fold::FirstFold => form.folds.first().copied().unwrap_or(form.paper.height),
            Fold::Middle => form.paper.height / 2.0,
        };
        let (aside, up) = (self.size.width - folded.width, self.size.height - folded.height);
        let top = fold - window.bottom - window.height;
        Shown {
            always: Area { left: window.left, top: top + up, width: window.width - aside, height: window.height - up },
            ever: Area { left: window.left - aside, top, width: window.width + aside, height: window.height + up },
        }
    }
}

impl Area {
    /// Whether it lies within another.
    #[must_use]
    pub fn within(&self, other: &Self) -> bool {
        self.left >= other.left
            && self.top >= other.top
            && self.left + self.width <= other.left + other.width
            && self.top + self.height <= other.top + other.height
    }

    /// Whether it has a part in common with another.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.left < other.left + other.width
            && other.left < self.left + self.width
            && self.top < other.top + other.height
            && other.top < self.top + self.height
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_shows_the_address_wherever_the_letter_slides_and_nothing_else() {
        for form in Form::all() {
            let shown: Vec<_> = form.shown().collect();
            assert_eq!(shown.len(), form.envelopes.len(), "{}: an envelope is not known", form.name);
            for area in form.address.iter().chain(&form.return_line) {
                assert!(
                    shown.iter().all(|s| area.within(&s.always)),
                    "{}: {area:?} can be hidden: {shown:?}",
                    form.name
                );
                assert!(!form.letterhead.is_some_and(|head| head.overlaps(area)));
            }
            let rest = Area { left: 0.0, top: form.body_top, width: form.paper.width, height: form.paper.height };
            for area in form.letterhead.iter().chain([&rest]) {
                let clear = shown.iter().map(|s| &s.ever).chain(&form.keep_clear);
                for other in clear {
                    assert!(!area.overlaps(other), "{}: {area:?} can be seen through {other:?}", form.name);
                }
            }
        }
    }

    #[test]
    fn din_680_windows_show_the_address_fields_of_din_5008() {
        // A letter that lies still in a DL envelope shows the field of 90 by 45 mm that the standard gives, from 27 or 45 mm.
        for (form, top) in [("din5008_a", 27.0), ("din5008_b", 45.0)] {
            let dl = Form::named(form).unwrap().shown().next().unwrap();
            assert_eq!((dl.ever.top, dl.always.left), (top, 20.0));
        }
        assert!(Form::named("din").unwrap_err().contains("din5008_b"));
    }
}
