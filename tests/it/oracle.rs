//! A slow and obvious model of who may do what, held against the server over 100,000 generated decisions.
//!
//! One answer of the server often holds many decisions: `/v1/me/permissions` says of each permission whether it is held, a list of
//! roles says of each role there is (of this school or another, deleted or not) whether it is shown. Between the questions people
//! try to change, delete and restore roles, so that the answers keep changing; each try is a decision as well.

mod model;

use std::collections::{BTreeMap, BTreeSet};

use lyceum_platform::cache::CacheTag;
use model::{Role, Set, World};
use reqwest::Method;
use serde_json::{Value, json};

use crate::rbac::{School, custom, enter};
use crate::support::{App, Client};

const DECISIONS: u64 = 100_000;
const SCHOOLS: usize = 3;
const PEOPLE: usize = 8;
const OWN_ROLES: usize = 24;

/// Somebody, in the school that they act in.
#[derive(Debug, Clone)]
struct Actor {
    person: usize,
    school: Option<usize>,
    platform_role: &'static str,
}

/// What somebody tries to do to a role.
#[derive(Debug, Clone)]
enum Deed {
    Describe,
    Grant(String),
    Revoke(String),
    Delete,
    Restore,
}

/// A small linear congruential generator: the same tale every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("small") % bound
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

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
}

fn texts(list: &Value) -> Set {
    list.as_array().expect("a list").iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
}

fn role_of(shown: &Value, school: Option<usize>) -> Role {
    Role {
        id: shown["id"].as_str().expect("an id").to_owned(),
        name: shown["name"].as_str().expect("a name").to_owned(),
        school,
        on_platform: shown["scope"] == "platform",
        rank: shown["rank"].as_u64().expect("a rank"),
        permissions: texts(&shown["permissions"]),
        deleted: false,
    }
}

impl Play {
    async fn set() -> Self {
        let app = App::start().await;
        let root = app.super_admin().await;
        let mut dice = Dice(2026);
        let mut world = World::default();
        let built_in = root.get("/v1/roles").await;
        world.roles = built_in.expect(200).as_array().expect("a list").iter().map(|role| role_of(role, None)).collect();
        world.catalogue = texts(&root.get("/v1/me/permissions").await.expect(200)["permissions"]);
        let catalogue: Vec<_> = world.catalogue.iter().cloned().collect();
        let mut actors = vec![(Actor { person: usize::MAX, school: None, platform_role: "super_admin" }, root.clone())];
        let mut schools = Vec::new();
        for number in 0..SCHOOLS {
            let school = School::open(&app, &root, &format!("school{number}")).await;
            for role in 0..OWN_ROLES {
                let granted: Vec<_> = (0..dice.below(12)).map(|_| dice.of(&catalogue).as_str()).collect();
                let rank = u8::try_from(1 + dice.below(40)).expect("small");
                let shown = custom(&school, &format!("role{number}_{role}"), rank, &granted).await;
                world.roles.push(role_of(&shown, Some(number)));
            }
            let actor = Actor { person: usize::MAX, school: Some(number), platform_role: "super_admin" };
            actors.push((actor, school.root.clone()));
            schools.push(school);
        }
        let mut people = Vec::new();
        for person in 0..PEOPLE {
            people.push(app.member(&format!("person{person}@example.org")).await);
        }
        let mut play = Self { app, world, schools, actors, people, dice, decisions: 0, tries: BTreeMap::new() };
        for person in 0..PEOPLE {
            for school in 0..SCHOOLS {
                if play.dice.below(3) > 0 {
                    play.enrol(person, school).await;
                }
            }
        }
        play
    }

    async fn enrol(&mut self, person: usize, school: usize) {
        let names: Vec<_> =
            self.world.seen(Some(school)).iter().filter(|r| !r.on_platform).map(|r| r.name.clone()).collect();
        let given: BTreeSet<_> = (0..=self.dice.below(3)).map(|_| self.dice.of(&names).clone()).collect();
        let client = self.people[person].clone();
        let roles: Vec<_> = given.iter().map(String::as_str).collect();
        self.schools[school].enrol(&self.app, &client, &roles).await;
        self.world.members.insert((person, school), given);
        let inside = enter(&client, self.schools[school].id).await;
        self.actors.push((Actor { person, school: Some(school), platform_role: "member" }, inside));
    }

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
            play.act(actor).await;
        }
        for _ in 0..40 {
            let root = play.dice.below(SCHOOLS + 1);
            play.act(&actors[root]).await;
        }
        let school = play.dice.below(SCHOOLS);
        suspend(&mut play, school).await;
    }
    println!("{} decisions, no difference; tries by status: {:?}", play.decisions, play.tries);
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
