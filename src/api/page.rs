//! Lists: opaque cursors and page sizes.
//!
//! A cursor is the identifier of the last item seen, base64url; callers must not look inside.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::problem::{Kind, Problem};

/// Items in a page unless asked otherwise.
pub const USUAL_LIMIT: u32 = 50;
/// Most items in a page.
pub const MAX_LIMIT: u32 = 500;

/// Where to go on and how far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct PageArgs {
    /// The `next` of the page before; absent for the first page.
    pub after: Option<String>,
    /// At most so many items, 1 to 500; 50 unless given.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

impl PageArgs {
    /// The last identifier seen.
    ///
    /// # Errors
    /// When the cursor is none of ours.
    pub fn after<Id: From<Uuid>>(&self) -> Result<Option<Id>, Problem> {
        let Some(text) = &self.after else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let id = bytes.and_then(|bytes| Uuid::from_slice(&bytes).ok());
        id.map(|id| Some(Id::from(id))).ok_or_else(|| {
            Problem::new(Kind::BadAddress, "`after` is not a cursor of this API.").with(
                "after",
                "it is not a cursor",
                "Use the `next` of the page before, unchanged.",
            )
        })
    }

    /// The page size.
    ///
    /// # Errors
    /// When it is zero or larger than allowed.
    pub fn limit(&self) -> Result<u32, Problem> {
        match self.limit {
            None => Ok(USUAL_LIMIT),
            Some(limit) if (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
            Some(_) => Err(Problem::new(Kind::BadAddress, "`limit` is out of range.").with(
                "limit",
                format!("it is not within 1 and {MAX_LIMIT}"),
                "Ask for fewer items and follow `next`.",
            )),
        }
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PageOf<T> {
    /// The items.
    pub items: Vec<T>,
    /// Cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> PageOf<T> {
    /// A page of what the store gave, each item turned into its answer; `id` names an item.
    pub fn of<S>(page: crate::store::Page<S>, id: impl Fn(&S) -> Uuid, answer: impl FnMut(S) -> T) -> Self {
        let next = if page.more { page.items.last().map(|last| cursor(id(last))) } else { None };
        Self { items: page.items.into_iter().map(answer).collect(), next }
    }
}

/// The cursor after an identifier.
#[must_use]
pub fn cursor(id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(id.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::IncidentId;

    #[test]
    fn a_cursor_is_read_back() {
        let id = Uuid::from_u128(0x019a_b6f0_0000_7000_8000_0000_0000_abcd);
        let args = PageArgs { after: Some(cursor(id)), limit: None };
        assert_eq!(args.after::<IncidentId>(), Ok(Some(IncidentId(id))));
        let args = PageArgs { after: Some(String::from("nonsense")), limit: Some(0) };
        assert!(args.after::<IncidentId>().is_err());
        assert!(args.limit().is_err());
    }
}
