//! `/console/register.csv` and `.pdf`: the register of all incidents, to take away.

use std::fmt::Display;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::ConsoleState;
use crate::render::{pdf, register_csv};

pub(super) async fn csv(State(state): State<ConsoleState>) -> Response {
    match state.incidents.register().await {
        Ok(register) => {
            let text = register_csv(&register).into_bytes();
            state.attachment("text/csv; charset=utf-8; header=present", "breach-register.csv", text)
        }
        Err(error) => state.failed(&error),
    }
}

pub(super) async fn pdf(State(state): State<ConsoleState>) -> Response {
    match typeset(&state).await {
        Ok(pdf) => state.attachment("application/pdf", "breach-register.pdf", pdf),
        Err(error) => state.failed(&error),
    }
}

async fn typeset(state: &ConsoleState) -> Result<Vec<u8>, Box<dyn Display + Send + Sync>> {
    let register = state.incidents.register().await.map_err(boxed)?;
    let _turn = state.typesetting.acquire().await.map_err(boxed)?;
    let fonts = Arc::clone(&state.fonts);
    let set = tokio::task::spawn_blocking(move || pdf::register_pdf(&register, &fonts)).await;
    set.map_err(boxed)?.map_err(boxed)
}

fn boxed<E: Display + Send + Sync + 'static>(error: E) -> Box<dyn Display + Send + Sync> {
    Box::new(error)
}

impl ConsoleState {
    /// A file to take away, with the headers that every page has.
    fn attachment(&self, media_type: &'static str, name: &str, content: Vec<u8>) -> Response {
        let mut response = ([(header::CONTENT_TYPE, media_type)], content).into_response();
        self.guard(response.headers_mut());
        super::respond::set(
            response.headers_mut(),
            header::CONTENT_DISPOSITION,
            &format!("attachment; filename=\"{name}\""),
        );
        response
    }
}
