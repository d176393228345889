//! How the tale begins: schools with roles of their own, people with some of them, groups, invites and sessions.

use std::collections::{BTreeMap, BTreeSet};

use lyceum_kernel::{RequestId, SchoolId, UserId};
use lyceum_platform::uow::Cause;
use lyceum_tenancy::NewInvite;
use serde_json::{Value, json};

use super::cast::{Actor, Dice, Kind, Role, Set, Thing};
use super::model::World;
use super::{GROUPS, INVITES, OWN_ROLES, PEOPLE, Play, ROOT, SCHOOLS, texts};
use crate::rbac::{School, custom, enter};
use crate::support::{App, PASSWORD};

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
    pub async fn set() -> Self {
        let app = App::start().await;
        let root = app.super_admin().await;
        let mut dice = Dice(2026);
        let mut world = World::default();
        let built_in = root.get("/v1/roles").await;
        world.roles = built_in.expect(200).as_array().expect("a list").iter().map(|role| role_of(role, None)).collect();
        world.catalogue = texts(&root.get("/v1/me/permissions").await.expect(200)["permissions"]);
        let catalogue: Vec<_> = world.catalogue.iter().cloned().collect();
        let mut actors = vec![(Actor { person: ROOT, school: None, platform_role: "super_admin" }, root.clone())];
        let mut schools = Vec::new();
        for number in 0..SCHOOLS {
            let school = School::open(&app, &root, &format!("school{number}")).await;
            for role in 0..OWN_ROLES {
                let granted: Vec<_> = (0..dice.below(12)).map(|_| dice.of(&catalogue).as_str()).collect();
                let rank = u8::try_from(1 + dice.below(40)).expect("small");
                let shown = custom(&school, &format!("role{number}_{role}"), rank, &granted).await;
                world.roles.push(role_of(&shown, Some(number)));
            }
            let actor = Actor { person: ROOT, school: Some(number), platform_role: "super_admin" };
            actors.push((actor, school.root.clone()));
            schools.push(school);
        }
        let mut people = Vec::new();
        for person in 0..PEOPLE {
            people.push(app.member(&format!("person{person}@example.org")).await);
        }
        let (tries, turned_on) = (BTreeMap::new(), BTreeMap::new());
        let mut play = Self { app, world, schools, actors, people, dice, decisions: 0, tries, turned_on };
        for person in 0..PEOPLE {
            for school in 0..SCHOOLS {
                if play.dice.below(3) > 0 {
                    play.enrol(person, school).await;
                }
            }
            play.actors.push((Actor { person, school: None, platform_role: "member" }, play.people[person].clone()));
            play.spare_session(person).await;
        }
        for school in 0..SCHOOLS {
            play.furnish(school).await;
        }
        play.actors.iter_mut().for_each(|(_, client)| *client = client.unchecked());
        play
    }

    /// A session that its owner can end without ending what they do here.
    async fn spare_session(&mut self, person: usize) {
        let client = &self.people[person];
        let ids = |list: &Value| -> Set {
            list.as_array().expect("a list").iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
        };
        let before = ids(client.get("/v1/auth/sessions?limit=100").await.expect(200));
        for _ in 0..4 {
            self.app.login(&format!("person{person}@example.org"), PASSWORD).await;
        }
        let after = ids(client.get("/v1/auth/sessions?limit=100").await.expect(200));
        self.world.things.extend(after.difference(&before).map(|id| Thing {
            id: id.clone(),
            kind: Kind::Session,
            school: None,
            owner: person,
            role: String::new(),
            deleted: false,
        }));
    }

    /// Groups, and invites that somebody answers for, perhaps to a role above their own.
    async fn furnish(&mut self, school: usize) {
        let (id, root) = (self.schools[school].id, self.schools[school].root.clone());
        let thing = |id: &Value, kind: Kind, owner: usize, role: &str| Thing {
            id: id.as_str().expect("an id").to_owned(),
            kind,
            school: Some(school),
            owner,
            role: role.to_owned(),
            deleted: false,
        };
        for number in 0..GROUPS {
            let made = root.post("/v1/groups", json!({"name": format!("Group {number}")})).await;
            self.world.things.push(thing(&made.expect(201)["id"], Kind::Group, ROOT, ""));
        }
        let members: Vec<_> = self.world.members.keys().filter(|(_, at)| *at == school).map(|(who, _)| *who).collect();
        let named = |role: &&&Role| !role.on_platform;
        let names: Vec<_> = self.world.seen(Some(school)).iter().filter(named).map(|role| role.name.clone()).collect();
        let account = |person: usize| {
            let id = self.people[person].user_id.as_deref().expect("an id");
            UserId(id.parse().expect("an id"))
        };
        let cause = Cause::new(RequestId::parse("furnishing").expect("an id"));
        let mut tx = self.app.system.platform.unit_of_work(cause).begin().await.expect("a unit of work");
        for _ in 0..INVITES {
            let (created_by, role) = (account(*self.dice.of(&members)), self.dice.of(&names).clone());
            let new = NewInvite { school: SchoolId(id), created_by, role, max_uses: 1 };
            self.app.system.tenancy.make_invite(&mut tx, new).await.expect("an invite");
        }
        tx.commit_quietly().await.expect("kept");
        let invites = root.get("/v1/admin/invites?limit=100").await;
        for invite in invites.expect(200).as_array().expect("a list") {
            let by = invite["created_by"].as_str();
            let owner = self.people.iter().position(|person| person.user_id.as_deref() == by).expect("a person");
            let role = invite["role_to_grant"].as_str().expect("a role");
            self.world.things.push(thing(&invite["id"], Kind::Invite, owner, role));
        }
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
}
