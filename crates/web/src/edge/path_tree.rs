//! Finding a route by its path in one walk over the segments, however many routes there are.
//!
//! actix tries its resources one after another, a regular expression each; a table of several hundred routes would make
//! the last ones slow and let `/courses/{id}` swallow `/courses/public`. Here a fixed segment always wins over a
//! patterned one (`{code}.pdf`), that over a free one (`{id}`), and that over a tail (`{path}*`).

use std::collections::HashMap;

/// A tree of path templates.
#[derive(Debug)]
pub(crate) struct PathTree {
    root: Node,
}

#[derive(Debug, Default)]
struct Node {
    here: Option<usize>,
    fixed: HashMap<Box<str>, Node>,
    affixed: Vec<Affixed>,
    free: Option<Box<Node>>,
    tail: Option<usize>,
}

/// A segment with text around its parameter.
#[derive(Debug)]
struct Affixed {
    before: Box<str>,
    after: Box<str>,
    node: Node,
}

impl Affixed {
    fn matches(&self, segment: &str) -> bool {
        segment.len() > self.before.len() + self.after.len()
            && segment.starts_with(&*self.before)
            && segment.ends_with(&*self.after)
    }
}

enum Segment<'a> {
    Fixed(&'a str),
    Affixed(&'a str, &'a str),
    Free,
    Tail,
}

fn parse(segment: &str) -> Segment<'_> {
    let Some((before, rest)) = segment.split_once('{') else { return Segment::Fixed(segment) };
    let Some((name, after)) = rest.rsplit_once('}') else { return Segment::Fixed(segment) };
    match (before, after) {
        ("", "*") => Segment::Tail,
        ("", "") if name.ends_with(":.*") => Segment::Tail,
        ("", "") => Segment::Free,
        _ => Segment::Affixed(before, after),
    }
}

impl PathTree {
    /// A tree without paths.
    pub(crate) fn new() -> Self {
        Self { root: Node::default() }
    }

    /// Puts `index` at a template; gives back the index that another template of the same shape already has.
    pub(crate) fn insert(&mut self, template: &str, index: usize) -> Option<usize> {
        let mut node = &mut self.root;
        for segment in template.strip_prefix('/').unwrap_or(template).split('/') {
            node = match parse(segment) {
                Segment::Fixed(text) => node.fixed.entry(text.into()).or_default(),
                Segment::Free => node.free.get_or_insert_default(),
                Segment::Affixed(before, after) => node.affixed(before, after),
                Segment::Tail => return node.tail.replace(index),
            };
        }
        node.here.replace(index)
    }

    /// The index of the template that a path fits.
    pub(crate) fn find(&self, path: &str) -> Option<usize> {
        self.root.find(path.strip_prefix('/')?)
    }
}

impl Node {
    fn affixed(&mut self, before: &str, after: &str) -> &mut Self {
        let known = self.affixed.iter().position(|known| *known.before == *before && *known.after == *after);
        let place = known.unwrap_or_else(|| {
            self.affixed.push(Affixed { before: before.into(), after: after.into(), node: Self::default() });
            self.affixed.len() - 1
        });
        &mut self.affixed[place].node
    }

    fn find(&self, path: &str) -> Option<usize> {
        let (segment, rest) = path.split_once('/').map_or((path, None), |(segment, rest)| (segment, Some(rest)));
        let below = |node: &Self| rest.map_or(node.here, |rest| node.find(rest));
        self.fixed
            .get(segment)
            .and_then(below)
            .or_else(|| self.affixed.iter().filter(|a| a.matches(segment)).find_map(|a| below(&a.node)))
            .or_else(|| self.free.as_deref().filter(|_| !segment.is_empty()).and_then(below))
            .or(self.tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATHS: [&str; 10] = [
        "/",
        "/v1/courses",
        "/v1/courses/{id}",
        "/v1/courses/public",
        "/v1/courses/{id}/sections",
        "/v1/courses/public/{id}",
        "/v1/calendar/{token}.ics",
        "/docs/{path}*",
        "/v1/calendar/{token}",
        "/v1/{a}/{b}/ratings",
    ];

    fn tree() -> PathTree {
        let mut tree = PathTree::new();
        for (index, path) in PATHS.iter().enumerate() {
            assert_eq!(tree.insert(path, index), None, "{path}");
        }
        tree
    }

    #[test]
    fn the_most_specific_template_wins() {
        let tree = tree();
        let found = |path: &str| tree.find(path).map(|index| PATHS[index]);
        assert_eq!(found("/"), Some("/"));
        assert_eq!(found("/v1/courses"), Some("/v1/courses"));
        assert_eq!(found("/v1/courses/public"), Some("/v1/courses/public"));
        assert_eq!(found("/v1/courses/7"), Some("/v1/courses/{id}"));
        assert_eq!(found("/v1/courses/7/sections"), Some("/v1/courses/{id}/sections"));
        assert_eq!(found("/v1/calendar/abc.ics"), Some("/v1/calendar/{token}.ics"));
        assert_eq!(found("/v1/calendar/.ics"), Some("/v1/calendar/{token}"));
        assert_eq!(found("/docs/a/b.js"), Some("/docs/{path}*"));
    }

    #[test]
    fn a_dead_end_is_walked_back() {
        let tree = tree();
        let found = |path: &str| tree.find(path).map(|index| PATHS[index]);
        assert_eq!(found("/v1/courses/public/sections"), Some("/v1/courses/public/{id}"));
        assert_eq!(found("/v1/courses/7/ratings"), Some("/v1/{a}/{b}/ratings"));
    }

    #[test]
    fn nothing_else_is_found() {
        let tree = tree();
        for path in ["", "*", "/v1", "/v1/", "/v1/courses/", "/v1/courses//sections", "//", "/v2/courses"] {
            assert_eq!(tree.find(path), None, "{path}");
        }
    }

    #[test]
    fn the_same_shape_twice_is_reported() {
        assert_eq!(tree().insert("/v1/courses/{course_id}", 99), Some(2));
    }
}
