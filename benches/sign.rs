//! Content hash and signature of an event to be sent, on a copy of it.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark: criterion names its functions, and it may stop"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use exeunt_benches::{RULES, canonical, draft, key, object, version};
use exeunt_event::signatures::hash_and_sign;
use ruma_signatures::{Ed25519KeyPair, hash_and_sign_event};

const SERVER: &str = "one.example";

fn sign(criterion: &mut Criterion) {
    let (text, version, key) = (draft(SERVER, 0).to_string(), version(), key(SERVER));
    let (ours, theirs) = (object(&text), canonical(&text));
    let pair = Ed25519KeyPair::from_der(&Ed25519KeyPair::generate(), "1".to_owned()).unwrap();
    let mut group = criterion.benchmark_group("sign");
    group.bench_function("exeunt", |b| {
        b.iter(|| {
            let mut event = black_box(&ours).clone();
            hash_and_sign(&mut event, &key, &version);
            event
        });
    });
    group.bench_function("ruma", |b| {
        b.iter(|| {
            let mut event = black_box(&theirs).clone();
            hash_and_sign_event(SERVER, &pair, &mut event, &RULES.redaction).unwrap();
            event
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = exeunt_benches::criterion();
    targets = sign
}
criterion_main!(benches);
