//! The redaction algorithm, on a copy of the event.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark: criterion names its functions, and it may stop"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use exeunt_benches::{RULES, canonical, object, sample, version};
use exeunt_event::redaction;

fn redact(criterion: &mut Criterion) {
    let (text, version) = (sample(), version());
    let (ours, theirs) = (object(&text), canonical(&text));
    let mut group = criterion.benchmark_group("redact");
    group.bench_function("exeunt", |b| {
        b.iter(|| redaction::redact(black_box(&ours), &version));
    });
    group.bench_function("ruma", |b| {
        b.iter(|| {
            let object = black_box(&theirs).clone();
            ruma_common::canonical_json::redact(object, &RULES.redaction, None).unwrap()
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = exeunt_benches::criterion();
    targets = redact
}
criterion_main!(benches);
