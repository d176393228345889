//! The kinds of text that clients send: each says in the API document exactly what it accepts, and accepts exactly that.

use lyceum_web::text;
use lyceum_web::text::{LINE_PATTERN, is_line, string};

text!(
    /// What a question bank is called.
    BankName,
    string("Biology, year 9", (1, 200), LINE_PATTERN, "1 to 200 characters, not only spaces, no control characters."),
    |text| is_line(text, 200),
    "must be 1 to 200 characters, not only spaces, with no control characters"
);

text!(
    /// What a question is filed under.
    QuestionTag,
    string("photosynthesis", (1, 40), LINE_PATTERN, "1 to 40 characters. Case does not matter when it is looked up."),
    |text| is_line(text, 40),
    "must be 1 to 40 characters, not only spaces, with no control characters"
);

text!(
    /// What a test is called.
    TestTitle,
    string("Light: what do you know?", (1, 200), LINE_PATTERN, "1 to 200 characters, not only spaces, no control characters."),
    |text| is_line(text, 200),
    "must be 1 to 200 characters, not only spaces, with no control characters"
);
