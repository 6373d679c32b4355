//! Plausible histories of 30 events at three servers: what it costs to make them up, to play them
//! and to hold them against the laws, and how much memory a campaign takes, however long it is.
//!
//! `memory` prints the memory of campaigns instead of measuring times.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a benchmark: it prints numbers, and may stop"
)]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::hint::black_box;
use std::process::Command;

use criterion::{Criterion, Throughput};
use exeunt_generate::{Campaign, Mood, Script, Size, play};
use exeunt_laws::{History, Law, Parts, all, law};
use exeunt_room::{Checked, Context, Input, Room, Shared, check};
use exeunt_version::RoomVersion;
use mimalloc::MiMalloc;

/// As the command has it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const EVENTS: usize = 30;
/// How many histories are gone through in turn.
const HISTORIES: usize = 600;

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let Some(at) = arguments.iter().position(|it| it == "campaign") {
        run(arguments[at + 1].parse().unwrap());
    } else if arguments.iter().any(|it| it == "memory") {
        memory();
    } else {
        times(&mut Criterion::default().configure_from_args());
    }
}

/// Laws about rooms; those about networks have histories of their own.
fn laws() -> Vec<&'static Law> {
    all().filter(|law| !matches!(law.about, exeunt_laws::About::Network(_))).collect()
}

fn campaign(size: Size) -> Campaign {
    let versions = RoomVersion::all().collect();
    Campaign { versions, moods: vec![Mood::Plausible], laws: laws(), seed: 1, size }
}

fn times(criterion: &mut Criterion) {
    let campaign = campaign(Size { steps: (24, 40), servers: (3, 3) });
    let of_this_size = |number: u64| {
        let (version, script) = campaign.script(number)?;
        let history = play(version, &script);
        (history.events().len() == EVENTS).then(|| (number, version.clone(), script, history))
    };
    let told: Vec<(u64, RoomVersion, Script, History)> =
        (0..).filter_map(of_this_size).take(HISTORIES).collect();
    let arrivals: usize = told.iter().map(|(.., history)| history.steps.len()).sum();
    println!("arrivals in a history: {:.1}", arrivals as f64 / told.len() as f64);
    let checked: Vec<Vec<Checked>> = told.iter().map(|(.., history)| checked(history)).collect();
    let mut group = criterion.benchmark_group("histories");
    group.throughput(Throughput::Elements(1));
    let mut numbers = told.iter().map(|it| it.0).cycle();
    group.bench_function("script", |b| b.iter(|| campaign.script(numbers.next().unwrap())));
    let mut scripts = told.iter().cycle();
    group.bench_function("play", |b| {
        b.iter(|| {
            let (_, version, script, _) = scripts.next().unwrap();
            play(version, script)
        });
    });
    let mut numbers = told.iter().map(|it| it.0).cycle();
    group.bench_function("script and play", |b| {
        b.iter(|| {
            let (version, script) = campaign.script(numbers.next().unwrap()).unwrap();
            play(version, &script)
        });
    });
    let mut histories = told.iter().map(|it| &it.3).zip(&checked).cycle();
    group.bench_function("play/checks on receipt", |b| {
        b.iter(|| {
            let (history, checked) = histories.next().unwrap();
            apply(history, checked)
        });
    });
    let mut histories = told.iter().map(|it| &it.3).cycle();
    group.bench_function("laws", |b| {
        b.iter(|| Parts::new(histories.next().unwrap()).ask(campaign.laws.iter().copied()));
    });
    let slow = [law("R14").unwrap()];
    let mut histories = told.iter().map(|it| &it.3).cycle();
    group.bench_function("laws/R14 alone", |b| {
        b.iter(|| Parts::new(histories.next().unwrap()).ask(slow));
    });
    group.finish();
}

/// What came to the servers, after checks 1 to 3, which an event goes through once.
fn checked(history: &History) -> Vec<Checked> {
    let mut known: BTreeMap<&[u8], Checked> = BTreeMap::new();
    let mut of = |input| {
        let pdu = Input::pdu(input);
        let check = || check(pdu, &history.version, Context::default()).unwrap();
        known.entry(pdu).or_insert_with(check).clone()
    };
    history.steps.iter().map(|step| of(&step.input)).collect()
}

/// Checks 4 to 7 of every arrival, at servers that share what follows from the same.
fn apply(history: &History, checked: &[Checked]) -> Vec<Room> {
    let mut rooms: BTreeMap<(usize, usize), Room> = BTreeMap::new();
    let mut shared = Shared::default();
    for (step, checked) in history.steps.iter().zip(checked) {
        let room = rooms.entry((step.server, step.life));
        let room = room.or_insert_with(|| Room::new(history.version.clone()));
        let checked = Ok(checked.clone());
        black_box(room.take_shared(checked, &step.input, Context::default(), &mut shared));
    }
    rooms.into_values().collect()
}

/// Campaigns of several lengths, each in a process of its own.
fn memory() {
    println!("histories  most memory, KiB");
    for histories in [100, 1_000, 10_000, 100_000] {
        let me = env::current_exe().unwrap();
        let run = Command::new(me).args(["campaign", &histories.to_string()]).output().unwrap();
        print!("{}", String::from_utf8(run.stdout).unwrap());
    }
}

fn run(histories: u64) {
    let campaign = campaign(Size::default());
    let mut report = campaign.report();
    for number in 0..histories {
        campaign.run(number, &mut report);
    }
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    println!("{histories:>9}  {}", most.trim().trim_end_matches(" kB"));
}
