//! A slow and obvious model of who may do what, held against the server over 100,000 generated decisions: by role, permission,
//! school, owner, and what was deleted.
//!
//! One answer of the server often holds many decisions: `/v1/me/permissions` says of each permission whether it is held, a list of
//! roles says of each role there is (of this school or another, deleted or not) whether it is shown. Between the questions people
//! try to change, delete and restore roles, so that the answers keep changing; each try is a decision as well.

mod cast;
mod model;
mod setting;

use std::collections::{BTreeMap, BTreeSet};

use cast::{Actor, Deed, Dice, Kind, Role, Set, Thing};
use lyceum_platform::cache::CacheTag;
use model::World;
use reqwest::Method;
use serde_json::{Value, json};

use crate::rbac::School;
use crate::support::{App, Client};

const DECISIONS: u64 = 100_000;
const SCHOOLS: usize = 3;
const PEOPLE: usize = 8;
const OWN_ROLES: usize = 24;
const GROUPS: usize = 16;
const INVITES: usize = 20;

/// Whoever runs the deployment, as a person.
const ROOT: usize = usize::MAX;

struct Play {
    app: App,
    world: World,
    schools: Vec<School>,
    actors: Vec<(Actor, Client)>,
    people: Vec<Client>,
    dice: Dice,
    decisions: u64,
    /// How often a try was answered with which status.
    tries: BTreeMap<u16, u64>,
    /// How often it came down to what.
    turned_on: BTreeMap<&'static str, u64>,
}

fn texts(list: &Value) -> Set {
    list.as_array().expect("a list").iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
}

impl Play {
    /// What one person is told about everything there is.
    async fn ask(&mut self, (who, client): &(Actor, Client)) {
        let held = texts(&client.get("/v1/me/permissions").await.expect(200)["permissions"]);
        for permission in &self.world.catalogue {
            assert_eq!(held.contains(permission), self.world.holds(who, permission), "{who:?} holds {permission}");
            self.decisions += 1;
        }
        let ids = |list: &Value| -> BTreeSet<String> {
            list.as_array().expect("a list").iter().map(|role| role["id"].as_str().expect("an id").to_owned()).collect()
        };
        let (living, deleted) =
            (client.get("/v1/roles?limit=100").await, client.get("/v1/roles?limit=100&deleted=only").await);
        let may_list = self.world.holds(who, "role:read");
        let may_restore = may_list && self.world.holds(who, "role:delete");
        let shown = if may_list { ids(living.expect(200)) } else { ids(&json!([])) };
        let restorable = if may_restore { ids(deleted.expect(200)) } else { ids(&json!([])) };
        assert_eq!((living.status == 403, deleted.status == 403), (!may_list, !may_restore), "{who:?}");
        for role in &self.world.roles {
            assert_eq!(shown.contains(&role.id), self.world.read(who, &role.id) == 200, "{who:?} lists {role:?}");
            let expected = may_restore && self.world.dead(who, &role.id).is_some();
            assert_eq!(restorable.contains(&role.id), expected, "{who:?} lists {role:?} among the deleted");
            self.decisions += 2;
        }
        for _ in 0..2 {
            let id = self.dice.of(&self.world.roles).id.clone();
            let got = client.get(&format!("/v1/roles/{id}")).await.status.as_u16();
            assert_eq!(got, self.world.read(who, &id), "{who:?} reads {id}");
            assert_eq!(got == 200, shown.contains(&id), "list and get agree on {id} for {who:?}");
            self.decisions += 1;
        }
    }

