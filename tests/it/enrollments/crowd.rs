//! Many learners at once, as rows.

use lyceum_kernel::UserId;
use sea_orm::{ConnectionTrait as _, Statement};
use uuid::Uuid;

use crate::courses::Campus;
use crate::support::database;

/// So many more learners in a course, each with the first five blocks completed, copied from the row and completion of the first.
#[expect(clippy::disallowed_methods, reason = "a thousand people who do nothing else are quicker written than lived")]
pub async fn fill(campus: &Campus, course: &str, count: usize) {
    let db = database::connect(&campus.app.database_url).await;
    let one = async |sql: &str| {
        let statement = Statement::from_string(db.get_database_backend(), sql.to_owned());
        db.execute_raw(statement).await.expect("written");
    };
    let literal = |id: Uuid| if campus.app.on_postgres() { format!("'{id}'") } else { format!("X'{}'", id.simple()) };
    let course = literal(course.parse().expect("an id"));
    let columns = "school_id, course_id, role, status, means, enrolled_at, version, created_at, updated_at";
    for number in 0..count {
        let (enrolment, user) = (
            literal(Uuid::from_u128(number as u128)),
            literal(UserId(Uuid::from_u128(1 << 64 | number as u128)).uuid()),
        );
        one(&format!(
            "INSERT INTO enrollments ({columns}, id, user_id, blocks_done) SELECT {columns}, {enrolment}, {user}, 5 FROM enrollments \
             WHERE course_id = {course} ORDER BY id DESC LIMIT 1"
        ))
        .await;
    }
    let same = "school_id, course_id, means, completed_at, version, created_at, updated_at";
    let from = "FROM completions c";
    let uuid = if campus.app.on_postgres() { "gen_random_uuid()" } else { "randomblob(16)" };
    let qualified: Vec<_> = same.split(", ").map(|column| format!("c.{column}")).collect();
    one(&format!(
        "INSERT INTO completions ({same}, id, enrollment_id, user_id, block_id) SELECT {}, {uuid}, e.id, e.user_id, b.id {from} \
         JOIN enrollments e ON e.course_id = c.course_id JOIN blocks b ON b.course_id = c.course_id AND b.position < 5 \
         WHERE c.course_id = {course} AND e.blocks_done = 5",
        qualified.join(", ")
    ))
    .await;
    db.close().await.expect("closed");
}
