//! Receipt checks 2 and 3 of many events: signatures and content hash.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark: criterion names its functions, and it may stop"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use exeunt_benches::{RULES, canonical, draft, key, signed, version};
use exeunt_event::signatures::{Keys, PublishedKey, check, check_batch};
use exeunt_event::{Event, hashes};
use exeunt_version::RoomVersion;
use ruma_common::canonical_json::CanonicalJsonObject;
use ruma_common::serde::Base64;
use ruma_signatures::{PublicKeyMap, Verified, verify_event};

/// Events of some servers by turns, and the servers' keys, on both sides.
struct Received {
    version: RoomVersion,
    ours: Vec<Event>,
    our_keys: Keys,
    theirs: Vec<CanonicalJsonObject>,
    their_keys: PublicKeyMap,
}

impl Received {
    fn new(events: usize, servers: usize) -> Self {
        let version = version();
        let names: Vec<_> = (0..servers).map(|number| format!("s{number}.example")).collect();
        let (mut our_keys, mut their_keys) = (Keys::new(), PublicKeyMap::new());
        for name in &names {
            let key = key(name);
            let published = PublishedKey {
                key: key.verifying_key(version.readings.ed25519).unwrap(),
                valid_until_ts: None,
                expired_ts: None,
            };
            our_keys.insert(name, key.key_id(), published);
            let of_server = [(key.key_id().to_owned(), Base64::new(key.public_bytes().to_vec()))];
            their_keys.insert(name.clone(), of_server.into());
        }
        let texts: Vec<_> = names
            .iter()
            .cycle()
            .take(events)
            .enumerate()
            .map(|(number, server)| signed(&draft(server, number), server))
            .collect();
        Self {
            ours: texts
                .iter()
                .map(|text| Event::parse(text.as_bytes(), &version).unwrap())
                .collect(),
            theirs: texts.iter().map(|text| canonical(text)).collect(),
            version,
            our_keys,
            their_keys,
        }
    }

    fn batch(&self) -> usize {
        let events: Vec<_> = self.ours.iter().collect();
        let verdicts = check_batch(black_box(&events), &self.our_keys, &self.version);
        let hashed =
            self.ours.iter().map(|event| hashes::content_hash_matches(event, &self.version));
        verdicts.iter().zip(hashed).filter(|(verdict, hashed)| verdict.is_ok() && *hashed).count()
    }

    fn single(&self) -> usize {
        let is_valid = |event: &&Event| {
            check(event, &self.our_keys, &self.version).is_ok()
                && hashes::content_hash_matches(event, &self.version)
        };
        self.ours.iter().filter(is_valid).count()
    }

    fn ruma(&self) -> usize {
        let is_valid = |event: &&CanonicalJsonObject| {
            matches!(verify_event(&self.their_keys, black_box(event), &RULES), Ok(Verified::All))
        };
        self.theirs.iter().filter(is_valid).count()
    }
}

fn signatures(criterion: &mut Criterion) {
    for (events, servers) in [(1, 1), (256, 4), (1_024, 4), (1_024, 1_024)] {
        let received = Received::new(events, servers);
        assert_eq!((received.batch(), received.single()), (events, events));
        assert_eq!(received.ruma(), events);
        let mut group =
            criterion.benchmark_group(format!("signatures/{events}_events_of_{servers}_servers"));
        group.throughput(Throughput::Elements(u64::try_from(events).unwrap()));
        group.bench_function("exeunt_batch", |b| b.iter(|| received.batch()));
        group.bench_function("exeunt_single", |b| b.iter(|| received.single()));
        group.bench_function("ruma", |b| b.iter(|| received.ruma()));
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = exeunt_benches::criterion();
    targets = signatures
}
criterion_main!(benches);
