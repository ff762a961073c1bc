//! One call at a time, closely:
//! `cargo bench -p device-enrollment-benches --bench ceremonies -- 'packed basic'`.
//!
//! For ratios trust the binary `ratios`, which takes turns; Criterion measures one call after the
//! other, and a shared machine does not stay the same for so long.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use device_enrollment_benches::work;

fn ceremonies(criterion: &mut Criterion) {
    for work in work::all() {
        let mut group = criterion.benchmark_group(work.case);
        group.bench_function(work.part.as_str(), |bencher| bencher.iter(&work.call));
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600));
    targets = ceremonies
}
criterion_main!(benches);
