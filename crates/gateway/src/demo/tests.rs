//! Tests that the demo school's students have taken, with scores worth looking at.

mod papers;

use std::sync::Arc;

use chrono::TimeDelta;
use lyceum_assessments::{PlantedAnswer, PlantedAttempt};
use lyceum_kernel::{PermissionSet, PlatformRole, Principal, Rank, SchoolId, SessionId, TestId, UserId};
use serde_json::Value;

use self::papers::Paper;
use super::courses::Planted;
use super::work;
use crate::system::System;

/// How much each student knows, in per cent; later ones begin again from the first.
const ABILITIES: [usize; 12] = [92, 71, 38, 85, 64, 47, 78, 55, 33, 88, 60, 69];

/// Makes the tests of the demo and lets the students take them: better each time.
pub(super) async fn plant(
    system: &System,
    school: SchoolId,
    planted: &Planted,
    (biology, mathematics, students): (UserId, UserId, &[UserId]),
) -> anyhow::Result<()> {
    for paper in papers::all(system.platform.clock.now()) {
        let course = planted.course(paper.course)?;
        let teacher = if paper.mathematics { mathematics } else { biology };
        let teacher = somebody(system, (school, teacher), Rank::TEACHER);
        let mut body = paper.body.clone();
        body["course_id"] = Value::String(course.to_string());
        let test = system.assessments.plant_test(&teacher, (work(system), work(system)), body).await?;
        if let Some(block) = paper.block.and_then(|title| planted.quizzes.get(title)) {
            let mut tx = work(system).begin().await?;
            system.courses.plant_test(&mut tx, (school, *block), test).await?;
            tx.commit_quietly().await?;
        }
        for (number, student) in students.iter().enumerate() {
            let who = somebody(system, (school, *student), Rank::STUDENT);
            for time in 0..paper.times(number) {
                system
                    .assessments
                    .plant_attempt(&who, work(system), attempt(system, &paper, test, (number, time)))
                    .await?;
            }
        }
    }
    Ok(())
}

/// What one of the students makes of a test.
fn attempt(system: &System, paper: &Paper, test: TestId, (student, time): (usize, usize)) -> PlantedAttempt {
    let answers = paper.wrong.iter().enumerate().map(|(place, wrong)| {
        // Nobody is sure of everything: what is hard takes more, and each time they know a little more.
        let luck = (student * 31 + place * 17 + time * 7) % 37;
        let knows = ABILITIES[student % ABILITIES.len()] + luck + 12 * time >= 36 + paper.difficulty(place);
        match wrong.get((student + place + time) % (wrong.len() + 1)) {
            _ if knows => paper.right(place),
            Some(wrong) => PlantedAnswer::This(wrong.clone()),
            None => PlantedAnswer::Nothing,
        }
    });
    // One after the other, a day between their attempts, quicker each time.
    let number = |number: usize| i64::try_from(number).unwrap_or_default();
    let ago = TimeDelta::days(paper.days_ago - number(time)) + TimeDelta::minutes(5 * number(student) + 3);
    let took = TimeDelta::minutes(6 + number(student * 7 % 11) - number(time));
    PlantedAttempt { test, at: system.platform.clock.now() - ago, took, answers: answers.collect() }
}

/// Somebody acting in the school: what is planted is planted as if by them.
fn somebody(system: &System, (school, user_id): (SchoolId, UserId), rank: Rank) -> Principal {
    let (now, entropy) = (system.platform.clock.now(), system.platform.entropy.as_ref());
    let permissions = if rank >= Rank::TEACHER {
        PermissionSet::of(["test:read", "test:create", "test:publish", "question:read", "question:create"])
    } else {
        PermissionSet::of(["test:read", "test:take"])
    };
    Principal {
        user_id,
        session_id: SessionId::new(now, entropy),
        school_id: Some(school),
        platform_role: PlatformRole::Member,
        permissions,
        rank,
        roles: Arc::new([]),
        school_writable: true,
    }
}
