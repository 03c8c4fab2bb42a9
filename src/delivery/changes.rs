//! Tells every lane that there may be something new. Nothing is missed by a lane that is busy at that moment; and they
//! hear of it in the order in which they began to listen, which a watch channel does not promise and a simulated run needs.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Notify;

#[derive(Debug, Default)]
pub(super) struct Changes(Mutex<Vec<Weak<Notify>>>);

impl Changes {
    /// What is notified of every change from now on, once for several that were not looked at.
    pub(super) fn listen(&self) -> Arc<Notify> {
        let listener = Arc::new(Notify::new());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&listener));
        listener
    }

    /// Something may be new.
    pub(super) fn announce(&self) {
        let mut listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|listener| listener.upgrade().inspect(|listener| listener.notify_one()).is_some());
    }
}
