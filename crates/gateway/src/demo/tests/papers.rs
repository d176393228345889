//! What is asked at the demo school, and what people get wrong about it.

use chrono::{DateTime, TimeDelta, Utc};
use lyceum_assessments::PlantedAnswer;
use serde_json::{Value, json};

/// A test of the demo.
pub(super) struct Paper {
    /// The code of its course.
    pub(super) course: &'static str,
    /// The block that it hangs on.
    pub(super) block: Option<&'static str>,
    /// Whether mathematicians ask it.
    pub(super) mathematics: bool,
    /// How many days ago it was taken first; nobody has if none.
    pub(super) days_ago: i64,
    /// How often students may have taken it.
    most: usize,
    /// The test as `POST /v1/tests` takes it.
    pub(super) body: Value,
    /// For each question what people answer who do not know.
    pub(super) wrong: Vec<Vec<Value>>,
    /// For each question what somebody writes who does, where no machine can tell.
    words: Vec<Option<Value>>,
}

impl Paper {
    /// How often a student takes it.
    pub(super) const fn times(&self, student: usize) -> usize {
        let wanted = 1 + (student * 2 + 1) % 3;
        if wanted < self.most { wanted } else { self.most }
    }

    /// How hard a question is, in per cent.
    pub(super) fn difficulty(&self, place: usize) -> usize {
        let level = self.body["questions"][place]["difficulty"].as_u64().unwrap_or(3);
        usize::try_from(level).unwrap_or(3) * 14
    }

    /// What somebody answers who knows.
    pub(super) fn right(&self, place: usize) -> PlantedAnswer {
        self.words[place].clone().map_or(PlantedAnswer::Right, PlantedAnswer::This)
    }
}

/// All of them.
pub(super) fn all(now: DateTime<Utc>) -> [Paper; 4] {
    [colours(), scaling(), leaves(now), mock(now)]
}

/// What is shown of an attempt: all but the key at once, or only the score until the test is over.
fn review(at_once: bool) -> Value {
    let shown = if at_once {
        json!({"answers": true, "score": true, "points": true, "feedback": true})
    } else {
        json!({"score": true})
    };
    json!({"right_after": shown, "later": shown})
}

fn colours() -> Paper {
    let questions = json!([
        {"type": "single_choice", "text": "Which gas do leaves take in?", "tags": ["photosynthesis"], "difficulty": 1, "options": [
            {"text": "Oxygen", "feedback": "That is what they give off."}, {"text": "Carbon dioxide", "correct": true}, {"text": "Nitrogen"}]},
        {"type": "multiple_choice", "text": "Which of these are waves?", "tags": ["light"], "difficulty": 2, "points": 2, "options": [
            {"text": "Light", "correct": true}, {"text": "Sound", "correct": true}, {"text": "Sand", "feedback": "It has ripples, and is none."}]},
        {"type": "true_false", "text": "White light is all colours.", "tags": ["light"], "difficulty": 1, "correct": true},
        {"type": "numeric", "text": "How fast is light, in km/s?", "tags": ["light"], "difficulty": 4, "unit": "km/s", "points": 2,
            "answers": [{"value": 299_792, "tolerance": 1000}, {"value": 300_000, "tolerance": 1000, "percent": 50, "feedback": "Nearly."}]},
        {"type": "short_text", "text": "What in a leaf catches light?", "tags": ["photosynthesis"], "difficulty": 3,
            "answers": [{"pattern": "chloroph*"}, {"pattern": "chloroplast*"}]},
        {"type": "matching", "text": "What belongs together?", "tags": ["light"], "difficulty": 3, "points": 3, "pairs": [
            {"text": "Longest waves", "match": "Red"}, {"text": "Shortest waves", "match": "Violet"}], "distractors": ["Green"]},
        {"type": "ordering", "text": "From short waves to long ones", "tags": ["light"], "difficulty": 4, "points": 2, "items": [
            {"id": "0000000a", "text": "Violet"}, {"id": "0000000b", "text": "Green"}, {"id": "0000000c", "text": "Yellow"}, {"id": "0000000d", "text": "Red"}]},
        {"type": "cloze", "text": "A prism {{1}} light into {{2}} colours.", "tags": ["light"], "difficulty": 2, "points": 2, "gaps": [
            {"id": "1", "input": "choice", "answers": [{"text": "parts"}, {"text": "melts", "percent": 0}]},
            {"id": "2", "input": "number", "answers": [{"text": "7"}]}]}
    ]);
    Paper {
        course: "BIO-9-1",
        block: Some("Check yourself: colours"),
        mathematics: false,
        days_ago: 12,
        most: 3,
        body: json!({
            "title": "Check yourself: colours", "description": "Eight questions, as often as you like. The best attempt counts.",
            "questions": questions, "settings": {"pass_mark": 60, "shuffle_options": true, "review": review(true)}
        }),
        wrong: vec![
            vec![json!(0), json!(0), json!(2)],
            vec![json!([0]), json!([0, 2]), json!([2])],
            vec![json!(false)],
            vec![json!(300_000), json!(1_080), json!(30_000)],
            vec![json!("the stem"), json!("green"), json!("roots")],
            Vec::new(),
            vec![
                json!(["0000000d", "0000000c", "0000000b", "0000000a"]),
                json!(["0000000a", "0000000c", "0000000b", "0000000d"]),
            ],
            vec![json!({"2": "6"}), json!({"2": 3})],
        ],
        words: vec![None; 8],
    }
}

