//! A history that reads each stream once: for answers that ask the same records about many days.
//! Not here: what is asked of it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use answerable_schemas::StreamName;
use answerable_schemas::history::{Fact, History, Lookup};

/// Keeps what it has read, for as long as it lives; a ledger that grows meanwhile does not show in it.
pub struct Kept<'a> {
    history: &'a dyn History,
    streams: RefCell<HashMap<StreamName, Vec<Arc<Fact>>>>,
    names: RefCell<HashMap<String, Vec<StreamName>>>,
}

impl<'a> Kept<'a> {
    pub fn of(history: &'a dyn History) -> Self {
        Self { history, streams: RefCell::default(), names: RefCell::default() }
    }
}

impl History for Kept<'_> {
    fn stream(&self, name: &StreamName) -> Lookup<Vec<Arc<Fact>>> {
        if let Some(kept) = self.streams.borrow().get(name) {
            return Ok(kept.clone());
        }
        let facts = self.history.stream(name)?;
        self.streams.borrow_mut().insert(name.clone(), facts.clone());
        Ok(facts)
    }

    fn streams_with_prefix(&self, prefix: &str) -> Lookup<Vec<StreamName>> {
        if let Some(kept) = self.names.borrow().get(prefix) {
            return Ok(kept.clone());
        }
        let names = self.history.streams_with_prefix(prefix)?;
        self.names.borrow_mut().insert(prefix.to_owned(), names.clone());
        Ok(names)
    }
}
