//! Deletion and restoration, held against a small and obvious model over random sequences.

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Campus, each, make};

/// A small linear congruential generator: the same tale every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("small") % bound
    }
}

/// A section (its parent is the course) or a block.
#[derive(Debug, Clone)]
struct Node {
    id: String,
    /// The number of the section that it is in; of a section, none.
    parent: Option<usize>,
    /// With which deletion it went.
    mark: Option<u32>,
    place: usize,
}

/// What there should be.
#[derive(Debug, Default)]
struct Model {
    course: Option<u32>,
    nodes: Vec<Node>,
    marks: u32,
}

impl Model {
    /// The living beneath a parent, in order.
    fn living(&self, parent: Option<usize>) -> Vec<usize> {
        let mut found: Vec<_> = (0..self.nodes.len())
            .filter(|number| self.nodes[*number].parent == parent && self.nodes[*number].mark.is_none())
            .collect();
        found.sort_by_key(|number| self.nodes[*number].place);
        found
    }

    fn sections(&self) -> Vec<usize> {
        (0..self.nodes.len()).filter(|number| self.nodes[*number].parent.is_none()).collect()
    }

    fn shift(&mut self, parent: Option<usize>, from: usize, up: bool) {
        for number in self.living(parent) {
            let place = &mut self.nodes[number].place;
            if *place >= from {
                *place = if up { *place - 1 } else { *place + 1 };
            }
        }
    }

    fn add(&mut self, id: String, parent: Option<usize>) {
        let place = self.living(parent).len();
        self.nodes.push(Node { id, parent, mark: None, place });
    }

    fn delete(&mut self, number: usize) {
        self.marks += 1;
        for other in 0..self.nodes.len() {
            if (other == number || self.nodes[other].parent == Some(number)) && self.nodes[other].mark.is_none() {
                self.nodes[other].mark = Some(self.marks);
            }
        }
        let Node { parent, place, .. } = self.nodes[number].clone();
        self.shift(parent, place + 1, true);
    }

    /// Whether it can be restored now, and if so that it is.
    fn restore(&mut self, number: usize) -> u16 {
        let Node { parent, mark, place, .. } = self.nodes[number].clone();
        let Some(mark) = mark else { return 409 };
        if parent.is_some_and(|section| self.nodes[section].mark.is_some()) {
            return 409;
        }
        let place = place.min(self.living(parent).len());
        self.shift(parent, place, false);
        self.nodes[number].place = place;
        for node in &mut self.nodes {
            if node.mark == Some(mark) {
                node.mark = None;
            }
        }
        200
    }

    fn relocate(&mut self, number: usize, to: usize) {
        let Node { parent, place, .. } = self.nodes[number].clone();
        if parent == Some(to) {
            return;
        }
        let end = self.living(Some(to)).len();
        self.nodes[number].parent = Some(to);
        self.nodes[number].place = end;
        self.shift(parent, place + 1, true);
    }

    fn delete_course(&mut self) {
        self.marks += 1;
        self.course = Some(self.marks);
        for node in &mut self.nodes {
            node.mark = node.mark.or(Some(self.marks));
        }
    }

    fn restore_course(&mut self) {
        let mark = self.course.take();
        for node in &mut self.nodes {
            if node.mark == mark {
                node.mark = None;
            }
        }
    }

    fn outline(&self) -> Vec<(String, Vec<String>)> {
        let id = |number: &usize| self.nodes[*number].id.clone();
        let sections = self.living(None);
        sections.iter().map(|section| (id(section), self.living(Some(*section)).iter().map(id).collect())).collect()
    }
}

struct Play<'a> {
    campus: &'a Campus,
    course: String,
    model: Model,
    dice: Dice,
}

