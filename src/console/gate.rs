//! The door of the console: HTTP Basic (RFC 7617) with any user name and an API key as the password.
//!
//! A browser asks for both by itself and remembers them. That the API takes no such login keeps what it remembers from
//! changing anything: only pages that read take it.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::ConsoleState;
use crate::access::AccessError;
use crate::domain::actor::Role;

/// A page is given up after this long.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Whose keys open the door. Exhaustive on purpose: a new role has to be decided on.
const fn may_read(role: Role) -> bool {
    match role {
        Role::Responder | Role::Approver | Role::Auditor | Role::Admin => true,
        Role::Hook => false,
    }
}

/// Lets a request through to its page.
pub(super) async fn gate(State(state): State<ConsoleState>, request: Request, next: Next) -> Response {
    let page = async {
        match admit(&state, request.headers()).await {
            Ok(()) => next.run(request).await,
            Err(refusal) => *refusal,
        }
    };
    match tokio::time::timeout(TIME_LIMIT, page).await {
        Ok(response) => response,
        Err(_) => state.failed(&"a page took too long"),
    }
}

async fn admit(state: &ConsoleState, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let Some(shown) = headers.get(header::AUTHORIZATION) else {
        return Err(Box::new(state.locked("No key was given.")));
    };
    let Some(key) = shown.to_str().ok().and_then(password) else {
        return Err(Box::new(state.locked("What was given is no user name with a key as its password.")));
    };
    match state.access.authenticate(key.trim()).await {
        Ok(actor) if may_read(actor.role) => Ok(()),
        Ok(actor) => {
            let text = format!("The key's role is {}, which does not open these pages.", actor.role);
            Err(Box::new(state.refused(StatusCode::FORBIDDEN, &text)))
        }
        Err(AccessError::Store(error)) => Err(Box::new(state.failed(&error))),
        Err(AccessError::Revoked) => Err(Box::new(state.locked("The key has been revoked."))),
        Err(AccessError::Invalid | AccessError::BadName) => Err(Box::new(state.locked("The key is not valid."))),
    }
}

/// The password in an `Authorization` header of the Basic scheme.
fn password(shown: &str) -> Option<Zeroizing<String>> {
    let (scheme, encoded) = shown.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
    let (_, password) = std::str::from_utf8(&pair).ok()?.split_once(':')?;
    Some(Zeroizing::new(password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(pair: &[u8]) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    #[test]
    fn the_password_is_what_follows_the_first_colon() {
        let read = |shown: &str| password(shown).map(|found| found.to_string());
        assert_eq!(read(&basic(b"me:cnd_1_a")).as_deref(), Some("cnd_1_a"));
        assert_eq!(read(&basic(b":a:b")).as_deref(), Some("a:b"));
        assert_eq!(read(&basic(b"me:x").replace("Basic", "bAsIc")).as_deref(), Some("x"));
    }

    #[test]
    fn anything_else_has_none() {
        for shown in [String::from("Basic"), String::from("Basic !"), basic(b"me"), basic(b"\xff:x")] {
            assert!(password(&shown).is_none(), "{shown}");
        }
        assert!(password(&basic(b"me:x").replace("Basic", "Bearer")).is_none());
    }
}
