//! From bytes to canonical JSON, and from bytes to an event with its ID.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark: criterion names its functions, and it may stop"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use exeunt_benches::{RULES, sample, version};
use exeunt_event::{Event, json};
use ruma_common::canonical_json::CanonicalJsonObject;

fn parse(criterion: &mut Criterion) {
    let (text, version) = (sample(), version());
    let bytes = text.as_bytes();
    let theirs = || serde_json::from_slice::<CanonicalJsonObject>(black_box(bytes)).unwrap();

    let mut group = criterion.benchmark_group("parse/canonical_json");
    group.throughput(Throughput::Bytes(u64::try_from(bytes.len()).unwrap()));
    group.bench_function("exeunt", |b| {
        b.iter(|| json::parse(black_box(bytes), &version).unwrap());
    });
    group.bench_function("ruma", |b| b.iter(theirs));
    group.finish();

    // An event in Exeunt knows its ID and has its content in types; ruma computes the ID when it
    // is told to, and reads contents when a rule asks.
    let mut group = criterion.benchmark_group("parse/event");
    group.throughput(Throughput::Bytes(u64::try_from(bytes.len()).unwrap()));
    group.bench_function("exeunt", |b| {
        b.iter(|| Event::parse(black_box(bytes), &version).unwrap());
    });
    group.bench_function("ruma", |b| {
        b.iter(|| {
            let object = theirs();
            let id = ruma_signatures::reference_hash(&object, &RULES).unwrap();
            (object, id)
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = exeunt_benches::criterion();
    targets = parse
}
criterion_main!(benches);
