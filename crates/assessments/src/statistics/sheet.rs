//! Every attempt at a test in few bytes: which outcome it had at each place. So an attempt whose marks have changed can be taken out
//! again, and the statistics of a group are a look at its people.

use std::collections::{BTreeMap, HashMap, HashSet};

use lyceum_kernel::{AttemptId, UserId};

use super::{Counts, Item, Sums};
use crate::model::question::QuestionId;
use crate::model::settings::GradingMethod;
use crate::points::Points;
use crate::tally::{self, Outcome};

/// No other attempt.
const NONE: u32 = u32::MAX;

/// An attempt as it is in the database.
#[derive(Debug, Clone)]
pub struct Fresh {
    /// The attempt.
    pub id: AttemptId,
    /// Whose it is.
    pub user_id: UserId,
    /// Which of theirs.
    pub number: i32,
    /// Its version.
    pub version: i64,
    /// Its points; none while it is not marked to the last question.
    pub score: Option<Points>,
    /// What became of each question.
    pub tally: Vec<u8>,
}

/// An attempt.
#[derive(Debug, Clone)]
struct Entry {
    number: i32,
    version: i64,
    score: Option<Points>,
    /// Whether it is in the sums.
    counted: bool,
    /// Another of the same person.
    other: u32,
}

/// A place of the test: a question, or where one is drawn.
#[derive(Debug, Clone)]
struct Place {
    most: i64,
    /// What has been seen there; the first is nothing.
    outcomes: Vec<(Option<(QuestionId, Points)>, Outcome)>,
    known: HashMap<Box<[u8]>, u32>,
}

/// What is counted at a place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct PlaceSums {
    /// How often each outcome was.
    outcomes: Vec<u64>,
    /// The sum of the products of its points and the totals.
    products: i128,
    /// How often the points of everything else were so many.
    rests: Counts,
}

/// What is counted of all attempts, or of some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Counted {
    attempts: u64,
    totals: Counts,
    places: Vec<PlaceSums>,
    drawn: BTreeMap<QuestionId, Item>,
}

/// All attempts at a revision of a test.
#[derive(Debug, Clone)]
pub struct Sheet {
    method: GradingMethod,
    places: Vec<Place>,
    fixed: HashMap<QuestionId, usize>,
    entries: Vec<Entry>,
    /// Attempt by attempt, place by place.
    cells: Vec<u32>,
    by_id: HashMap<AttemptId, u32>,
    by_person: HashMap<UserId, u32>,
    counted: Counted,
}

impl Sheet {
    /// No attempts yet at a test with these questions, and places for so many that are drawn, each with its most points.
    pub fn of(fixed: &[(QuestionId, Points)], drawn: &[Points], method: GradingMethod) -> Self {
        let most = fixed.iter().map(|(_, most)| *most).chain(drawn.iter().copied());
        let nothing = || vec![(None, Outcome::default())];
        let place = |most: Points| Place { most: most.millionths(), outcomes: nothing(), known: HashMap::new() };
        let places: Vec<_> = most.map(place).collect();
        let counted = Counted { places: vec![PlaceSums::default(); places.len()], ..Counted::default() };
        Self {
            method,
            fixed: fixed.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect(),
            places,
            entries: Vec::new(),
            cells: Vec::new(),
            by_id: HashMap::new(),
            by_person: HashMap::new(),
            counted,
        }
    }

    /// How much there is in it.
    pub fn size(&self) -> usize {
        self.entries.len() * (self.places.len() + 32)
    }

    /// Whether an attempt is there just so.
    pub fn knows(&self, id: AttemptId, version: i64) -> bool {
        self.by_id.get(&id).is_some_and(|place| self.entries[*place as usize].version == version)
    }

    /// Takes in an attempt that is new or has changed.
    pub fn put(&mut self, fresh: &Fresh) {
        if self.knows(fresh.id, fresh.version) {
            return;
        }
        let at = if let Some(at) = self.by_id.get(&fresh.id) { *at } else { self.enter(fresh) };
        self.count(at, false);
        let entry = &mut self.entries[at as usize];
        (entry.version, entry.score) = (fresh.version, fresh.score);
        self.write(at, &fresh.tally);
        self.choose(fresh.user_id);
    }

