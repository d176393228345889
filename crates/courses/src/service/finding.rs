//! Full-text search: courses that answer, and what in a course does.

use std::collections::{HashMap, HashSet};

use lyceum_kernel::{CourseId, Cursor, Page, PageRequest, Principal, Scope};

use super::CoursesService;
use crate::dto::course::Course;
use crate::dto::search::SearchHit;
use crate::error::CourseError;
use crate::policy::Viewer;
use crate::repo::courses::Filter;
use crate::repo::search::{self, Question};
use crate::repo::{content, courses};

impl CoursesService {
    /// A page of the courses that answer and that the viewer sees, best first. Four queries.
    pub(crate) async fn find_courses(
        &self,
        viewer: &Viewer,
        enrolled: &[CourseId],
        (text, filter): (&str, &Filter),
        request: &PageRequest,
    ) -> Result<Page<Course>, CourseError> {
        let scope = courses::reach(viewer);
        let language = match viewer.school() {
            Some(school) => self.language(school).await?,
            None => "simple",
        };
        let unless_taught_by = (!viewer.manages).then_some(viewer.user);
        let db = self.platform.db.read(scope);
        let question = Question { scope, course: None, text, language, unless_taught_by };
        let ranked = search::courses(&db, question).await?;
        let ids: Vec<_> = ranked.iter().map(|found| found.course_id).collect();
        let seen: HashSet<_> = if ids.is_empty() {
            HashSet::new()
        } else {
            courses::seen_among(&db, (viewer, enrolled), filter, &ids).await?.into_iter().collect()
        };
        let found: Vec<_> = ranked.into_iter().filter(|found| seen.contains(&found.course_id)).collect();
        let total = request.total.then_some(found.len() as u64);
        let start = match &request.cursor {
            Some(cursor) => found.iter().position(|found| found.course_id.uuid() == cursor.id).map_or_else(
                // It is not among the answers any more: go on where it would be.
                || found.iter().position(|found| found.rank < key_rank(&cursor.key)).unwrap_or(found.len()),
                |place| place + 1,
            ),
            None => 0,
        };
        let rows: Vec<_> = found.into_iter().skip(start).take(request.limit as usize + 1).collect();
        let page = Page::cut(rows, request, |found| Cursor {
            id: found.course_id.uuid(),
            key: found.rank.to_be_bytes().to_vec(),
        });
        let ids: Vec<_> = page.items.iter().map(|found| found.course_id).collect();
        let mut rows: HashMap<_, _> = HashMap::new();
        if !ids.is_empty() {
            rows = courses::find_many(&db, scope, &ids).await?.into_iter().map(|row| (row.id, row)).collect();
        }
        let items = ids.iter().filter_map(|id| rows.remove(id)).map(Course::from).collect();
        Ok(Page { items, next: page.next, total })
    }

    /// A page of what in a course answers, best first. What is locked for the caller is not found.
    pub(crate) async fn search_course(
        &self,
        who: &Principal,
        id: CourseId,
        text: &str,
        request: &PageRequest,
    ) -> Result<Page<SearchHit>, CourseError> {
        let entry = self.seen(who, id).await?;
        let school = entry.row.school_id;
        let (scope, language) = (Scope::School(school), self.language(school).await?);
        let db = self.platform.db.read(scope);
        let question = Question { scope, course: Some(id), text, language, unless_taught_by: None };
        let mut hits = search::documents(&db, question).await?;
        if hits.iter().any(|hit| hit.restricted) {
            let briefs = content::briefs(&db, school, id).await?;
            let locks = self.locks(who, &entry.row, briefs.iter().map(|block| block.release.as_ref())).await?;
            let open = briefs.iter().zip(locks).filter(|(_, unmet)| unmet.is_empty()).map(|(block, _)| block.id);
            let open: HashSet<_> = open.collect();
            hits.retain(|hit| !hit.restricted || hit.block_id.is_some_and(|block| open.contains(&block)));
        }
        let total = request.total.then_some(hits.len() as u64);
        let start = match &request.cursor {
            Some(cursor) => hits
                .iter()
                .position(|hit| u128::try_from(hit.seq).ok() == Some(cursor.id.as_u128()))
                .map_or(hits.len(), |place| place + 1),
            None => 0,
        };
        let rows: Vec<_> = hits.into_iter().skip(start).take(request.limit as usize + 1).collect();
        let page = Page::cut(rows, request, |hit| Cursor {
            id: uuid::Uuid::from_u128(u128::try_from(hit.seq).unwrap_or_default()),
            key: Vec::new(),
        });
        let seqs: Vec<_> = page.items.iter().map(|hit| hit.seq).collect();
        let bodies: HashMap<_, _> = search::bodies(&db, school, &seqs).await?.into_iter().collect();
        let words = search::words(text);
        let page = page.map(|hit| SearchHit {
            kind: hit.kind,
            section_id: hit.section_id,
            block_id: hit.block_id,
            title: hit.title,
            snippet: bodies.get(&hit.seq).map(|body| snippet(body, &words)).unwrap_or_default(),
        });
        Ok(Page { total, ..page })
    }
}

fn key_rank(key: &[u8]) -> f64 {
    <[u8; 8]>::try_from(key).map_or(f64::NEG_INFINITY, f64::from_be_bytes)
}

/// Characters of a snippet before the word and in all.
const BEFORE: usize = 60;
const LENGTH: usize = 200;

/// Some words of a text around the first place where one of `words`, or another form of it, begins.
fn snippet(text: &str, words: &[String]) -> String {
    let stems: Vec<Vec<char>> = words.iter().map(|word| stem(word)).collect();
    let letters: Vec<char> = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let lower = |c: char| c.to_lowercase().next().unwrap_or(c);
    let begins = |at: usize| at == 0 || !letters[at - 1].is_alphanumeric();
    let found = (0..letters.len()).find(|at| {
        let rest = &letters[*at..];
        let is = |stem: &Vec<char>| rest.len() >= stem.len() && rest.iter().zip(stem).all(|(a, b)| lower(*a) == *b);
        begins(*at) && stems.iter().any(is)
    });
    let mut start = found.unwrap_or(0).saturating_sub(BEFORE);
    while start > 0 && !begins(start) {
        start -= 1;
    }
    let mut end = (start + LENGTH).min(letters.len());
    while end < letters.len() && end > start + LENGTH / 2 && letters[end].is_alphanumeric() {
        end -= 1;
    }
    let cut: String = letters[start..end].iter().collect();
    let cut = cut.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}{cut}{}", if start > 0 { "… " } else { "" }, if end < letters.len() { " …" } else { "" })
}

/// The beginning that the forms of a word share.
fn stem(word: &str) -> Vec<char> {
    let letters: Vec<char> = word.to_lowercase().chars().collect();
    let kept = if letters.len() > 5 { letters.len() - 3 } else { letters.len() };
    letters[..kept].to_vec()
}

#[cfg(test)]
mod tests {
    use super::snippet;

    #[test]
    fn snippets_are_around_the_word() {
        let text =
            format!("{} the leaves are green because of chlorophyll. {}", "word ".repeat(60), "more ".repeat(60));
        let cut = snippet(&text, &["leaf".to_owned(), "chlorophylls".to_owned()]);
        assert!(cut.starts_with("… ") && cut.ends_with(" …") && cut.contains("chlorophyll"), "{cut}");
        assert!(cut.chars().count() <= 204, "{cut}");
        assert_eq!(snippet("short\n text", &["none".to_owned()]), "short text");
        assert_eq!(snippet("", &["none".to_owned()]), "");
    }
}
