//! A campaign's progress as server-sent events.
//!
//! Each stream reads one row, at most twice a second, and sends only what has changed. It ends with the campaign, with
//! the caller or with the process, whichever is first.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;

use super::campaign_view::ProgressView;
use crate::api::ApiState;
use crate::domain::campaign::CampaignState;
use crate::incidents::Progress;

/// Time between two looks.
const PACE: Duration = Duration::from_millis(500);
/// Something is sent at least this often, so that proxies keep the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Where a stream is.
struct Follower {
    state: ApiState,
    /// What is to be sent next.
    next: Option<Progress>,
    /// What was sent last, its instant aside.
    sent: Option<Progress>,
    ended: bool,
}

/// Follows a campaign from the progress just read.
pub(super) fn follow(state: ApiState, first: Progress) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let follower = Follower { state, next: Some(first), sent: None, ended: false };
    let events = futures_util::stream::unfold(follower, |mut follower| async move {
        let event = follower.event().await?;
        Some((Ok(event), follower))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

impl Follower {
    /// The next event; `None` when there will be no more.
    async fn event(&mut self) -> Option<Event> {
        if self.ended {
            return None;
        }
        loop {
            let progress = match self.next.take() {
                Some(progress) => progress,
                None => self.look().await?,
            };
            self.ended = matches!(progress.state, CampaignState::Completed | CampaignState::Cancelled);
            let changed = self.sent.is_none_or(|sent| Progress { at: progress.at, ..sent } != progress);
            if changed || self.ended {
                self.sent = Some(progress);
                let name = if self.ended { "end" } else { "progress" };
                return Event::default().event(name).json_data(ProgressView::from(progress)).ok();
            }
        }
    }

    /// Waits a moment and looks again; `None` when the process shuts down or storage fails.
    async fn look(&self) -> Option<Progress> {
        let campaign = self.sent?.campaign;
        tokio::select! {
            () = self.state.shutdown.cancelled() => return None,
            () = tokio::time::sleep(PACE) => {}
        }
        match self.state.incidents.progress(campaign).await {
            Ok(progress) => Some(progress),
            Err(error) => {
                tracing::warn!(%campaign, %error, "a progress stream ended early");
                None
            }
        }
    }
}