    fn enter(&mut self, fresh: &Fresh) -> u32 {
        // There are far fewer: memory would end before.
        let at = u32::try_from(self.entries.len()).unwrap_or(NONE);
        let other = self.by_person.insert(fresh.user_id, at).unwrap_or(NONE);
        let Fresh { id, number, version, .. } = *fresh;
        self.entries.push(Entry { number, version, score: None, counted: false, other });
        self.cells.resize(self.cells.len() + self.places.len(), 0);
        self.by_id.insert(id, at);
        at
    }

    /// Notes what became of each question; what the attempt did not have was worth nothing.
    fn write(&mut self, at: u32, bytes: &[u8]) {
        let begin = at as usize * self.places.len();
        let mut drawn = self.fixed.len();
        self.cells[begin..begin + self.places.len()].fill(0);
        let mut named = Vec::with_capacity(64);
        for cell in tally::cells(bytes) {
            let fixed = self.fixed.get(&cell.question).copied();
            let place = fixed.unwrap_or_else(|| {
                drawn += 1;
                drawn - 1
            });
            let Some(slot) = self.places.get_mut(place) else { continue };
            let question = if fixed.is_none() { Some((cell.question, cell.worth)) } else { None };
            named.clear();
            if fixed.is_none() {
                named.extend_from_slice(cell.question.uuid().as_bytes());
                named.extend_from_slice(&cell.worth.millionths().to_be_bytes());
            }
            named.extend_from_slice(cell.outcome);
            self.cells[begin + place] = slot.outcome(&named, question, cell.outcome);
        }
    }

    /// Counts those of somebody's attempts that count, and no others.
    fn choose(&mut self, user: UserId) {
        let first = self.by_person.get(&user).copied().unwrap_or(NONE);
        let best = match self.method {
            GradingMethod::Average => None,
            method => self.best(first, method),
        };
        let mut at = first;
        while at != NONE {
            let counts = match self.method {
                GradingMethod::Average => self.entries[at as usize].score.is_some(),
                _ => best == Some(at),
            };
            self.count(at, counts);
            at = self.entries[at as usize].other;
        }
    }

    /// The attempt that counts, of those that are marked.
    fn best(&self, first: u32, method: GradingMethod) -> Option<u32> {
        let mut best: Option<u32> = None;
        let mut at = first;
        while at != NONE {
            let entry = &self.entries[at as usize];
            let better = |than: &Entry| match method {
                GradingMethod::Highest => (entry.score, than.number) > (than.score, entry.number),
                GradingMethod::First => entry.number < than.number,
                GradingMethod::Latest | GradingMethod::Average => entry.number > than.number,
            };
            if entry.score.is_some() && best.is_none_or(|best| better(&self.entries[best as usize])) {
                best = Some(at);
            }
            at = entry.other;
        }
        best
    }

    /// Sees to it that an attempt is in the sums, or not.
    fn count(&mut self, at: u32, counts: bool) {
        let entry = &mut self.entries[at as usize];
        if entry.counted == counts {
            return;
        }
        entry.counted = counts;
        let begin = at as usize * self.places.len();
        let cells = &self.cells[begin..begin + self.places.len()];
        self.counted.change(&self.places, self.fixed.len(), cells, counts);
    }

    /// What the formulas want of all attempts that count.
    pub(crate) fn sums(&self) -> Sums {
        self.counted.sums(&self.places)
    }

    /// The same of some people.
    pub(crate) fn sums_of(&self, people: &HashSet<UserId>) -> Sums {
        let mut counted = Counted { places: vec![PlaceSums::default(); self.places.len()], ..Counted::default() };
        for user in people {
            let mut at = self.by_person.get(user).copied().unwrap_or(NONE);
            while at != NONE {
                let entry = &self.entries[at as usize];
                let begin = at as usize * self.places.len();
                if entry.counted {
                    let cells = &self.cells[begin..begin + self.places.len()];
                    counted.change(&self.places, self.fixed.len(), cells, true);
                }
                at = entry.other;
            }
        }
        counted.sums(&self.places)
    }
}

impl Place {
    /// The number of an outcome.
    fn outcome(&mut self, named: &[u8], question: Option<(QuestionId, Points)>, bytes: &[u8]) -> u32 {
        if let Some(known) = self.known.get(named) {
            return *known;
        }
        let number = u32::try_from(self.outcomes.len()).unwrap_or_default();
        self.outcomes.push((question, tally::outcome(bytes).unwrap_or_default()));
        self.known.insert(named.into(), number);
        number
    }
}