    /// What one person is shown of what others made.
    async fn ask_for_things(&mut self, (who, client): &(Actor, Client)) {
        for kind in [Kind::Group, Kind::Invite, Kind::Session] {
            let list = client.get(&format!("{}?limit=100", kind.path())).await;
            let shown: Set = match list.status.as_u16() {
                200 => list
                    .json
                    .as_array()
                    .expect("a list")
                    .iter()
                    .map(|it| it["id"].as_str().expect("an id").to_owned())
                    .collect(),
                _ => Set::new(),
            };
            for it in self.world.things.iter().filter(|it| it.kind == kind) {
                let expected = self.world.sees(who, it);
                assert_eq!(list.status == 403, expected == 403, "{who:?} lists {kind:?}");
                assert_eq!(shown.contains(&it.id), expected == 200, "{who:?} lists {it:?}");
                self.decisions += 1;
            }
        }
        for _ in 0..4 {
            let it = self.dice.of(&self.world.things).clone();
            let got = client.get(&format!("{}/{}", it.kind.path(), it.id)).await.status.as_u16();
            assert_eq!(got, self.world.sees(who, &it), "{who:?} reads {it:?}");
            self.decisions += 1;
            *self.turned_on.entry(reason(who, &it, got)).or_default() += 1;
        }
    }

    /// Somebody tries to delete what somebody made, or to bring it back.
    async fn end(&mut self, actor: &(Actor, Client)) {
        let index = self.dice.below(self.world.things.len());
        self.end_this(actor, index).await;
    }

    /// Whoever made something tries, if they act in its school.
    async fn owner_ends(&mut self, actors: &[(Actor, Client)]) {
        let index = self.dice.below(self.world.things.len());
        let it = &self.world.things[index];
        let owner = actors.iter().find(|(who, _)| who.person == it.owner && who.school == it.school);
        if let Some(owner) = owner.filter(|_| it.kind == Kind::Invite) {
            self.end_this(owner, index).await;
        }
    }

    async fn end_this(&mut self, (who, client): &(Actor, Client), index: usize) {
        let it = self.world.things[index].clone();
        let restored = it.kind == Kind::Group && self.dice.below(2) == 0;
        let path = format!("{}/{}", it.kind.path(), it.id);
        let reply =
            if restored { client.post_empty(&format!("{path}/restore")).await } else { client.delete(&path).await };
        let (got, expected) = (reply.status.as_u16(), self.world.ends(who, &it, restored));
        assert_eq!(got, expected, "{who:?} ends (or restores: {restored}) {it:?}: {}", reply.json);
        self.decisions += 1;
        *self.tries.entry(got).or_default() += 1;
        *self.turned_on.entry(reason(who, &it, got)).or_default() += 1;
        if reply.status.is_success() {
            self.world.things[index].deleted = !restored;
        }
    }

    /// Somebody tries something.
    async fn act(&mut self, (who, client): &(Actor, Client)) {
        let role = self.dice.of(&self.world.roles).clone();
        let permissions: Vec<_> = self.world.catalogue.iter().cloned().collect();
        let permission = self.dice.of(&permissions).clone();
        let held: Vec<_> = role.permissions.iter().cloned().collect();
        let deed = match self.dice.below(6) {
            0 => Deed::Describe,
            1 | 2 => Deed::Grant(permission),
            3 if !held.is_empty() => Deed::Revoke(self.dice.of(&held).clone()),
            3 => Deed::Revoke(permission),
            4 => Deed::Delete,
            _ => Deed::Restore,
        };
        let path = format!("/v1/roles/{}", role.id);
        let reply = match &deed {
            Deed::Describe => client.patch(&path, json!({})).await,
            Deed::Grant(name) => client.post_empty(&format!("{path}/permissions/{name}")).await,
            Deed::Revoke(name) => client.delete(&format!("{path}/permissions/{name}")).await,
            Deed::Delete => client.delete(&path).await,
            Deed::Restore => client.request(Method::POST, &format!("{path}/restore")).send().await,
        };
        let expected = self.world.write(who, &role.id, &deed);
        assert_eq!(reply.status.as_u16(), expected, "{who:?} tries {deed:?} on {role:?}: {}", reply.json);
        self.decisions += 1;
        *self.tries.entry(expected).or_default() += 1;
        if reply.status.is_success() {
            self.happened(who, &role.id, &deed);
        }
    }

