//! Not trying again at once.

use std::time::Duration;
use tokio::task::JoinHandle;

/// After a failure nobody tries for a while, which is longer each time: whoever asks meanwhile is told so at once, and a
/// server that comes back is not trampled on.
#[derive(Default)]
pub(in crate::store) struct Pause {
    last: Duration,
    waiting: Option<JoinHandle<()>>,
}

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);

impl Pause {
    pub(in crate::store) fn is_over(&self) -> bool {
        self.waiting.as_ref().is_none_or(JoinHandle::is_finished)
    }

    pub(in crate::store) fn begin(&mut self) {
        self.last = (self.last * 2).clamp(FIRST, LONGEST);
        self.waiting = Some(tokio::spawn(tokio::time::sleep(self.last)));
    }

    /// Nothing is wrong any more.
    pub(in crate::store) fn end(&mut self) {
        *self = Self::default();
    }
}
