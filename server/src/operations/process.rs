//! What the kernel knows of this process, from /proc. Where there is no /proc, nothing is said.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::gauge::ConstGauge;
use rustix::process::{Resource, getrlimit};

/// Memory and open files, read when they are asked for. The names are those of Prometheus' own clients.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let mut gauge = |name, help, value: Option<i64>| {
            let Some(value) = value else { return Ok(()) };
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
        };
        gauge(
            "process_resident_memory_bytes",
            "Memory of the process",
            resident_memory(),
        )?;
        gauge("process_open_fds", "Open file descriptors", open_files())?;
        let most = getrlimit(Resource::Nofile).current;
        gauge(
            "process_max_fds",
            "File descriptors that may be open",
            most.and_then(|most| i64::try_from(most).ok()),
        )
    }
}

fn resident_memory() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

fn open_files() -> Option<i64> {
    let count = std::fs::read_dir("/proc/self/fd").ok()?.count();
    // One of them is the folder that is being read.
    i64::try_from(count).ok().map(|count| count - 1)
}
