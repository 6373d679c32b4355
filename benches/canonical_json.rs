//! From values to canonical JSON.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark: criterion names its functions, and it may stop"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use exeunt_benches::{canonical, object, sample};
use exeunt_version::LenientNumbers;

fn canonical_json(criterion: &mut Criterion) {
    let text = sample();
    let (ours, theirs) = (object(&text), canonical(&text));
    let mut group = criterion.benchmark_group("canonical_json");
    group.throughput(Throughput::Bytes(u64::try_from(text.len()).unwrap()));
    group.bench_function("exeunt", |b| {
        b.iter(|| black_box(&ours).to_canonical(LenientNumbers::Value));
    });
    group.bench_function("ruma", |b| {
        b.iter(|| serde_json::to_string(black_box(&theirs)).unwrap());
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = exeunt_benches::criterion();
    targets = canonical_json
}
criterion_main!(benches);
