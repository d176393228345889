//! What comes first.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::items::{self, Shown};
use super::{Flaw, Kind, Misfit, Pick, Response, Verdict};
use crate::points::Share;
use crate::shuffle::Shuffle;

/// What a half-right order is worth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OrderingScoring)]
pub enum Scoring {
    /// Each item in its place counts, out of all.
    #[default]
    Places,
    /// Each pair of items that stands the right way round counts, out of all pairs.
    Pairs,
    /// The right order, or nothing.
    AllOrNothing,
}

/// One of the items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderingItem)]
pub struct Item {
    /// What answers call it: eight hexadecimal digits, made if left out, so that it says nothing of the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[0-9a-f]{8}$")]
    pub id: Option<BlindId>,
    /// What it says, in Markdown.
    #[validate(length(min = 1, max = 5000))]
    #[schema(min_length = 1, max_length = 5000)]
    pub text: String,
}

/// An id that says nothing: eight hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BlindId(String);

impl TryFrom<String> for BlindId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if items::is_blind(&text) { Ok(Self(text)) } else { Err("must be eight hexadecimal digits") }
    }
}

impl From<BlindId> for String {
    fn from(id: BlindId) -> Self {
        id.0
    }
}

/// Items to be put into an order. Answered by a list of all their ids.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ordering {
    /// 2 to 50 items, in the right order.
    #[validate(length(min = 2, max = 50), nested)]
    #[schema(min_items = 2, max_items = 50)]
    pub items: Vec<Item>,
    /// What a half-right order is worth; `places` if left out.
    #[serde(default)]
    #[schema(required = false)]
    pub scoring: Scoring,
}

/// The items in an order that says nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Public {
    /// To be put into an order.
    pub items: Vec<Shown>,
}

impl Item {
    fn id(&self) -> &str {
        self.id.as_ref().map_or("", |id| &id.0)
    }
}

impl Kind for Ordering {
    type Public = Public;

    fn settle(&mut self, _: &str) -> Result<(), Flaw> {
        let mut seen = HashSet::new();
        for (place, item) in self.items.iter_mut().enumerate() {
            let id = item.id.get_or_insert_with(|| BlindId(items::blind(&item.text)));
            if !seen.insert(id.0.clone()) {
                return Err(Flaw::at(format!("/items/{place}"), "is there twice"));
            }
        }
        Ok(())
    }

    fn public(&self) -> Public {
        let shown = |item: &Item| Shown { id: item.id().to_owned(), text: item.text.clone() };
        let mut items: Vec<_> = self.items.iter().map(shown).collect();
        // By what the texts hash to: ids could have been chosen in the right order.
        items.sort_by_key(|item| (items::blind(&item.text), item.id.clone()));
        Public { items }
    }

    fn arrange(public: &mut Public, order: &mut Shuffle) {
        order.shuffle(&mut public.items);
    }

    fn judge(&self, response: &Response) -> Result<Verdict, Misfit> {
        let Response::List(list) = response else { return Err(Misfit("must be a list of the items' ids")) };
        let place = |pick: &Pick| match pick {
            Pick::Text(id) => self.items.iter().position(|item| item.id() == id),
            Pick::Number(_) => None,
        };
        let places: Vec<_> = list.iter().map(place).collect::<Option<_>>().ok_or(Misfit("names an unknown item"))?;
        if places.iter().collect::<HashSet<_>>().len() != places.len() {
            return Err(Misfit("names an item twice"));
        }
        let all = self.items.len();
        let in_place = places.iter().enumerate().filter(|(at, place)| at == *place).count();
        let pairs = (0..places.len()).flat_map(|a| (a + 1..places.len()).map(move |b| (a, b)));
        let in_order = pairs.filter(|(a, b)| places[*a] < places[*b]).count();
        let share = match self.scoring {
            Scoring::Places => Share::of(in_place, all),
            Scoring::Pairs => Share::of(in_order, all * (all - 1) / 2),
            Scoring::AllOrNothing => Share::all_if(in_place == all),
        };
        Ok(Verdict { share: Some(share), remarks: Vec::new(), chosen: Vec::new() })
    }

    fn ideal(&self) -> Option<Response> {
        Some(Response::List(self.items.iter().map(|item| Pick::Text(item.id().to_owned())).collect()))
    }

    fn guess(&self) -> Option<Share> {
        None
    }
}
