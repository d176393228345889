//! What people learn, as long as the test says it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use lyceum_courses::ports::{Completions, Enrolments, PortError, Scores};
use lyceum_kernel::{BlockId, CourseId, SchoolId, UserId};

use crate::support::{App, Client};

/// Who takes part in and has completed which courses and blocks, and who scored what.
#[derive(Debug, Default)]
pub struct Register {
    pub attends: Mutex<HashSet<(UserId, CourseId)>>,
    pub courses: Mutex<HashSet<(UserId, CourseId)>>,
    pub blocks: Mutex<HashSet<(UserId, BlockId)>>,
    pub scores: Mutex<HashMap<(UserId, BlockId), f64>>,
}

impl Register {
    /// A register that a system looks into.
    pub fn of(app: &App) -> Arc<Self> {
        let register = Arc::new(Self::default());
        let learning = &app.system.learning;
        learning.keep_enrolments(Arc::clone(&register) as _);
        learning.keep_completions(Arc::clone(&register) as _);
        learning.keep_scores(Arc::clone(&register) as _);
        register
    }
}

#[async_trait]
impl Enrolments for Register {
    async fn courses_of(&self, _: SchoolId, user: UserId) -> Result<Vec<CourseId>, PortError> {
        let all = self.attends.lock().expect("kept");
        Ok(all.iter().filter(|(who, _)| *who == user).map(|(_, course)| *course).collect())
    }

    async fn teaches(&self, _: SchoolId, _: UserId, _: CourseId) -> Result<bool, PortError> {
        Ok(false)
    }
}

#[async_trait]
impl Completions for Register {
    async fn blocks_completed(&self, _: SchoolId, user: UserId, _: CourseId) -> Result<HashSet<BlockId>, PortError> {
        let all = self.blocks.lock().expect("kept");
        Ok(all.iter().filter(|(who, _)| *who == user).map(|(_, block)| *block).collect())
    }

    async fn course_completed(&self, _: SchoolId, user: UserId, course: CourseId) -> Result<bool, PortError> {
        Ok(self.courses.lock().expect("kept").contains(&(user, course)))
    }
}

#[async_trait]
impl Scores for Register {
    async fn best_scores(
        &self,
        _: SchoolId,
        user: UserId,
        blocks: &[BlockId],
    ) -> Result<HashMap<BlockId, f64>, PortError> {
        let all = self.scores.lock().expect("kept");
        Ok(blocks.iter().filter_map(|block| Some((*block, *all.get(&(user, *block))?))).collect())
    }
}

/// Whose client it is.
pub fn user(client: &Client) -> UserId {
    client.user_id.as_deref().expect("an id").parse().expect("an id")
}
