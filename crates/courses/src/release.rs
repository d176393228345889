//! When a block opens, and for whom: one small tree of conditions, evaluated on the server.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use lyceum_kernel::{BlockId, GroupId};
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// Conditions on one level of a rule.
const WIDEST: usize = 8;
/// Levels of a rule.
pub const DEEPEST: usize = 4;
/// Conditions in a whole rule.
pub const LARGEST: usize = 32;

/// A condition under which a block is open; at most 4 levels and 32 conditions in all.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, FromJsonQueryResult)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = ReleaseRule)]
pub enum Rule {
    /// From this moment on.
    After {
        /// The moment.
        at: DateTime<Utc>,
    },
    /// Until this moment.
    Before {
        /// The moment.
        at: DateTime<Utc>,
    },
    /// Once another block of the course is completed.
    Completed {
        /// The block.
        block_id: BlockId,
    },
    /// Once another block of the course was passed with so much.
    Score {
        /// The block.
        block_id: BlockId,
        /// Per cent of what can be had.
        minimum: Percent,
    },
    /// For those in a group.
    Group {
        /// The group.
        group_id: GroupId,
    },
    /// When all of these hold.
    All {
        /// The conditions.
        rules: Rules,
    },
    /// When one of these holds.
    Any {
        /// The conditions.
        rules: Rules,
    },
    /// As long as this does not hold.
    Not {
        /// The condition.
        #[schema(no_recursion)]
        rule: Box<Self>,
    },
}

/// 1 to 8 conditions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<Rule>", into = "Vec<Rule>")]
pub struct Rules(Vec<Rule>);

impl TryFrom<Vec<Rule>> for Rules {
    type Error = &'static str;

    fn try_from(rules: Vec<Rule>) -> Result<Self, Self::Error> {
        if (1..=WIDEST).contains(&rules.len()) { Ok(Self(rules)) } else { Err("must have 1 to 8 conditions") }
    }
}

impl From<Rules> for Vec<Rule> {
    fn from(rules: Rules) -> Self {
        rules.0
    }
}

impl PartialSchema for Rules {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(Ref::from_schema_name("ReleaseRule"))
            .min_items(Some(1))
            .max_items(Some(WIDEST))
            .description(Some("1 to 8 conditions."))
            .build()
            .into()
    }
}

impl ToSchema for Rules {
    fn name() -> std::borrow::Cow<'static, str> {
        "ReleaseRules".into()
    }
}

/// 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Percent(u8);

impl Percent {
    /// The number.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Percent {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        if number <= 100 { Ok(Self(number)) } else { Err("must be a whole number from 0 to 100") }
    }
}

impl From<Percent> for u8 {
    fn from(percent: Percent) -> Self {
        percent.0
    }
}

impl PartialSchema for Percent {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(100)).build().into()
    }
}

impl ToSchema for Percent {
    fn name() -> std::borrow::Cow<'static, str> {
        "Percent".into()
    }
}

/// What is known of a learner when rules are evaluated.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// The blocks that are completed.
    pub completed: HashSet<BlockId>,
    /// The best score in blocks, in per cent.
    pub scores: HashMap<BlockId, f64>,
    /// The groups that the learner is in.
    pub groups: HashSet<GroupId>,
}

impl Rule {
    /// What of the rule does not hold: nothing if the block is open.
    pub fn unmet(&self, now: DateTime<Utc>, progress: &Progress) -> Vec<Self> {
        let holds = match self {
            Self::After { at } => now >= *at,
            Self::Before { at } => now < *at,
            Self::Completed { block_id } => progress.completed.contains(block_id),
            Self::Score { block_id, minimum } => {
                progress.scores.get(block_id).is_some_and(|score| *score >= f64::from(minimum.get()))
            }
            Self::Group { group_id } => progress.groups.contains(group_id),
            Self::All { rules } => return rules.0.iter().flat_map(|rule| rule.unmet(now, progress)).collect(),
            Self::Any { rules } => rules.0.iter().any(|rule| rule.unmet(now, progress).is_empty()),
            Self::Not { rule } => !rule.unmet(now, progress).is_empty(),
        };
        if holds { Vec::new() } else { vec![self.clone()] }
    }

