//! Characters of which is known whether they were escaped.

/// A character, and whether a backslash made it an ordinary one.
pub type Sign = (char, bool);

/// Several.
pub type Signs = Vec<Sign>;

/// The characters that mean something unless they are escaped.
pub const SPECIAL: [char; 7] = ['~', '=', '#', '{', '}', ':', '\\'];

/// The characters of a text without the backslashes that escape.
pub fn of(text: &str) -> Signs {
    let mut signs = Vec::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek().copied()) {
            ('\\', Some('n')) => {
                chars.next();
                signs.push(('\n', true));
            }
            ('\\', Some(next)) if SPECIAL.contains(&next) => {
                chars.next();
                signs.push((next, true));
            }
            (c, _) => signs.push((c, false)),
        }
    }
    signs
}

/// As text again.
pub fn text(signs: &[Sign]) -> String {
    signs.iter().map(|(c, _)| *c).collect()
}

/// Whether they begin with a mark that is not escaped.
pub fn starts_with(signs: &[Sign], mark: &str) -> bool {
    let mut rest = signs.iter();
    mark.chars().all(|c| rest.next() == Some(&(c, false)))
}

/// Where a mark that is not escaped begins.
pub fn find(signs: &[Sign], mark: &str) -> Option<usize> {
    (0..signs.len()).find(|at| starts_with(&signs[*at..], mark))
}

/// Without spaces that are not escaped at both ends.
pub fn trimmed(signs: &[Sign]) -> &[Sign] {
    let is_space = |sign: &Sign| sign.0.is_whitespace() && !sign.1;
    let start = signs.iter().position(|sign| !is_space(sign)).unwrap_or(signs.len());
    let end = signs.iter().rposition(|sign| !is_space(sign)).map_or(start, |at| at + 1);
    &signs[start..end]
}

/// The pieces before each of the marks, which begin with them; what is before the first mark first.
pub fn divided<'s>(signs: &'s [Sign], marks: &[char]) -> Vec<&'s [Sign]> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, (c, escaped)) in signs.iter().enumerate() {
        if !escaped && marks.contains(c) {
            pieces.push(&signs[start..at]);
            start = at;
        }
    }
    pieces.push(&signs[start..]);
    pieces
}