fn scaling() -> Paper {
    let number = |text: &str, difficulty: u8, value: f64| json!({"type": "numeric", "text": text, "difficulty": difficulty, "tags": ["ratio"], "answers": [{"value": value, "tolerance": 0}]});
    let questions = json!([
        number("300 g of flour make bread for 4. How many grams for 6?", 1, 450.0),
        number("8 pens cost 6 pounds. What do 12 cost, in pounds?", 2, 9.0),
        number("A map has the scale 1 : 50 000. How many kilometres are 7 cm?", 3, 3.5),
        {"type": "true_false", "text": "Doubling a square's sides doubles its area.", "difficulty": 3, "tags": ["ratio"], "correct": false,
            "feedback_true": "Draw it: four of the small ones fit in."},
        {"type": "single_choice", "text": "Which ratio is the same as 6 : 9?", "difficulty": 1, "tags": ["ratio"], "options": [
            {"text": "2 : 3", "correct": true}, {"text": "3 : 2"}, {"text": "9 : 12", "feedback": "Adding 3 to both is not scaling."}]},
        {"type": "multiple_choice", "text": "Which of these are proportional?", "difficulty": 4, "tags": ["ratio"], "points": 2, "options": [
            {"text": "Litres of petrol and their price", "correct": true}, {"text": "Age and height"},
            {"text": "Time and distance at one speed", "correct": true}, {"text": "A square's side and its area"}]},
        number("5 taps fill a pool in 6 hours. In how many hours do 3 fill it?", 5, 10.0),
        number("Orange to water is 1 : 4. How many ml of orange are in 750 ml?", 3, 150.0),
        {"type": "ordering", "text": "From the smallest to the largest", "difficulty": 3, "tags": ["ratio"], "scoring": "pairs", "items": [
            {"id": "0000000a", "text": "1 : 4"}, {"id": "0000000b", "text": "2 : 6"}, {"id": "0000000c", "text": "3 : 5"}, {"id": "0000000d", "text": "8 : 10"}]},
        {"type": "short_text", "text": "The graph of two proportional quantities is a straight line through the …", "difficulty": 2,
            "tags": ["ratio"], "answers": [{"pattern": "origin"}, {"pattern": "zero*", "percent": 50}]}
    ]);
    Paper {
        course: "MAT-9-2",
        block: Some("Scaling"),
        mathematics: true,
        days_ago: 9,
        most: 2,
        body: json!({
            "title": "Scaling", "description": "Ten questions, no calculator. Twice at most; the latest counts.", "questions": questions,
            "settings": {"pass_mark": 50, "max_attempts": 2, "grading_method": "latest", "review": review(true)}
        }),
        wrong: vec![
            vec![json!(500), json!(302)],
            vec![json!(10), json!(8)],
            vec![json!(35), json!(0.35), json!(7)],
            vec![json!(true)],
            vec![json!(1), json!(2), json!(2)],
            vec![json!([0]), json!([0, 1, 2]), json!([0, 2, 3])],
            vec![json!(3.6), json!(4), json!(3.6)],
            vec![json!(187.5), json!(187.5), json!(250)],
            vec![
                json!(["0000000a", "0000000b", "0000000d", "0000000c"]),
                json!(["0000000d", "0000000c", "0000000b", "0000000a"]),
            ],
            vec![json!("zero"), json!("middle"), json!("y axis")],
        ],
        words: vec![None; 10],
    }
}

