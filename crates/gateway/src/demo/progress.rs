//! How far people are at the demo school, and what they think of what they have completed: made through the services that the API uses.

use chrono::TimeDelta;
use lyceum_courses::NewRating;
use lyceum_enrollments::NewCompletion;
use lyceum_kernel::{SchoolId, UserId};

use super::courses::Planted;
use super::work;
use crate::system::System;

/// A course by its code, who learns there, how many of its blocks they have completed, the last of them how many days ago, and what its
/// teacher said about that.
type Learned = (&'static str, &'static str, usize, i64, Option<(&'static str, i16, &'static str)>);

/// How far everybody is; the others have not begun.
const LEARNED: [Learned; 14] = [
    ("OPEN-1", "sofia", 3, 9, None),
    ("OPEN-1", "srini", 3, 4, None),
    ("BIO-9-1", "sofia", 5, 1, Some(("grace", 88, "Lovely veins; the stalk of the third is missing."))),
    ("BIO-9-1", "emmy", 3, 2, None),
    ("BIO-9-1", "maryam", 2, 3, None),
    (
        "BIO-9-1",
        "seun",
        5,
        2,
        Some(("grace", 71, "Two leaves are the same one. Draw what you see, not what you know.")),
    ),
    ("BIO-9-1", "mei", 2, 6, None),
    ("BIO-9-1", "fatima", 4, 1, None),
    ("MAT-9-2", "maryam", 3, 5, Some(("leonhard", 94, "Of what? You asked every time. Well done."))),
    ("MAT-9-2", "sofia", 2, 1, None),
    ("MAT-9-2", "srini", 1, 6, None),
    ("MAT-9-2", "lucas", 3, 3, Some(("leonhard", 80, "Right, but say in each line what the whole is."))),
    ("MAT-9-2", "hannah", 1, 4, None),
    ("MAT-9-2", "isla", 2, 2, None),
];

/// What those think who have completed a course.
const RATINGS: [(&str, &str, i16, &str); 3] = [
    ("OPEN-1", "sofia", 5, "Fifteen minutes a day, and I ordered my own bread in Lisbon."),
    ("OPEN-1", "srini", 4, "The second week is the hard one."),
    ("MAT-9-2", "maryam", 5, "Now I check every sale."),
];

/// Lets the people of the demo learn.
pub(super) async fn plant(
    system: &System,
    school: SchoolId,
    planted: &Planted,
    account_of: impl Fn(&str) -> anyhow::Result<UserId>,
) -> anyhow::Result<()> {
    let all: Vec<_> = planted.courses.values().copied().collect();
    let plans = system.courses.course_plans(school, &all).await?;
    let mut tx = work(system).begin().await?;
    for (code, name, done, days, said) in LEARNED {
        let (course, user) = (planted.course(code)?, account_of(name)?);
        let plan = plans.iter().find(|plan| plan.course_id == course);
        let blocks = plan.map_or(&[][..], |plan| &plan.blocks);
        // What has a test in it is completed by that.
        let by_hand = blocks.iter().filter(|block| !planted.quizzes.values().any(|quiz| quiz == *block));
        for (number, block) in by_hand.take(done).enumerate() {
            let left = i32::try_from(done - number - 1)?;
            let at = tx.now() - TimeDelta::days(days) - TimeDelta::hours(26) * left;
            let grade = match said {
                Some((teacher, grade, words)) if left == 0 => Some((account_of(teacher)?, grade, words.to_owned())),
                _ => None,
            };
            let new = NewCompletion { school, course, block: *block, user, at, feedback: None, grade };
            system.enrollments.record_completion(&mut tx, new).await?;
        }
    }
    for (code, name, stars, comment) in RATINGS {
        let (course, user) = (planted.course(code)?, account_of(name)?);
        let new = NewRating { school, course, user, stars, comment: comment.to_owned() };
        system.courses.plant_rating(&mut tx, new).await?;
    }
    tx.commit_quietly().await?;
    system.enrollments.roll_up().await?;
    Ok(())
}
