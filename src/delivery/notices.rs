//! Compiled notices of running campaigns, checked against what was approved.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::domain::campaign::Campaign;
use crate::domain::id::NoticeId;
use crate::render::{CompiledNotice, RenderError, Renderer};
use crate::store::{EngineStore, StoreError};

/// Why a campaign's notice cannot be sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoticeFault {
    /// The store failed; try again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The notice does not compile any more.
    #[error("the notice does not compile: {0}")]
    Render(#[from] RenderError),
    /// It compiles to something other than what was approved.
    #[error("the templates have changed since the notice was approved; propose it again")]
    Changed,
}

/// A small cache: one entry per notice version in use.
pub(super) struct Notices {
    store: Arc<dyn EngineStore>,
    renderer: Arc<Renderer>,
    compiled: Mutex<HashMap<NoticeId, Arc<CompiledNotice>>>,
}

impl Notices {
    pub(super) fn new(store: Arc<dyn EngineStore>, renderer: Arc<Renderer>) -> Self {
        Self { store, renderer, compiled: Mutex::new(HashMap::new()) }
    }

    /// The compiled notice of a campaign.
    pub(super) async fn of(&self, campaign: &Campaign) -> Result<Arc<CompiledNotice>, NoticeFault> {
        let mut compiled = self.compiled.lock().await;
        if let Some(found) = compiled.get(&campaign.notice) {
            return Ok(Arc::clone(found));
        }
        let notice = self.store.notice(campaign.notice).await?;
        let fresh = self.renderer.compile(&notice.content, &notice.facts)?;
        if fresh.hash() != campaign.notice_hash {
            return Err(NoticeFault::Changed);
        }
        let fresh = Arc::new(fresh);
        compiled.insert(campaign.notice, Arc::clone(&fresh));
        Ok(fresh)
    }
}
