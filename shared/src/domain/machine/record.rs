//! Machines, their components and processes (spec 06 §1).

use serde_json::json;

use crate::auth::permissions::Role;
use crate::clock::Time;
use crate::domain::attribute::Metadata;
use crate::domain::group::Group;
use crate::ids::Id;
use crate::resource;
use crate::store::annex::Annex;
use crate::store::keys::{self, Key, Within};
use crate::store::record::{Claim, Count, Listing, Places, Stored};
use crate::store::timer::Alarm;

/// Who may say what a machine has once it is there.
const SURVEYORS: &[Role] = &[Role::Admin, Role::Developer, Role::SalesAgent, Role::Product, Role::Environment];
/// Who may group machines and rewrite the metadata of what is on them.
const KEEPERS: &[Role] =
    &[Role::Admin, Role::Developer, Role::SalesAgent, Role::SupportAgent, Role::Product, Role::Environment];

resource! {
    /// A machine: an activation of a license. What concerns its heartbeat stands in its annex, the
    /// item by which it is found by its fingerprint.
    Machine {
        kind: "machines", singular: "machine", noun: "machine", topic: "machines", base: "machine",
        environments: true,
        attributes {
            fingerprint: String [required, create_only, max_length(4096)];
            cores: Option<i64> [update_by(SURVEYORS), range(1, i32::MAX as i64)];
            memory: Option<i64> [update_by(SURVEYORS), range(1, i64::MAX)];
            disk: Option<i64> [update_by(SURVEYORS), range(1, i64::MAX)];
            ip: Option<String> [blank];
            hostname: Option<String> [blank];
            platform: Option<String> [blank];
            name: Option<String> [blank];
            last_check_out: Option<Time> [read_only];
            last_heartbeat: Option<Time> [read_only];
            max_processes: Option<i64> [read_only];
            metadata: Metadata [update_by(SURVEYORS)];
        }
        computed {
            require_heartbeat: bool;
            heartbeat_status: String;
            heartbeat_duration: i64;
            next_heartbeat: Option<Time>;
        }
        to_one {
            product: Id [to("products")];
            group: Option<Id> [to("groups"), create_by(KEEPERS)];
            license: Id [to("licenses"), required];
            owner: Option<Id> [to("users"), optional];
        }
        to_many { "components", "processes" }
        internal {
            /// When its death was made known; forgotten when it is revived.
            last_death_event_sent_at: Option<Time>;
            /// The mark of the check that found it dead.
            monitor: Option<Id>;
            /// When the timer of its heartbeat is due, if one is set.
            timer: Option<Time>;
            /// When its heartbeat last changed: then it counts as updated.
            beaten: Option<Time>;
            /// How many processes it has.
            processes_count: i64;
        }
    }
}

impl Stored for Machine {
    fn annex(&self) -> Option<Annex> {
        Some(Annex {
            claim: Some("fingerprint"),
            key: keys::fingerprint(self.account, self.license, &self.fingerprint),
            moved: &["last_heartbeat", "last_death_event_sent_at", "monitor", "timer", "beaten", "processes_count"],
            copied: &["created", "owner", "max_processes"],
            later: &[],
        })
    }

    fn places(&self) -> Places {
        let namesake = keys::namesake(self.account, "machines", &self.fingerprint, self.created, self.id);
        let carried = [("holder", json!(self.id)), ("license", json!(self.license)), ("product", json!(self.product))];
        let mut places = Places {
            lists: vec![
                Listing::of::<Self>(Within::Product(self.product)),
                Listing::of::<Self>(Within::Parent(self.license)),
            ],
            lookups: vec![(namesake, carried.into())],
            counts: self.counts(),
            ..Places::default()
        };
        places.timers.extend(self.timer.map(|due| Alarm::new(Self::HEARTBEAT, due, self.account, self.id)));
        if let Some(owner) = self.owner {
            places.lists.push(Listing::of::<Self>(Within::Owner(owner)));
        }
        if let Some(group) = self.group {
            places.lists.push(Listing::of::<Self>(Within::Group(group)));
            places.counts.push(Group::membership(self.account, group, "machines_count"));
        }
        places
    }
}

impl Machine {
    /// The kind of the timers that watch machines.
    pub const HEARTBEAT: &'static str = "machine-heartbeat";