impl Play<'_> {
    async fn step(&mut self) {
        let teacher = &self.campus.teacher;
        let path = format!("/v1/courses/{}", self.course);
        if self.model.course.is_some() {
            // Nothing in it is there.
            let section = self.model.sections().first().map(|number| self.model.nodes[*number].id.clone());
            if let Some(section) = section {
                teacher.get(&format!("/v1/sections/{section}")).await.problem(404);
                teacher.post_empty(&format!("/v1/sections/{section}/restore")).await.problem(404);
            }
            if self.dice.below(2) == 0 {
                teacher.post_empty(&format!("{path}/restore")).await.expect(200);
                self.model.restore_course();
            }
            return;
        }
        let (all, sections) = (self.model.nodes.len(), self.model.living(None));
        match self.dice.below(12) {
            0 | 1 => {
                let id = make(teacher, &format!("{path}/sections"), json!({"title": "S"})).await;
                self.model.add(id, None);
            }
            2..=4 if !sections.is_empty() => {
                let section = sections[self.dice.below(sections.len())];
                let blocks = format!("/v1/sections/{}/blocks", self.model.nodes[section].id);
                let id = make(teacher, &blocks, json!({"title": "B", "type": "lesson", "content": "needle"})).await;
                self.model.add(id, Some(section));
            }
            5 | 6 if all > 0 => {
                let number = self.dice.below(all);
                let reply = teacher.delete(&self.path_of(number)).await;
                if self.model.nodes[number].mark.is_some() {
                    reply.problem(404);
                } else {
                    reply.expect(204);
                    self.model.delete(number);
                }
            }
            7..=9 if all > 0 => {
                let number = self.dice.below(all);
                let reply = teacher.post_empty(&format!("{}/restore", self.path_of(number))).await;
                assert_eq!(reply.status.as_u16(), self.model.restore(number), "{}", reply.json);
            }
            10 if !sections.is_empty() => {
                let from = sections[self.dice.below(sections.len())];
                let (to, blocks) = (sections[self.dice.below(sections.len())], self.model.living(Some(from)));
                if !blocks.is_empty() {
                    let block = blocks[self.dice.below(blocks.len())];
                    let body = json!({"section_id": self.model.nodes[to].id});
                    teacher.patch(&self.path_of(block), body).await.expect(200);
                    self.model.relocate(block, to);
                }
            }
            11 if self.dice.below(3) == 0 => {
                teacher.delete(&path).await.expect(204);
                self.model.delete_course();
            }
            _ => {}
        }
    }

    fn path_of(&self, number: usize) -> String {
        let node = &self.model.nodes[number];
        format!("/v1/{}/{}", if node.parent.is_none() { "sections" } else { "blocks" }, node.id)
    }

    async fn compare(&self) {
        let teacher = &self.campus.teacher;
        let path = format!("/v1/courses/{}", self.course);
        let outline = teacher.get(&format!("{path}/outline")).await;
        let hits = teacher.get("/v1/courses?q=needle").await;
        if self.model.course.is_some() {
            outline.problem(404);
            assert!(!each(hits.expect(200), "id").contains(&self.course), "the search finds what is deleted");
            return;
        }
        let shown = outline.expect(200)["sections"].as_array().expect("sections").iter();
        let shown = shown.map(|section| {
            let id = section["id"].as_str().expect("an id").to_owned();
            (id, each(&section["blocks"], "id"))
        });
        let shown: Vec<_> = shown.collect();
        assert_eq!(shown, self.model.outline());
        let blocks: usize = shown.iter().map(|(_, blocks)| blocks.len()).sum();
        assert_eq!(each(hits.expect(200), "id").contains(&self.course), blocks > 0, "the search knows what there is");
        let deleted = teacher.get(&format!("{path}/sections?deleted=only&limit=100")).await;
        let mut deleted = each(deleted.expect(200), "id");
        let gone = self.model.sections().into_iter().filter(|number| self.model.nodes[*number].mark.is_some());
        let mut gone: Vec<_> = gone.map(|number| self.model.nodes[number].id.clone()).collect();
        deleted.sort();
        gone.sort();
        assert_eq!(deleted, gone);
    }
}

#[tokio::test]
async fn restoring_brings_back_exactly_what_went_at_one_stroke() {
    let campus = Campus::open().await;
    for seed in [1, 2026, 77_777] {
        let course = campus.course().await;
        let mut play = Play { campus: &campus, course, model: Model::default(), dice: Dice(seed) };
        for _ in 0..120 {
            play.step().await;
            play.compare().await;
        }
        let marks = play.model.marks;
        assert!(marks > 8, "the dice deleted only {marks} times");
        if play.model.course.is_none() {
            campus.teacher.delete(&format!("/v1/courses/{}", play.course)).await.expect(204);
        }
    }
}

