//! The report as one self-contained web page.

use std::sync::LazyLock;

use handlebars::Handlebars;

use super::view::View;
use crate::domain::report::ReportDocument;

/// The page could not be written: a defect of the embedded template.
#[derive(Debug, thiserror::Error)]
#[error("the report's page failed: {0}")]
pub struct HtmlError(#[from] handlebars::RenderError);

static PAGE: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut page = Handlebars::new();
    page.set_strict_mode(true);
    page.register_template_string("report", include_str!("../../../templates/reports/report.html.hbs"))
        .expect("the embedded template parses; a test renders it");
    page
});

/// Writes a report as a web page: no script, nothing remote, every value escaped, readable on a phone, by a screen
/// reader and on paper.
///
/// # Errors
/// When the embedded template asks for a value that the report does not have.
pub fn report_html(document: &ReportDocument) -> Result<String, HtmlError> {
    Ok(PAGE.render("report", &View::of(document))?)
}
