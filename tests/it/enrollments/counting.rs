//! Progress as it is kept, against progress as it is counted: after random sequences of everything that changes it, after rolling up and
//! after counting from scratch.

use std::collections::{BTreeMap, BTreeSet};

use lyceum_kernel::Scope;
use reqwest::Method;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};

use super::id;
use crate::courses::{Campus, make};
use crate::support::program::Place;
use crate::support::{Client, database};
use crate::tenancy::{enrol, id_of};

/// A small generator: the same sequence for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % count as u64).expect("small")
    }
}

#[derive(Debug, Default)]
struct Section {
    id: String,
    /// Living and deleted, in the order in which they stand if they live.
    blocks: Vec<String>,
}

#[derive(Debug, Default)]
struct Course {
    id: String,
    deleted: bool,
    sections: Vec<Section>,
    gone: Vec<(usize, String)>,
}

impl Course {
    fn living(&self) -> Vec<&String> {
        self.sections.iter().flat_map(|section| &section.blocks).collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Active,
    Completed,
    Withdrawn,
    Deleted,
}

struct Enrolment {
    id: String,
    standing: Standing,
    done: BTreeSet<String>,
}

/// What everything would be if it were counted.
struct Model {
    courses: Vec<Course>,
    /// By student and course.
    enrolments: BTreeMap<(usize, usize), Enrolment>,
    /// Who is in which of the groups.
    members: BTreeSet<(usize, usize)>,
}

struct World {
    campus: Campus,
    students: Vec<Client>,
    groups: Vec<String>,
    model: Model,
}

impl World {
    async fn new() -> Self {
        let campus = Campus::open().await;
        let mut students = vec![campus.student.clone()];
        for name in ["emmy", "noor"] {
            let email = format!("{name}@northfield.example");
            students.push(enrol(&campus.app, &campus.root, &campus.school, &email, "student").await);
        }
        let mut groups = Vec::new();
        for name in ["Blue", "Red"] {
            groups.push(make(&campus.admin, "/v1/groups", json!({ "name": name })).await);
        }
        let (mut courses, mut enrolments) = (Vec::new(), BTreeMap::new());
        for number in 0..2 {
            let mut course = Course { id: campus.course().await, ..Course::default() };
            for title in ["One", "Two"] {
                let id = campus.section(&course.id, title).await;
                let blocks = vec![campus.lesson(&id, "A").await, campus.lesson(&id, "B").await];
                course.sections.push(Section { id, blocks });
            }
            for (student, client) in students.iter().enumerate() {
                let id = id_of(&campus.enrolled(&course.id, &super::id(client)).await);
                enrolments
                    .insert((student, number), Enrolment { id, standing: Standing::Active, done: BTreeSet::new() });
            }
            courses.push(course);
        }
        let model = Model { courses, enrolments, members: BTreeSet::new() };
        Self { campus, students, groups, model }
    }

    async fn does(&self, who: &Client, method: Method, path: &str, body: &Value) {
        let request = who.request(method.clone(), path);
        let done = if body.is_null() { request.send().await } else { request.json(body).send().await };
        assert!(done.status.is_success(), "{method} {path} {body}: {}", done.json);
    }

    /// One thing that happens, if it can.
    async fn step(&mut self, dice: &mut Dice) {
        let number = dice.below(2);
        if self.model.courses[number].deleted && dice.below(2) == 0 {
            self.delete_course(number).await;
        }
        match dice.below(16) {
            0..=5 => self.complete(dice, number, true).await,
            6..=7 => self.complete(dice, number, false).await,
            8 => self.add_block(dice, number).await,
            9 => self.delete_block(dice, number).await,
            10 => self.restore_block(number).await,
            11 => self.move_block(dice, number).await,
            12 => self.change_enrolment(dice, number).await,
            13 => self.change_group(dice).await,
            14 => self.delete_course(number).await,
            _ => {
                self.campus.app.system.enrollments.roll_up().await.expect("rolled up");
            }
        }
        self.campus.app.drain_outbox().await;
    }