    /// What it adds to the counters of its license, and of those of its machines that have the same owner.
    fn counts(&self) -> Vec<Count> {
        let amounts = [
            ("machines_count", 1),
            ("machines_cores", self.cores.unwrap_or(0)),
            ("machines_memory", self.memory.unwrap_or(0)),
            ("machines_disk", self.disk.unwrap_or(0)),
            ("processes_count", self.processes_count),
        ];
        amounts
            .into_iter()
            .flat_map(|(attribute, amount)| {
                let license = keys::record(self.account, "licenses", self.license);
                let (tally, leased) = tally(self.account, self.license, self.owner, attribute);
                [
                    Count { key: license, attribute, amount, of_record: true },
                    Count { key: tally, attribute: leased, amount, of_record: self.owner.is_none() },
                ]
            })
            .filter(|count| count.amount != 0)
            .collect()
    }
}

/// Where the machines of one owner (or of none) on a license are counted apart from the others: the
/// item, and its name for a counter of the license. The ownerless are counted on the license itself.
#[must_use]
pub fn tally(account: Id, license: Id, owner: Option<Id>, counter: &'static str) -> (Key, &'static str) {
    match owner {
        Some(_) => (keys::leased(account, license, owner), counter),
        None => {
            let unowned = match counter {
                "machines_count" => "unowned_count",
                "machines_cores" => "unowned_cores",
                "machines_memory" => "unowned_memory",
                "machines_disk" => "unowned_disk",
                _ => "unowned_processes",
            };
            (keys::record(account, "licenses", license), unowned)
        }
    }
}

resource! {
    /// A component of a machine.
    Component {
        kind: "components", singular: "component", noun: "machine component", topic: "components", base: "machine_component",
        environments: true,
        attributes {
            fingerprint: String [required, create_only, max_length(4096)];
            name: String [required];
            metadata: Metadata [update_by(KEEPERS)];
        }
        computed {}
        to_one {
            product: Id [to("products")];
            license: Id [to("licenses")];
            machine: Id [to("machines"), required];
        }
        to_many {}
        internal {}
    }
}

impl Stored for Component {
    fn places(&self) -> Places {
        let namesake = keys::namesake(self.account, "components", &self.fingerprint, self.created, self.id);
        let carried = [
            ("holder", json!(self.id)),
            ("license", json!(self.license)),
            ("product", json!(self.product)),
            ("machine", json!(self.machine)),
        ];
        Places {
            lists: vec![
                Listing::of::<Self>(Within::Product(self.product)),
                Listing::of::<Self>(Within::Parent(self.machine)),
                Listing::of::<Self>(Within::Owner(self.license)),
            ],
            claims: vec![Claim {
                name: "fingerprint",
                key: keys::component(self.account, self.machine, &self.fingerprint),
            }],
            lookups: vec![(namesake, carried.into())],
            ..Places::default()
        }
    }
}

resource! {
    /// A process on a machine.
    Process {
        kind: "processes", singular: "process", noun: "machine process", topic: "processes", base: "machine_process",
        environments: true,
        attributes {
            last_heartbeat: Time [read_only];
            pid: String [required, create_only, max_length(4096)];
            metadata: Metadata [update_by(KEEPERS)];
        }
        computed {
            next_heartbeat: Time;
            interval: i64;
            status: String;
        }
        to_one {
            product: Id [to("products")];
            license: Id [to("licenses")];
            machine: Id [to("machines"), required];
        }
        to_many {}
        internal {
            /// Its machine's fingerprint, by which the machine's counters are found.
            fingerprint: String;
            /// Its machine's owner, among whose processes it is counted.
            lessee: Option<Id>;
            /// Whether no counter knows of it any more: its machine is gone, and took it off.
            uncounted: bool;
            /// As of a [`Machine`].
            last_death_event_sent_at: Option<Time>;
            monitor: Option<Id>;
            timer: Option<Time>;
        }
    }
}

impl Stored for Process {
    fn places(&self) -> Places {
        let mut places = Places {
            lists: vec![
                Listing::of::<Self>(Within::Product(self.product)),
                Listing::of::<Self>(Within::Parent(self.machine)),
                Listing::of::<Self>(Within::Owner(self.license)),
            ],
            claims: vec![Claim { name: "pid", key: keys::process(self.account, self.machine, &self.pid) }],
            ..Places::default()
        };
        places.timers.extend(self.timer.map(|due| Alarm::new(Self::HEARTBEAT, due, self.account, self.id)));
        if !self.uncounted {
            let counter = "processes_count";
            let (leased, attribute) = tally(self.account, self.license, self.lessee, counter);
            let count = |key, attribute, of_record| Count { key, attribute, amount: 1, of_record };
            places.counts = vec![
                count(keys::fingerprint(self.account, self.license, &self.fingerprint), counter, true),
                count(keys::record(self.account, "licenses", self.license), counter, true),
                count(leased, attribute, self.lessee.is_none()),
            ];
        }
        places
    }
}

impl Process {
    /// The kind of the timers that watch processes.
    pub const HEARTBEAT: &'static str = "process-heartbeat";
}
