//! Figures, not tests: durable units a second by how many callers wait at once.
//!
//! `cargo test --release -p device-enrollment-service throughput -- --ignored --nocapture`

use std::io::{Seek as _, SeekFrom, Write as _};
use std::time::{Duration, Instant};

use super::*;

const MEASURED: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it measures"]
async fn durable_units_a_second() {
    let folder = Folder::new();
    println!("one flush of the disk at a time: {:.0}/s", flushes(&folder.path));
    for (name, nodes) in [
        ("sqlite", Nodes::sqlite().await),
        ("postgres, statement by statement", Nodes::postgres().await),
        ("postgres, by calls", Nodes::postgres_by_calls().await),
    ] {
        for callers in [1, 8, 32, 128] {
            let (rate, median) = measured(&nodes.one, callers).await;
            println!("{name}, {callers:3} callers: {rate:6.0} units/s, median {median:?}");
        }
    }
}

/// A unit as a code attempt is: a counter, a device's move, an entry in the trail.
async fn measured(storage: &Storage, callers: usize) -> (f64, Duration) {
    let begin = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let storage = storage.clone();
            tokio::spawn(async move {
                let key = format!("device-{callers}-{caller}");
                storage.commit(vec![Change::add_device(&device(&key, "{}"))]).await.unwrap();
                let counter = Counter {
                    name: "attempts",
                    subject: &key,
                    window_start: NOW,
                    keep_until: NOW,
                    cap: i64::MAX,
                };
                let mut latencies = Vec::new();
                for revision in 1.. {
                    if begin.elapsed() > MEASURED {
                        break;
                    }
                    let unit = vec![
                        Change::count(&counter, 1),
                        Change::move_device(ACCOUNT, &key, &to(revision, "{}")),
                        Change::audit(&audit(&key)),
                    ];
                    let sent = Instant::now();
                    storage.commit(unit).await.unwrap();
                    latencies.push(sent.elapsed());
                }
                latencies
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.unwrap());
    }
    latencies.sort_unstable();
    let units = u32::try_from(latencies.len()).unwrap();
    (f64::from(units) / begin.elapsed().as_secs_f64(), latencies[latencies.len() / 2])
}

fn flushes(folder: &Path) -> f64 {
    let mut file = std::fs::File::create(folder.join("flushed")).unwrap();
    let begin = Instant::now();
    let mut count = 0_u32;
    while begin.elapsed() < Duration::from_secs(1) {
        file.seek(SeekFrom::Start(0)).unwrap();
        file.write_all(&[0; 4096]).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    f64::from(count) / begin.elapsed().as_secs_f64()
}