    async fn complete(&mut self, dice: &mut Dice, number: usize, completes: bool) {
        let student = dice.below(self.students.len());
        let course = &self.model.courses[number];
        let blocks = course.living();
        let standing = self.model.enrolments[&(student, number)].standing;
        if course.deleted || blocks.is_empty() || !matches!(standing, Standing::Active | Standing::Completed) {
            return;
        }
        let block = blocks[dice.below(blocks.len())].clone();
        let (method, body) = if completes { (Method::PUT, json!({})) } else { (Method::DELETE, Value::Null) };
        self.does(&self.students[student], method, &format!("/v1/blocks/{block}/completion"), &body).await;
        let living: BTreeSet<_> = blocks.into_iter().cloned().collect();
        let row = self.model.enrolments.get_mut(&(student, number)).expect("enrolled");
        let all_before = living.is_subset(&row.done);
        let changed = if completes { row.done.insert(block) } else { row.done.remove(&block) };
        if changed && completes && living.is_subset(&row.done) {
            row.standing = Standing::Completed;
        } else if changed && !completes && all_before {
            row.standing = Standing::Active;
        }
    }

    async fn add_block(&mut self, dice: &mut Dice, number: usize) {
        if self.model.courses[number].deleted {
            return;
        }
        let place = dice.below(2);
        let section = self.model.courses[number].sections[place].id.clone();
        let block = self.campus.lesson(&section, "More").await;
        self.model.courses[number].sections[place].blocks.push(block);
    }

    async fn delete_block(&mut self, dice: &mut Dice, number: usize) {
        let place = dice.below(2);
        let course = &self.model.courses[number];
        let blocks = &course.sections[place].blocks;
        if course.deleted || blocks.is_empty() {
            return;
        }
        let index = dice.below(blocks.len());
        let block = blocks[index].clone();
        self.does(&self.campus.teacher, Method::DELETE, &format!("/v1/blocks/{block}"), &Value::Null).await;
        let course = &mut self.model.courses[number];
        course.sections[place].blocks.remove(index);
        course.gone.push((place, block));
        let living: BTreeSet<_> = course.living().into_iter().cloned().collect();
        for ((_, of), row) in &mut self.model.enrolments {
            if *of == number && row.standing == Standing::Active && !living.is_empty() && living.is_subset(&row.done) {
                row.standing = Standing::Completed;
            }
        }
    }

    async fn restore_block(&mut self, number: usize) {
        if self.model.courses[number].deleted {
            return;
        }
        let Some((place, block)) = self.model.courses[number].gone.pop() else { return };
        self.does(&self.campus.teacher, Method::POST, &format!("/v1/blocks/{block}/restore"), &Value::Null).await;
        let path = format!("/v1/sections/{}/blocks?limit=100", self.model.courses[number].sections[place].id);
        let there = self.campus.teacher.get(&path).await;
        self.model.courses[number].sections[place].blocks = crate::courses::each(there.expect(200), "id");
    }

    async fn move_block(&mut self, dice: &mut Dice, number: usize) {
        let place = dice.below(2);
        let course = &self.model.courses[number];
        if course.deleted || course.sections[place].blocks.is_empty() {
            return;
        }
        let block = course.sections[place].blocks[0].clone();
        let to = json!({"section_id": course.sections[1 - place].id});
        self.does(&self.campus.teacher, Method::PATCH, &format!("/v1/blocks/{block}"), &to).await;
        let course = &mut self.model.courses[number];
        course.sections[place].blocks.remove(0);
        course.sections[1 - place].blocks.push(block);
    }