    fn happened(&mut self, who: &Actor, id: &str, deed: &Deed) {
        let world = &mut self.world;
        let own = world.roles.iter().position(|role| role.id == id && role.school == who.school);
        let original = world.roles.iter().position(|role| role.id == id && role.school.is_none());
        let changes = match deed {
            Deed::Describe => false,
            Deed::Grant(name) => !living(world, who, id).permissions.contains(name),
            _ => true,
        };
        if !changes {
            return;
        }
        let index = match (own, original) {
            (Some(own), Some(original)) if world.roles[own].deleted && !matches!(deed, Deed::Restore) => {
                world.roles[own].permissions = world.roles[original].permissions.clone();
                own
            }
            (Some(own), _) => own,
            (None, original) => {
                let version = world.roles[original.expect("built in")].clone();
                world.roles.push(Role { school: who.school, ..version });
                world.roles.len() - 1
            }
        };
        let role = &mut world.roles[index];
        role.deleted = matches!(deed, Deed::Delete);
        match deed {
            Deed::Grant(name) => drop(role.permissions.insert(name.clone())),
            Deed::Revoke(name) => drop(role.permissions.remove(name)),
            Deed::Describe | Deed::Delete | Deed::Restore => {}
        }
    }
}

/// What an answer on a thing came down to.
fn reason(who: &Actor, it: &Thing, got: u16) -> &'static str {
    let own = it.owner == who.person;
    match (it.kind, got) {
        (Kind::Session, 200 | 204) => "one's own session",
        (Kind::Session, _) if own => "one's own session that is over",
        (Kind::Session, _) => "another's session",
        (Kind::Invite, 204) if own => "an invite of one's own is withdrawn",
        (Kind::Invite, 204) => "an invite to a role below is withdrawn",
        (_, 404) if who.school.is_some() && it.school != who.school => "another school's",
        (_, 404) if it.deleted => "deleted",
        (_, 403) => "not allowed",
        (_, 409) => "not deleted",
        _ => "allowed",
    }
}

fn living<'a>(world: &'a World, who: &Actor, id: &str) -> &'a Role {
    world.seen(who.school).into_iter().find(|role| role.id == id).expect("in force")
}

#[tokio::test]
async fn the_server_decides_as_the_model_does() {
    let mut play = Play::set().await;
    while play.decisions < DECISIONS {
        let actors = play.actors.clone();
        for actor in &actors {
            play.ask(actor).await;
            play.ask_for_things(actor).await;
            play.act(actor).await;
            play.end(actor).await;
        }
        for _ in 0..40 {
            let root = play.dice.below(SCHOOLS + 1);
            play.act(&actors[root]).await;
            let anybody = play.dice.below(actors.len());
            play.end(&actors[anybody]).await;
            play.owner_ends(&actors).await;
        }
        let school = play.dice.below(SCHOOLS);
        suspend(&mut play, school).await;
    }
    println!("{} decisions, no difference; tries by status: {:?}", play.decisions, play.tries);
    println!("what decided: {:?}", play.turned_on);
    let decided = play.turned_on.len() == 10 && play.turned_on.values().all(|times| *times >= 3);
    assert!(decided, "each dimension decides: {:?}", play.turned_on);
    assert!([200, 204, 403, 404, 409].iter().all(|status| play.tries.get(status).is_some_and(|times| *times >= 5)));
}

/// Suspends a school, or lets it write again.
async fn suspend(play: &mut Play, school: usize) {
    let suspended = !play.world.suspended.remove(&school);
    if suspended {
        play.world.suspended.insert(school);
    }
    let id = play.schools[school].id;
    let status = if suspended { "suspended" } else { "active" };
    crate::rbac::set_status(&play.app, id, status).await;
    play.app.system.platform.caches.bump(CacheTag::new("school", id));
}
