//! The planner: Shishan, a million activities, ten thousand simulated runs; and what-if beside every answer.
//! Figures: docs/performance.md.

use divan::{Bencher, black_box};
use domain::catalogue::Catalogue;
use domain::guide::{Answers, GuideMap, what_if};
use domain::plan::chance::{Simulation, Spreads};
use domain::plan::network::{Fact, Length, Link, Network, Tie};
use domain::plan::{Plan, Settings};
use test_support::catalogue::CATALOGUE;

fn main() {
    divan::main();
    // The most memory the process ever held, for the million activities (Linux).
    if let Ok(status) = std::fs::read_to_string("/proc/self/status")
        && let Some(line) = status.lines().find(|l| l.starts_with("VmHWM"))
    {
        report(line);
    }
}

#[expect(clippy::print_stdout, reason = "a bench talks to the terminal")]
fn report(line: &str) {
    println!("{line}");
}

fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

fn shishan(catalogue: &Catalogue) -> Answers {
    let source = include_str!("../../catalogue/case-shishan.yaml");
    domain::case::Case::read(catalogue, "case-shishan.yaml", source).map(|c| c.answers).unwrap_or_default()
}

fn settings() -> Settings {
    let day = |text: &str| text.parse().unwrap_or_else(|_| unreachable!());
    Settings { start: Some(day("2022-03-15")), targets: vec![("production".into(), day("2025-07-15"))], ..Settings::default() }
}

/// From the guide map to all days: the network is made anew each time, as a page does at every change.
#[divan::bench]
fn shishan_plan(bencher: Bencher) {
    let (catalogue, settings) = (catalogue(), settings());
    let map = GuideMap::new(catalogue, &shishan(catalogue), "2022-03-15".parse().unwrap_or_else(|_| unreachable!()));
    bencher.bench_local(|| black_box(Plan::new(catalogue, &map, black_box(&settings))).map(|p| p.end));
}

/// The two passes alone.
#[divan::bench]
fn shishan_passes(bencher: Bencher) {
    let (catalogue, settings) = (catalogue(), settings());
    let map = GuideMap::new(catalogue, &shishan(catalogue), "2022-03-15".parse().unwrap_or_else(|_| unreachable!()));
    let plan = Plan::new(catalogue, &map, &settings).unwrap_or_else(|w| unreachable!("{w:?}"));
    bencher.bench_local(|| {
        let early = plan.network.forward(plan.first, plan.calendar());
        let end = early.end.iter().copied().max().unwrap_or_default();
        black_box((early, plan.network.backward(plan.calendar(), |_| end)))
    });
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn shishan_10000_runs(bencher: Bencher) {
    let (catalogue, settings) = (catalogue(), settings());
    let map = GuideMap::new(catalogue, &shishan(catalogue), "2022-03-15".parse().unwrap_or_else(|_| unreachable!()));
    let plan = Plan::new(catalogue, &map, &settings).unwrap_or_else(|w| unreachable!("{w:?}"));
    bencher.bench_local(|| {
        let simulation = Simulation::new(catalogue, &map, &plan, &Spreads::default(), "production", 1);
        let mut simulation = simulation.unwrap_or_else(|| unreachable!());
        simulation.run(10_000);
        black_box(simulation.chance("production", 1, 0))
    });
}

#[divan::bench]
fn what_if_beside_every_answer(bencher: Bencher) {
    let catalogue = catalogue();
    let answers = shishan(catalogue);
    bencher.bench_local(|| black_box(what_if(catalogue, black_box(&answers))).len());
}

const ACTIVITIES: usize = 1_000_000;

/// A million activities, three dependencies each on activities before them; a tenth counts in calendar days.
fn million() -> Network {
    let mut random = fastrand::Rng::with_seed(7);
    let mut lengths = Vec::with_capacity(ACTIVITIES);
    let mut links = Vec::with_capacity(ACTIVITIES * 3);
    for i in 0..ACTIVITIES {
        let days = i64::from(random.u32(1..30));
        lengths.push(if i % 10 == 0 { Length::calendar_days(days) } else { Length::workdays(days) });
        for _ in 0..3 {
            // Not too near: a chain of a million days would leave every calendar.
            if i > 1000 {
                let from = random.usize(0..i - 500) as u32;
                links.push(Link { from, to: i as u32, tie: Tie::FinishToStart });
            }
        }
    }
    let facts = vec![Fact::Open; ACTIVITIES];
    Network::new(lengths, facts, &links).unwrap_or_else(|c| unreachable!("{c:?}"))
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn million_activities_both_passes(bencher: Bencher) {
    let calendar = catalogue().calendar().clone();
    let network = million();
    bencher.bench_local(|| {
        let early = network.forward(500, &calendar);
        let end = early.end.iter().copied().max().unwrap_or_default();
        black_box(network.backward(&calendar, |_| end))
    });
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn million_activities_made(bencher: Bencher) {
    bencher.bench_local(|| black_box(million()).len());
}