#[tokio::test]
async fn a_deleted_course_takes_everything_with_it_and_brings_it_back() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    let (one, two) = (campus.section(&course, "One").await, campus.section(&course, "Two").await);
    let (a, b) = (campus.lesson(&one, "A").await, campus.lesson(&two, "B").await);
    campus.teacher.delete(&format!("/v1/blocks/{a}")).await.expect(204);
    campus.teacher.delete(&format!("/v1/courses/{course}")).await.expect(204);
    for path in [
        format!("/v1/courses/{course}"),
        format!("/v1/courses/{course}/outline"),
        format!("/v1/courses/{course}/sections"),
        format!("/v1/courses/{course}/materials"),
        format!("/v1/courses/{course}/rating-stats"),
        format!("/v1/sections/{one}"),
        format!("/v1/sections/{two}/blocks"),
        format!("/v1/blocks/{b}"),
    ] {
        campus.teacher.get(&path).await.problem(404);
    }
    assert_eq!(campus.teacher.get("/v1/courses").await.expect(200), &json!([]));
    let deleted = campus.teacher.get("/v1/courses?deleted=only").await;
    assert_eq!(each(deleted.expect(200), "id"), std::slice::from_ref(&course));
    assert_eq!(campus.colleague.get("/v1/courses?deleted=only").await.expect(200), &json!([]));
    campus.colleague.post_empty(&format!("/v1/courses/{course}/restore")).await.problem(404);
    campus.teacher.post_empty(&format!("/v1/blocks/{b}/restore")).await.problem(404);
    campus.teacher.post_empty(&format!("/v1/courses/{course}/restore")).await.expect(200);
    assert_eq!(campus.teacher.post_empty(&format!("/v1/courses/{course}/restore")).await.problem(409), "not-deleted");
    campus.teacher.get(&format!("/v1/blocks/{b}")).await.expect(200);
    campus.teacher.get(&format!("/v1/blocks/{a}")).await.problem(404);
    let gone = campus.teacher.get(&format!("/v1/sections/{one}/blocks?deleted=only")).await;
    assert_eq!(each(gone.expect(200), "id"), std::slice::from_ref(&a));
    campus.teacher.delete(&format!("/v1/sections/{one}")).await.expect(204);
    let orphan = campus.teacher.post_empty(&format!("/v1/blocks/{a}/restore")).await;
    assert_eq!(orphan.problem(409), "parent-deleted");
}

#[tokio::test]
async fn what_was_deleted_long_ago_is_purged() {
    let campus = Campus::open().await;
    let (old, kept) = (campus.course().await, campus.course().await);
    let section = campus.section(&old, "One").await;
    campus.lesson(&section, "A").await;
    let (here, gone) = (campus.section(&kept, "One").await, campus.section(&kept, "Two").await);
    campus.lesson(&here, "A").await;
    campus.teacher.delete(&format!("/v1/courses/{old}")).await.expect(204);
    campus.teacher.delete(&format!("/v1/sections/{gone}")).await.expect(204);
    campus.app.clock.advance(Duration::days(89));
    campus.app.drain_outbox().await;
    assert!(rows(&campus, "courses").await == 2 && rows(&campus, "sections").await == 3);
    campus.app.clock.advance(Duration::days(2));
    let job = lyceum_platform::jobs::NewJob::new("courses.purge", &Value::Null);
    let cause = lyceum_platform::uow::Cause::new(lyceum_kernel::RequestId::parse("purge").expect("an id"));
    let mut tx = campus.app.system.platform.unit_of_work(cause).begin().await.expect("a transaction");
    tx.enqueue(job);
    tx.commit_quietly().await.expect("committed");
    campus.app.drain_outbox().await;
    let left = [rows(&campus, "courses").await, rows(&campus, "sections").await, rows(&campus, "blocks").await];
    assert_eq!(left, [1, 1, 1]);
    assert_eq!(rows(&campus, "course_search").await, 3, "the course, its section and its block");
}

#[expect(clippy::disallowed_methods, reason = "a look at what is really there")]
async fn rows(campus: &Campus, table: &str) -> i64 {
    use sea_orm::{ConnectionTrait as _, Statement};
    let db = crate::support::database::connect(&campus.app.database_url).await;
    let sql = format!("SELECT COUNT(*) AS n FROM {table}");
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("an answer");
    let count = row.expect("a row").try_get("", "n").expect("a number");
    db.close().await.expect("closed");
    count
}

#[tokio::test]
async fn deleting_at_an_old_version_is_refused() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    let section = campus.section(&course, "One").await;
    let path = format!("/v1/sections/{section}");
    let old = super::tag_of(&campus.teacher, &path).await;
    campus.lesson(&section, "A").await;
    let stale = super::with_match(&campus.teacher, Method::DELETE, &path, &old, &Value::Null).await;
    assert_eq!(stale.problem(412), "stale", "a block was added meanwhile");
}