    async fn change_enrolment(&mut self, dice: &mut Dice, number: usize) {
        let student = dice.below(self.students.len());
        if self.model.courses[number].deleted {
            return;
        }
        let row = &self.model.enrolments[&(student, number)];
        let path = format!("/v1/enrollments/{}", row.id);
        let teacher = &self.campus.teacher;
        let standing = match (row.standing, dice.below(2)) {
            (Standing::Deleted, _) => {
                self.does(teacher, Method::POST, &format!("{path}/restore"), &Value::Null).await;
                let back = teacher.get(&path).await;
                match back.expect(200)["status"].as_str() {
                    Some("active") => Standing::Active,
                    Some("completed") => Standing::Completed,
                    _ => Standing::Withdrawn,
                }
            }
            (Standing::Withdrawn, _) => {
                self.does(teacher, Method::PATCH, &path, &json!({"status": "active"})).await;
                Standing::Active
            }
            (_, 0) => {
                self.does(teacher, Method::PATCH, &path, &json!({"status": "withdrawn"})).await;
                Standing::Withdrawn
            }
            _ => {
                self.does(teacher, Method::DELETE, &path, &Value::Null).await;
                Standing::Deleted
            }
        };
        self.model.enrolments.get_mut(&(student, number)).expect("enrolled").standing = standing;
    }

    async fn change_group(&mut self, dice: &mut Dice) {
        let (group, student) = (dice.below(2), dice.below(self.students.len()));
        let path = format!("/v1/groups/{}/members/{}", self.groups[group], id(&self.students[student]));
        let method = if self.model.members.remove(&(group, student)) {
            Method::DELETE
        } else {
            self.model.members.insert((group, student));
            Method::PUT
        };
        self.does(&self.campus.admin, method, &path, &Value::Null).await;
    }

    /// Deletes a course, or brings it back.
    async fn delete_course(&mut self, number: usize) {
        let course = &mut self.model.courses[number];
        course.deleted = !course.deleted;
        let path = format!("/v1/courses/{}", course.id);
        let (method, path) =
            if course.deleted { (Method::DELETE, path) } else { (Method::POST, format!("{path}/restore")) };
        self.does(&self.campus.teacher, method, &path, &Value::Null).await;
    }

    /// What a roll-up of some learners must be, as it is counted.
    fn counted(&self, course: Option<usize>, group: Option<usize>) -> Value {
        let (mut enrollments, mut completed, mut done, mut possible) = (0, 0, 0, 0);
        for ((student, number), row) in &self.model.enrolments {
            let there = course.is_none_or(|course| course == *number)
                && group.is_none_or(|group| self.model.members.contains(&(group, *student)));
            let learns = matches!(row.standing, Standing::Active | Standing::Completed);
            let of = &self.model.courses[*number];
            if there && learns && !of.deleted {
                let living = of.living();
                enrollments += 1;
                completed += usize::from(row.standing == Standing::Completed);
                possible += living.len();
                done += living.into_iter().filter(|block| row.done.contains(*block)).count();
            }
        }
        let percent = (done * 100).checked_div(possible).unwrap_or_default();
        json!({"enrollments": enrollments, "completed": completed, "done": done, "possible": possible, "percent": percent})
    }

    /// Everything that is kept is as it is counted.
    async fn agrees(&self, when: &str) {
        let admin = &self.campus.admin;
        for (number, course) in self.model.courses.iter().enumerate().filter(|(_, course)| !course.deleted) {
            let stats = admin.get(&format!("/v1/courses/{}/progress-stats", course.id)).await;
            assert_eq!(stats.expect(200), &self.counted(Some(number), None), "course {number} {when}");
            let listed = admin.get(&format!("/v1/courses/{}/progress?limit=100", course.id)).await;
            let living = course.living();
            let mut expected = Vec::new();
            for (student, client) in self.students.iter().enumerate() {
                let row = &self.model.enrolments[&(student, number)];
                if matches!(row.standing, Standing::Active | Standing::Completed) {
                    let done = living.iter().filter(|block| row.done.contains(**block)).count();
                    let next = living.iter().find(|block| !row.done.contains(**block));
                    expected.push(json!([id(client), done, living.len(), next, row.standing == Standing::Completed]));
                }
            }
            let shown = listed.expect(200).as_array().expect("a list").iter();
            let shown: Vec<_> = shown
                .map(|row| json!([row["user_id"], row["done"], row["blocks"], row["next_block_id"], row["completed"]]))
                .collect();
            assert_eq!(shown, expected, "learners of course {number} {when}");
        }
        for (number, group) in self.groups.iter().enumerate() {
            let stats = admin.get(&format!("/v1/groups/{group}/progress-stats")).await;
            assert_eq!(stats.expect(200), &self.counted(None, Some(number)), "group {number} {when}");
        }
        let stats = admin.get(&format!("/v1/schools/{}/progress-stats", self.campus.school)).await;
        assert_eq!(stats.expect(200), &self.counted(None, None), "school {when}");
    }