fn leaves(now: DateTime<Utc>) -> Paper {
    let questions = json!([
        {"type": "single_choice", "text": "Where does photosynthesis happen?", "difficulty": 2, "tags": ["photosynthesis"], "points": 2, "options": [
            {"text": "In the nucleus"}, {"text": "In the chloroplasts", "correct": true}, {"text": "In the vacuole"}, {"text": "In the cell wall"}]},
        {"type": "cloze", "text": "Leaves take in {{1}} and water, and give off {{2}}.", "difficulty": 2, "tags": ["photosynthesis"], "points": 2,
            "gaps": [{"id": "1", "answers": [{"text": "carbon dioxide"}, {"text": "CO2"}]}, {"id": "2", "answers": [{"text": "oxygen"}, {"text": "O2"}]}]},
        {"type": "true_false", "text": "Plants do not breathe at night.", "difficulty": 3, "tags": ["respiration"], "correct": false},
        {"type": "essay", "text": "Why do leaves look green, and what would a plant look like that used all of white light?", "difficulty": 4,
            "tags": ["light"], "points": 5, "rubric": [
                {"text": "Green light is reflected, not used", "points": 3}, {"text": "It would look black", "points": 2}]}
    ]);
    Paper {
        course: "BIO-9-1",
        block: None,
        mathematics: false,
        days_ago: 2,
        most: 1,
        body: json!({
            "title": "Inside a leaf: end of unit", "description": "Once. Your teacher reads the last answer.", "questions": questions,
            "settings": {
                "pass_mark": 50, "max_attempts": 1, "closes_at": now + TimeDelta::days(3), "wrong_answer_percent": 25, "review": review(false)
            }
        }),
        wrong: vec![
            vec![json!(0), json!(2)],
            vec![json!({"1": "oxygen", "2": "carbon dioxide"}), json!({"1": "CO2", "2": "sugar"})],
            vec![json!(true)],
            vec![
                json!("Because of the chlorophyll."),
                json!("They are full of green colour, so that animals find them."),
            ],
        ],
        words: vec![
            None,
            None,
            None,
            Some(json!(
                "Chlorophyll takes red and blue out of the light and throws green back. Using all of it, the plant would be black."
            )),
        ],
    }
}

fn mock(now: DateTime<Utc>) -> Paper {
    let questions = json!([
        {"type": "numeric", "text": "A jacket of 80 pounds is reduced by 15 %. What does it cost now, in pounds?", "points": 3, "difficulty": 2,
            "answers": [{"value": 68, "tolerance": 0}]},
        {"type": "numeric", "text": "By how many per cent must a price rise to undo a fall by 20 %?", "points": 4, "difficulty": 4,
            "answers": [{"value": 25, "tolerance": 0}]},
        {"type": "essay", "text": "Show that two rises by 10 % are more than one by 20 %.", "points": 5, "difficulty": 4}
    ]);
    Paper {
        course: "MAT-9-2",
        block: None,
        mathematics: true,
        days_ago: 0,
        most: 0,
        body: json!({
            "title": "Percentages: mock exam", "description": "45 minutes, in room 12. The code is on the board.", "questions": questions,
            "settings": {
                "opens_at": now + TimeDelta::days(7), "closes_at": now + TimeDelta::days(7) + TimeDelta::hours(2), "time_limit_s": 2_700,
                "max_attempts": 1, "pass_mark": 50, "access_code": "base line", "review": review(false)
            }
        }),
        wrong: Vec::new(),
        words: Vec::new(),
    }
}
