//! What statistics want of an attempt, in few bytes beside its marks: a hundred thousand of them are read in a second or two, where
//! their papers and marks would take ten.
//!
//! A one, then question by question in the order of the paper: its id, 16 bytes; what it was worth; its points; what became of it (how
//! many options were chosen × 2, and 1 if there was an answer); and each option that was chosen, its length before it. Numbers are
//! LEB128, signed ones zigzag before.

use uuid::Uuid;

use crate::model::attempt::{Marks, Paper};
use crate::model::question::QuestionId;
use crate::points::Points;

/// The version of this form.
const FORM: u8 = 1;

/// A question in a tally.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell<'t> {
    /// The question.
    pub question: QuestionId,
    /// What it was worth.
    pub worth: Points,
    /// What became of it, for [`outcome`]; the same bytes say the same.
    pub outcome: &'t [u8],
}

/// What became of a question in an attempt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Its points.
    pub points: Points,
    /// Whether there was an answer.
    pub answered: bool,
    /// The options that were chosen.
    pub chosen: Vec<String>,
}

/// The tally of a paper and its marks.
pub fn encode(paper: &Paper, marks: &Marks) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + paper.0.len() * 28);
    bytes.push(FORM);
    for (item, mark) in paper.0.iter().zip(&marks.0) {
        bytes.extend_from_slice(item.question_id.uuid().as_bytes());
        write_signed(&mut bytes, item.points.millionths());
        write_signed(&mut bytes, mark.points.unwrap_or_default().millionths());
        write(&mut bytes, (mark.chosen.len() as u64) << 1 | u64::from(mark.answered));
        for option in &mark.chosen {
            write(&mut bytes, option.len() as u64);
            bytes.extend_from_slice(option.as_bytes());
        }
    }
    bytes
}

/// The questions in a tally. What is in another form, or cut off, has none.
pub fn cells(tally: &[u8]) -> impl Iterator<Item = Cell<'_>> {
    let mut rest = tally.strip_prefix(&[FORM]).unwrap_or_default();
    std::iter::from_fn(move || {
        let (id, after) = rest.split_first_chunk::<16>()?;
        let mut left = after;
        let worth = read_signed(&mut left)?;
        let begin = left;
        skip_outcome(&mut left)?;
        let outcome = &begin[..begin.len() - left.len()];
        rest = left;
        Some(Cell { question: QuestionId(Uuid::from_bytes(*id)), worth: Points::of_millionths(worth), outcome })
    })
}

/// What the bytes of an outcome say.
pub fn outcome(mut bytes: &[u8]) -> Option<Outcome> {
    let points = Points::of_millionths(read_signed(&mut bytes)?);
    let head = read(&mut bytes)?;
    let mut chosen = Vec::new();
    for _ in 0..head >> 1 {
        let length = usize::try_from(read(&mut bytes)?).ok()?;
        let (option, rest) = bytes.split_at_checked(length)?;
        chosen.push(String::from_utf8_lossy(option).into_owned());
        bytes = rest;
    }
    Some(Outcome { points, answered: head & 1 == 1, chosen })
}

fn skip_outcome(bytes: &mut &[u8]) -> Option<()> {
    read(bytes)?;
    let head = read(bytes)?;
    for _ in 0..head >> 1 {
        let length = usize::try_from(read(bytes)?).ok()?;
        *bytes = bytes.split_at_checked(length)?.1;
    }
    Some(())
}

fn write(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push((number & 0x7f) as u8);
}

fn write_signed(bytes: &mut Vec<u8>, number: i64) {
    write(bytes, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

fn read(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn read_signed(bytes: &mut &[u8]) -> Option<i64> {
    let number = read(bytes)?;
    Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::attempt::{Mark, PaperItem};

    proptest! {
        #[test]
        fn what_is_written_is_read(rows in prop::collection::vec((any::<u128>(), any::<i64>(), any::<i64>(), any::<bool>(), prop::collection::vec(".{0,9}", 0..4)), 0..20), cut in any::<prop::sample::Index>()) {
            let item = |(id, worth, ..): &(u128, i64, i64, bool, Vec<String>)| PaperItem {
                question_id: QuestionId(Uuid::from_u128(*id)), revision: 1, points: Points::of_millionths(*worth), section: 0,
            };
            let mark = |(.., points, answered, chosen): &(u128, i64, i64, bool, Vec<String>)| Mark {
                points: Some(Points::of_millionths(*points)), answered: *answered, full: false, chosen: chosen.clone(),
            };
            let bytes = encode(&Paper(rows.iter().map(item).collect()), &Marks(rows.iter().map(mark).collect()));
            let found: Vec<_> = cells(&bytes).map(|cell| (cell.question, cell.worth, outcome(cell.outcome).unwrap())).collect();
            let expected: Vec<_> = rows.iter().map(|row| {
                let mark = mark(row);
                let outcome = Outcome { points: mark.points.unwrap(), answered: mark.answered, chosen: mark.chosen };
                (item(row).question_id, item(row).points, outcome)
            }).collect();
            prop_assert_eq!(&found, &expected);
            // Cut off anywhere it is shorter, and nothing else.
            let some: Vec<_> = cells(&bytes[..cut.index(bytes.len())]).map(|cell| (cell.question, cell.worth)).collect();
            prop_assert!(some.len() <= found.len() && some.iter().zip(&found).all(|(a, b)| *a == (b.0, b.1)));
        }
    }
}
