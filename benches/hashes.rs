//! Content hash and reference hash of a parsed event.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark: criterion names its functions, and it may stop"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use exeunt_benches::{RULES, canonical, object, sample, version};
use exeunt_event::hashes;

fn content(criterion: &mut Criterion) {
    let (text, version) = (sample(), version());
    let (ours, theirs) = (object(&text), canonical(&text));
    let mut group = criterion.benchmark_group("hashes/content");
    group.bench_function("exeunt", |b| {
        b.iter(|| hashes::content_hash(black_box(&ours), &version));
    });
    group.bench_function("ruma", |b| {
        b.iter(|| ruma_signatures::content_hash(black_box(&theirs)).unwrap());
    });
    group.finish();
}

fn reference(criterion: &mut Criterion) {
    let (text, version) = (sample(), version());
    let (ours, theirs) = (object(&text), canonical(&text));
    let mut group = criterion.benchmark_group("hashes/reference");
    group.bench_function("exeunt", |b| {
        b.iter(|| {
            let hash = hashes::reference_hash(black_box(&ours), &version);
            exeunt_event::base64::encode_url_safe(hash)
        });
    });
    group.bench_function("ruma", |b| {
        b.iter(|| ruma_signatures::reference_hash(black_box(&theirs), &RULES).unwrap());
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = exeunt_benches::criterion();
    targets = content, reference
}
criterion_main!(benches);
