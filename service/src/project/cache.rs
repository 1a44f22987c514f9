//! The latest folds of projects in memory.

use crate::Context;
use crate::error::{Error, Fault, Public};
use crate::log::Head;
use domain::id::Id;
use domain::project::Project;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Projects kept folded in memory.
const KEPT: usize = 512;

/// The latest fold of projects written to: a command then reads only what is new. And the queue of
/// writers to one project on this server: they would only make each other try again.
#[derive(Clone, Default)]
pub struct ProjectCache(Arc<Mutex<HashMap<Id<Project>, Arc<CachedProject>>>>, Arc<Mutex<HashMap<Id<Project>, Queue>>>);

type Queue = Arc<tokio::sync::Mutex<()>>;

#[derive(Clone)]
pub(super) struct CachedProject {
    pub project: Project,
    pub head: Head,
    pub seq: u64,
}

impl ProjectCache {
    pub(super) fn get(&self, id: &Id<Project>) -> Option<Arc<CachedProject>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    pub(super) fn put(&self, id: &Id<Project>, folded: CachedProject) {
        let mut heads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newer = heads.get(id).is_none_or(|known| known.head.version < folded.head.version);
        if heads.len() >= KEPT && !heads.contains_key(id) {
            heads.clear();
        }
        if newer {
            heads.insert(id.clone(), Arc::new(folded));
        }
    }

    pub(super) fn queue(&self, id: &Id<Project>) -> Queue {
        let mut queues = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        if queues.len() >= KEPT {
            queues.retain(|_, queue| Arc::strong_count(queue) > 1);
        }
        queues.entry(id.clone()).or_default().clone()
    }

    pub(super) fn forget(&self, id: &Id<Project>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// The project as it is now.
///
/// # Errors
/// `NotFound`. Whether the person may know it is for the caller to ask.
pub(crate) async fn current(cx: &Context, id: &Id<Project>) -> Result<Project, Error> {
    Ok(load(cx, id).await?.project.clone())
}

/// The project as it is now, from memory and what was appended since.
pub(super) async fn load(cx: &Context, id: &Id<Project>) -> Result<Arc<CachedProject>, Error> {
    let known = cx.service.projects.get(id);
    let after = known.as_ref().map_or(0, |k| k.seq);
    let new = cx.service.log.read(id, after, i64::MAX).await?;
    let folded = match (known, new.last()) {
        (Some(known), None) => return Ok(known),
        (None, None) => return Err(Public::NotFound.into()),
        (Some(known), Some(last)) if new.first().is_some_and(|f| f.version() == known.head.version + 1) => {
            let mut project = known.project.clone();
            new.iter().for_each(|recorded| project.record(recorded));
            CachedProject { project, head: Head { version: last.version(), hash: last.hash() }, seq: last.seq() }
        }
        (Some(_), Some(_)) => {
            cx.service.projects.forget(id);
            return Err(Fault::from(format!("the stream of project {id} has a hole: run `quanlian verify`")).into());
        }
        (None, Some(last)) => {
            let project = Project::fold(&new).ok_or_else(|| Fault::from(format!("project {id} does not begin with its start")))?;
            CachedProject { project, head: Head { version: last.version(), hash: last.hash() }, seq: last.seq() }
        }
    };
    cx.service.projects.put(id, folded.clone());
    Ok(Arc::new(folded))
}
