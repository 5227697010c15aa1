//! How long work shows how far it is: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use domain::sessions::import::{Progress, Snapshot};
use indicatif::{HumanBytes, HumanCount, HumanDuration, ProgressBar, ProgressStyle};

use super::Signals;

/// Does the work and shows how far it is. Ctrl-C asks it to stop; a second one gives it up, and then there is nothing.
pub(super) async fn watch<T>(
    work: impl Future<Output = T>,
    progress: &Progress,
    display: &mut Display,
    signals: &mut Signals,
) -> Option<T> {
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Some(done),
            _ = ticks.tick() => display.show(progress.snapshot()),
            () = signals.next() => {
                if progress.is_cancelled() {
                    return None;
                }
                progress.cancel();
            }
        }
    }
}

pub(super) fn counted(count: u64, noun: &str) -> String {
    format!(
        "{} {noun}{}",
        HumanCount(count),
        if count == 1 { "" } else { "s" }
    )
}

/// A bar on a terminal, a line now and then elsewhere, or nothing. On standard error.
pub(super) struct Display {
    kind: Kind,
    started: Instant,
}

enum Kind {
    Quiet,
    Bar(ProgressBar),
    Lines { next: Instant },
}

/// Between two lines where no terminal is.
const EVERY: Duration = Duration::from_secs(10);

impl Display {
    /// `first` is said until there is something to count.
    pub(super) fn new(quiet: bool, first: &'static str) -> Self {
        let started = Instant::now();
        let kind = if quiet {
            Kind::Quiet
        } else if std::io::stderr().is_terminal() {
            Kind::Bar(ProgressBar::new_spinner().with_message(first))
        } else {
            Kind::Lines {
                next: started + EVERY,
            }
        };
        Self { kind, started }
    }

    pub(super) fn show(&mut self, now: Snapshot) {
        match &mut self.kind {
            Kind::Bar(bar) if now.total_files == 0 => bar.tick(),
            Kind::Bar(bar) => {
                if bar.length() != Some(now.total_bytes) {
                    bar.set_length(now.total_bytes);
                    bar.set_style(style());
                }
                bar.set_message(format!(
                    "{} of {}",
                    HumanCount(now.files),
                    counted(now.total_files, "file")
                ));
                bar.set_position(now.bytes);
            }
            Kind::Lines { next } if Instant::now() >= *next && now.total_files > 0 => {
                *next = Instant::now() + EVERY;
                eprintln!("{}", line(now, self.started.elapsed()));
            }
            Kind::Quiet | Kind::Lines { .. } => {}
        }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(super) fn end(&self) {
        if let Kind::Bar(bar) = &self.kind {
            bar.finish_and_clear();
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template(
        "{bar:30} {bytes} of {total_bytes}  {bytes_per_sec}  {msg}  {eta} left",
    )
    .expect("the template has no mistake")
}

fn line(now: Snapshot, elapsed: Duration) -> String {
    let done = format!(
        "{} of {} files, {} of {}",
        HumanCount(now.files),
        HumanCount(now.total_files),
        HumanBytes(now.bytes),
        HumanBytes(now.total_bytes)
    );
    let left = now.total_bytes.saturating_sub(now.bytes);
    let rate = u128::from(now.bytes) * 1000 / elapsed.as_millis().max(1);
    match u64::try_from(rate) {
        // Nothing can be said before there is a rate.
        Ok(rate @ 1..) => {
            let time_left = HumanDuration(Duration::from_secs(left / rate));
            format!("{done}, {}/s, {time_left} left", HumanBytes(rate))
        }
        _ => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_rate_and_time_left() {
        let now = Snapshot {
            files: 1,
            total_files: 4,
            bytes: 10 << 20,
            total_bytes: 40 << 20,
        };
        assert_eq!(
            line(now, Duration::from_secs(10)),
            "1 of 4 files, 10.00 MiB of 40.00 MiB, 1.00 MiB/s, 30 seconds left"
        );
        assert_eq!(
            line(Snapshot { bytes: 0, ..now }, Duration::from_secs(10)),
            "1 of 4 files, 0 B of 40.00 MiB"
        );
    }
}
