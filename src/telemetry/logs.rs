//! Log lines: to standard error, as text to read or JSON to collect.

use std::io::IsTerminal as _;

use tracing::{Level, Subscriber};
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::mask::Masking;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// Why logging could not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The level cannot be read.
    #[error("telemetry.log_level is neither a level nor directives like info,candour::delivery=debug: {0}")]
    Level(String),
    /// Somebody else in this process logs already.
    #[error("logging was started before")]
    Started,
}

/// Starts logging to standard error for the whole process, panics of tasks included.
///
/// # Errors
/// When `level` cannot be read, or logging was started before.
pub fn init(format: Format, level: &str) -> Result<(), LogError> {
    let colour = format == Format::Text && std::io::stderr().is_terminal();
    subscriber(format, level, colour, std::io::stderr)?.try_init().map_err(|_| LogError::Started)?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let said = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(place, "a task panicked, which is a defect of Candour: {said}");
    }));
    Ok(())
}

fn subscriber<W>(
    format: Format,
    level: &str,
    colour: bool,
    writer: W,
) -> Result<impl Subscriber + Send + Sync, LogError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let wanted = EnvFilter::try_new(level).map_err(|e| LogError::Level(e.to_string()))?;
    // Mail and HTTP clients log what they send when asked to say more. No configuration may ask them to.
    let ours_or_serious =
        filter_fn(|event| *event.level() <= Level::WARN || event.target().split("::").next() == Some("candour"));
    let lines = tracing_subscriber::fmt::layer().with_writer(Masking(writer)).with_ansi(colour);
    let lines = match format {
        Format::Text => lines.boxed(),
        Format::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    // Filters of the whole, not of the layer: the driver of PostgreSQL asks whether a line is wanted without then writing
    // it, and a layer's own filter forgets the next line after such a question.
    Ok(tracing_subscriber::registry().with(lines).with(wanted).with(ours_or_serious))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What was logged while `work` ran.
    fn logged(format: Format, level: &str, work: impl FnOnce()) -> String {
        #[derive(Clone, Default)]
        struct Kept(Arc<Mutex<Vec<u8>>>);
        impl std::io::Write for Kept {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = subscriber(format, level, false, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, work);
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn others_are_heard_from_warn_up_whatever_is_asked_and_addresses_are_masked() {
        let text = logged(Format::Text, "trace", || {
            tracing::debug!(target: "mail_client::transport", "Wrote: RCPT TO:<ada@example.org>");
            tracing::warn!(target: "mail_client::transport", "refused ada@example.org");
            tracing::debug!("we speak");
        });
        assert!(!text.contains("RCPT") && !text.contains("ada"), "{text}");
        assert!(text.contains("refused [address]") && text.contains("we speak"), "{text}");
    }

    #[test]
    fn a_question_whether_a_line_is_wanted_loses_no_line() {
        let text = logged(Format::Text, "info", || {
            assert!(!tracing::enabled!(target: "driver", tracing::Level::DEBUG));
            let _span = tracing::info_span!("request", route = "/v1/incidents").entered();
            assert!(!tracing::enabled!(target: "driver", tracing::Level::DEBUG));
            tracing::info!("heard");
        });
        assert!(text.contains("heard") && text.contains("/v1/incidents"), "{text}");
    }

    #[test]
    fn json_is_one_object_a_line_with_its_fields() {
        let text = logged(Format::Json, "info", || tracing::info!(campaign = 7, "started"));
        let line: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        assert_eq!((line["message"].as_str(), line["campaign"].as_i64()), (Some("started"), Some(7)));
    }

    #[test]
    fn a_level_that_cannot_be_read_is_refused() {
        let refused = subscriber(Format::Text, "candour=loud", false, std::io::stderr).err();
        assert!(matches!(refused, Some(LogError::Level(_))));
    }
}