    fn inner(&self) -> &[Self] {
        match self {
            Self::All { rules } | Self::Any { rules } => &rules.0,
            Self::Not { rule } => std::slice::from_ref(rule),
            _ => &[],
        }
    }

    fn depth(&self) -> usize {
        1 + self.inner().iter().map(Self::depth).max().unwrap_or(0)
    }

    fn size(&self) -> usize {
        1 + self.inner().iter().map(Self::size).sum::<usize>()
    }

    /// Whether it is within the bounds.
    pub fn is_bounded(&self) -> bool {
        self.depth() <= DEEPEST && self.size() <= LARGEST
    }

    fn visit(&self, see: &mut impl FnMut(&Self)) {
        see(self);
        for rule in self.inner() {
            rule.visit(see);
        }
    }

    /// The blocks that it speaks of.
    pub fn blocks(&self) -> HashSet<BlockId> {
        let mut blocks = HashSet::new();
        self.visit(&mut |rule| {
            if let Self::Completed { block_id } | Self::Score { block_id, .. } = rule {
                blocks.insert(*block_id);
            }
        });
        blocks
    }

    /// The groups that it speaks of.
    pub fn groups(&self) -> HashSet<GroupId> {
        let mut groups = HashSet::new();
        self.visit(&mut |rule| {
            if let Self::Group { group_id } = rule {
                groups.insert(*group_id);
            }
        });
        groups
    }

    /// The blocks whose scores it speaks of.
    pub fn scored(&self) -> HashSet<BlockId> {
        let mut blocks = HashSet::new();
        self.visit(&mut |rule| {
            if let Self::Score { block_id, .. } = rule {
                blocks.insert(*block_id);
            }
        });
        blocks
    }

    /// The same rule about other blocks: of a copy of the course. What is about a block that was not copied stays as it is.
    #[must_use]
    pub fn renamed(&self, names: &HashMap<BlockId, BlockId>) -> Self {
        let new = |old: &BlockId| names.get(old).copied().unwrap_or(*old);
        let all = |rules: &Rules| Rules(rules.0.iter().map(|rule| rule.renamed(names)).collect());
        match self {
            Self::Completed { block_id } => Self::Completed { block_id: new(block_id) },
            Self::Score { block_id, minimum } => Self::Score { block_id: new(block_id), minimum: *minimum },
            Self::All { rules } => Self::All { rules: all(rules) },
            Self::Any { rules } => Self::Any { rules: all(rules) },
            Self::Not { rule } => Self::Not { rule: Box::new(rule.renamed(names)) },
            other => other.clone(),
        }
    }
}