impl Counted {
    /// Adds an attempt, or takes one out.
    fn change(&mut self, places: &[Place], fixed: usize, cells: &[u32], add: bool) {
        let sign = if add { 1 } else { -1 };
        let points = |place: &Place, cell: u32| place.outcomes[cell as usize].1.points.millionths();
        let total: i64 = places.iter().zip(cells).map(|(place, cell)| points(place, *cell)).sum();
        tick(&mut self.attempts, add);
        tick_in(&mut self.totals, total, add);
        for (number, ((sums, place), cell)) in self.places.iter_mut().zip(places).zip(cells).enumerate() {
            let points = points(place, *cell);
            let outcome = *cell as usize;
            if sums.outcomes.len() <= outcome {
                sums.outcomes.resize(place.outcomes.len(), 0);
            }
            tick(&mut sums.outcomes[outcome], add);
            sums.products += sign * i128::from(points) * i128::from(total);
            tick_in(&mut sums.rests, total - points, add);
            if number >= fixed
                && let (Some((question, worth)), outcome) = &place.outcomes[outcome]
            {
                let item = self.drawn.entry(*question).or_default();
                item.most = item.most.max(worth.millionths());
                item.change(outcome, total, add);
                if item.n == 0 {
                    self.drawn.remove(question);
                }
            }
        }
    }

    fn sums(&self, places: &[Place]) -> Sums {
        let of_totals = |power: fn(i128) -> i128| -> i128 {
            self.totals.iter().map(|(total, count)| power(i128::from(*total)) * i128::from(*count)).sum()
        };
        let (total, total_squares) = (of_totals(|total| total), of_totals(|total| total * total));
        let item = |(sums, place): (&PlaceSums, &Place)| {
            let mut item = Item { most: place.most, n: self.attempts, others: sums.rests.clone(), ..Item::default() };
            for ((_, outcome), count) in place.outcomes.iter().zip(&sums.outcomes).filter(|(_, count)| **count > 0) {
                item.tell(outcome, *count);
            }
            item.other_sum = total - item.sum;
            item.other_squares = total_squares - 2 * sums.products + item.squares;
            item.cross = sums.products - item.squares;
            item
        };
        let items = self.places.iter().zip(places).map(item).collect();
        Sums { attempts: self.attempts, totals: self.totals.clone(), items, drawn: self.drawn.clone() }
    }
}

impl Item {
    /// Adds an outcome that was so often.
    fn tell(&mut self, outcome: &Outcome, count: u64) {
        let points = outcome.points.millionths();
        self.sum += i128::from(points) * i128::from(count);
        self.squares += i128::from(points) * i128::from(points) * i128::from(count);
        *self.scores.entry(points).or_default() += count;
        self.answered += if outcome.answered { count } else { 0 };
        for option in &outcome.chosen {
            *self.chosen.entry(option.clone()).or_default() += count;
        }
    }

    /// Adds one attempt's, or takes it out; held against all points of the attempt.
    fn change(&mut self, outcome: &Outcome, total: i64, add: bool) {
        let sign = if add { 1 } else { -1 };
        let points = outcome.points.millionths();
        tick(&mut self.n, add);
        self.sum += sign * i128::from(points);
        self.squares += sign * i128::from(points) * i128::from(points);
        self.other_sum += sign * i128::from(total);
        self.other_squares += sign * i128::from(total) * i128::from(total);
        self.cross += sign * i128::from(points) * i128::from(total);
        tick_in(&mut self.scores, points, add);
        tick_in(&mut self.others, total, add);
        if outcome.answered {
            tick(&mut self.answered, add);
        }
        for option in &outcome.chosen {
            tick_in(&mut self.chosen, option.clone(), add);
        }
    }
}

const fn tick(count: &mut u64, add: bool) {
    *count = if add { *count + 1 } else { count.saturating_sub(1) };
}

fn tick_in<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, add: bool) {
    if add {
        *counts.entry(key).or_default() += 1;
    } else if let Some(count) = counts.get_mut(&key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(&key);
        }
    }
}
