//! A file in GIFT as blocks: questions and changes of category.

/// A block.
#[derive(Debug)]
pub enum Block<'t> {
    /// From here on, questions are filed there.
    Category(Vec<String>),
    /// A question.
    Question(Question<'t>),
}

/// A question before it is understood.
#[derive(Debug, Default)]
pub struct Question<'t> {
    /// Where it begins, from 1.
    pub line: u32,
    /// Its lines.
    pub words: String,
    /// The comments before and within it.
    pub comments: Vec<&'t str>,
    /// Whether a brace was not closed.
    pub is_open: bool,
}

/// The blocks of a file, in order.
pub fn of(text: &str) -> Vec<Block<'_>> {
    let lines: Vec<&str> = text.split('\n').collect();
    let (mut blocks, mut question) = (Vec::new(), Question::default());
    for (at, line) in lines.iter().enumerate() {
        let bare = line.trim();
        if let Some(comment) = bare.strip_prefix("//") {
            question.comments.push(comment);
        } else if let Some(path) = bare.strip_prefix("$CATEGORY:").filter(|_| !question.is_open || begins(&lines[at..]))
        {
            end(&mut question, &mut blocks);
            blocks.push(Block::Category(category(path)));
        } else if bare.is_empty() {
            if !question.is_open || begins(&lines[at..]) {
                end(&mut question, &mut blocks);
            }
        } else {
            if question.words.is_empty() {
                question.line = u32::try_from(at + 1).unwrap_or(u32::MAX);
            } else {
                question.words.push('\n');
            }
            question.words.push_str(line.trim_end());
            question.is_open = is_open(line, question.is_open);
        }
    }
    end(&mut question, &mut blocks);
    blocks
}

fn end<'t>(question: &mut Question<'t>, blocks: &mut Vec<Block<'t>>) {
    let done = std::mem::take(question);
    if !done.words.is_empty() {
        blocks.push(Block::Question(done));
    }
}

/// Whether a brace is open behind a line.
fn is_open(line: &str, before: bool) -> bool {
    braces(line).last().map_or(before, |brace| brace == '{')
}

/// The braces of a line that are not escaped.
fn braces(line: &str) -> impl DoubleEndedIterator<Item = char> {
    let mut all = Vec::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '{' | '}' => all.push(c),
            _ => {}
        }
    }
    all.into_iter()
}

/// Whether what follows a blank line is another question, and not the rest of answers with a blank line among them.
fn begins(lines: &[&str]) -> bool {
    let next = lines.iter().skip_while(|line| line.trim().is_empty()).take_while(|line| !line.trim().is_empty());
    for line in next {
        let bare = line.trim();
        if bare.starts_with("::") || bare.starts_with("$CATEGORY:") {
            return true;
        }
        if let Some(brace) = braces(bare).next() {
            return brace == '{';
        }
    }
    false
}

/// The lines of a question without what says nothing: space around them, blank ones, comments.
pub fn normal(words: &str) -> String {
    let lines = words.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// `$course$/top/Biology/Cells`: a slash in a name is written twice.
pub fn category(path: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let mut chars = path.trim().chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => {
                chars.next();
                part.push('/');
            }
            '/' => parts.push(std::mem::take(&mut part)),
            c => part.push(c),
        }
    }
    parts.push(part);
    let mut parts: Vec<_> =
        parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    // Where a tree hangs in Moodle.
    let is_root = |part: &String| part.len() > 2 && part.starts_with('$') && part.ends_with('$');
    if parts.first().is_some_and(is_root) {
        parts.remove(0);
        if parts.first().is_some_and(|part| part == "top") {
            parts.remove(0);
        }
    }
    parts
}

/// The same, to be written.
pub fn path(category: &[String]) -> String {
    let parts = category.iter().map(|part| format!("/{}", part.replace('/', "//").replace(['\n', '\r'], " ")));
    format!("$course$/top{}", parts.collect::<String>())
}