/// Whether a block would, over its prerequisites and theirs, wait for itself. `needs` tells what each block waits for.
pub(crate) fn waits_for_itself(block: BlockId, needs: &HashMap<BlockId, HashSet<BlockId>>) -> bool {
    let mut open: Vec<BlockId> = needs.get(&block).into_iter().flatten().copied().collect();
    let mut seen = HashSet::new();
    while let Some(next) = open.pop() {
        if next == block {
            return true;
        }
        if seen.insert(next) {
            open.extend(needs.get(&next).into_iter().flatten());
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn block(number: u128) -> BlockId {
        BlockId(Uuid::from_u128(number))
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn all(rules: Vec<Rule>) -> Rule {
        Rule::All { rules: rules.try_into().unwrap() }
    }

    fn any(rules: Vec<Rule>) -> Rule {
        Rule::Any { rules: rules.try_into().unwrap() }
    }

    fn not(rule: Rule) -> Rule {
        Rule::Not { rule: Box::new(rule) }
    }

    fn progress() -> Progress {
        Progress {
            completed: [block(1)].into(),
            scores: [(block(1), 79.5)].into(),
            groups: [GroupId(Uuid::from_u128(9))].into(),
        }
    }

    #[test]
    fn each_condition_holds_when_it_says() {
        let score = |minimum| Rule::Score { block_id: block(1), minimum: Percent::try_from(minimum).unwrap() };
        let cases = [
            (Rule::After { at: at(10) }, true),
            (Rule::After { at: at(11) }, false),
            (Rule::Before { at: at(10) }, false),
            (Rule::Before { at: at(11) }, true),
            (Rule::Completed { block_id: block(1) }, true),
            (Rule::Completed { block_id: block(2) }, false),
            (score(79), true),
            (score(80), false),
            (Rule::Group { group_id: GroupId(Uuid::from_u128(9)) }, true),
            (Rule::Group { group_id: GroupId(Uuid::from_u128(8)) }, false),
        ];
        for (rule, holds) in &cases {
            assert_eq!(rule.unmet(at(10), &progress()).is_empty(), *holds, "{rule:?}");
            assert_ne!(not(rule.clone()).unmet(at(10), &progress()).is_empty(), *holds, "not {rule:?}");
            for (other, also) in &cases {
                let pair = vec![rule.clone(), other.clone()];
                assert_eq!(all(pair.clone()).unmet(at(10), &progress()).is_empty(), *holds && *also);
                assert_eq!(any(pair).unmet(at(10), &progress()).is_empty(), *holds || *also);
            }
        }
    }

    #[test]
    fn what_is_missing_is_said_and_nothing_else() {
        let late = Rule::After { at: at(99) };
        let done = Rule::Completed { block_id: block(1) };
        let open = Rule::Completed { block_id: block(2) };
        let rule = all(vec![done, late.clone(), any(vec![late.clone(), open.clone()])]);
        assert_eq!(rule.unmet(at(10), &progress()), [late.clone(), any(vec![late, open])]);
    }

    #[test]
    fn rules_are_bounded() {
        let leaf = Rule::After { at: at(1) };
        let nested = |levels: usize| (1..levels).fold(leaf.clone(), |rule, _| not(rule));
        assert!(nested(DEEPEST).is_bounded() && !nested(DEEPEST + 1).is_bounded());
        let wide = all(vec![leaf.clone(); WIDEST]);
        assert!(all(vec![wide.clone(); 3]).is_bounded() && !all(vec![wide; 4]).is_bounded());
        assert!(Rules::try_from(vec![leaf; WIDEST + 1]).is_err() && Rules::try_from(Vec::new()).is_err());
    }

    #[test]
    fn circles_are_seen() {
        let needs = |pairs: &[(u128, u128)]| {
            let mut needs: HashMap<_, HashSet<_>> = HashMap::new();
            for (of, other) in pairs {
                needs.entry(block(*of)).or_default().insert(block(*other));
            }
            needs
        };
        assert!(waits_for_itself(block(1), &needs(&[(1, 1)])));
        assert!(waits_for_itself(block(1), &needs(&[(1, 2), (2, 3), (3, 1)])));
        assert!(!waits_for_itself(block(1), &needs(&[(1, 2), (1, 3), (2, 3), (3, 4)])));
        assert!(!waits_for_itself(block(1), &needs(&[(1, 2), (2, 3), (3, 2)])), "another's circle is not its own");
    }

    #[test]
    fn it_is_json_as_documented() {
        let text = r#"{"kind":"all","rules":[{"kind":"score","block_id":"00000000-0000-0000-0000-000000000001","minimum":60},{"kind":"not","rule":{"kind":"after","at":"1970-01-01T00:00:09Z"}}]}"#;
        let rule: Rule = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&rule).unwrap(), text);
        for bad in [
            r#"{"kind":"after"}"#,
            r#"{"kind":"all","rules":[]}"#,
            r#"{"kind":"after","at":"1970-01-01T00:00:09Z","x":1}"#,
            r#"{"kind":"score","block_id":"00000000-0000-0000-0000-000000000001","minimum":101}"#,
        ] {
            assert!(serde_json::from_str::<Rule>(bad).is_err(), "{bad}");
        }
    }
}