    /// The roll-ups as they stand in the table; what is nothing is left out.
    #[expect(clippy::disallowed_methods, reason = "what is kept is looked at as it is kept")]
    async fn kept(&self) -> Vec<(Vec<u8>, Vec<u8>, i64, i64, i64)> {
        let db = database::connect(&self.campus.app.database_url).await;
        let sql = "SELECT holder_id, course_id, learners, done, completed FROM progress_totals \
                   WHERE learners <> 0 OR done <> 0 OR completed <> 0 ORDER BY holder_id, course_id";
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("rows");
        let uuid = |row: &sea_orm::QueryResult, index| {
            row.try_get_by_index::<uuid::Uuid>(index).expect("an id").as_bytes().to_vec()
        };
        let number = |row: &sea_orm::QueryResult, index| row.try_get_by_index::<i64>(index).expect("a number");
        let kept = rows.iter().map(|row| (uuid(row, 0), uuid(row, 1), number(row, 2), number(row, 3), number(row, 4)));
        let kept = kept.collect();
        db.close().await.expect("closed");
        kept
    }
}

#[tokio::test]
async fn what_is_kept_is_what_is_counted() {
    let mut world = World::new().await;
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for round in 0..12 {
        for _ in 0..20 {
            world.step(&mut dice).await;
        }
        world.agrees(&format!("after round {round}")).await;
    }
    let enrollments = world.campus.app.system.enrollments.clone();
    enrollments.roll_up().await.expect("rolled up");
    world.agrees("rolled up").await;
    let kept = world.kept().await;
    assert!(!kept.is_empty());
    assert_eq!(enrollments.roll_up().await.expect("rolled up"), 0, "nothing is left to be counted");
    enrollments.rebuild_progress(Scope::Platform).await.expect("rebuilt");
    assert_eq!(world.kept().await, kept, "counted from scratch");
    world.agrees("rebuilt").await;
}

/// What went wrong is put right by counting from scratch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "something goes wrong")]
async fn counting_from_scratch_mends_what_is_wrong() {
    let mut world = World::new().await;
    let mut dice = Dice(7);
    for _ in 0..25 {
        world.step(&mut dice).await;
    }
    let db = database::connect(&world.campus.app.database_url).await;
    for sql in [
        "UPDATE enrollments SET blocks_done = 77, counted_done = 3",
        "DELETE FROM progress_totals",
        "DELETE FROM progress_groups",
    ] {
        db.execute_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("broken");
    }
    db.close().await.expect("closed");
    let app = &world.campus.app;
    let place = Place::new()
        .set("DATABASE_URL", &app.database_url)
        .set("LYCEUM_DATA_DIR", &app.data_dir().display().to_string());
    assert!(!place.run(&["progress", "rebuild", "--school", "nowhere"]).status.success());
    let ended = place.run(&["progress", "rebuild", "--school", "northfield"]);
    assert!(ended.status.success() && ended.stdout.contains("2 courses counted"), "{ended:?}");
    world.agrees("mended").await;
}
