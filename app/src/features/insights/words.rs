//! Figures, days and comparisons in words for people.

use chrono::{Datelike as _, NaiveDate};
use domain::insights::{Figures, Gaps, Period, Step};

use crate::ui::{Look, Unit, bytes, count, grouped, hours};

/// One of the figures that have a plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Figure {
    Sessions,
    Recorded,
    Stored,
    Downloads,
    Delivered,
    Refusals,
}

impl Figure {
    pub(super) const ALL: [Self; 6] = [
        Self::Sessions,
        Self::Recorded,
        Self::Stored,
        Self::Downloads,
        Self::Delivered,
        Self::Refusals,
    ];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Sessions => "Recorded sessions",
            Self::Recorded => "Recorded time",
            Self::Stored => "Stored",
            Self::Downloads => "Downloads",
            Self::Delivered => "Delivered",
            Self::Refusals => "Refused requests",
        }
    }

    /// What it counts, in a few words.
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Sessions => "Sessions by the day they began",
            Self::Recorded => "Length of these sessions",
            Self::Stored => "Bytes of all files at the end of each day",
            Self::Downloads => "One for each caller, file and day",
            Self::Delivered => "Bytes sent to callers",
            Self::Refusals => "Requests that got no file",
        }
    }

    pub(super) const fn of(self, figures: &Figures) -> u64 {
        match self {
            Self::Sessions => figures.sessions,
            Self::Recorded => figures.duration_ms,
            Self::Stored => figures.stored,
            Self::Downloads => figures.downloads,
            Self::Delivered => figures.delivered,
            Self::Refusals => figures.refusals,
        }
    }

    pub(super) const fn unit(self) -> Unit {
        match self {
            Self::Recorded => Unit::Time,
            Self::Stored | Self::Delivered => Unit::Bytes,
            Self::Sessions | Self::Downloads | Self::Refusals => Unit::Count,
        }
    }

    pub(super) const fn look(self) -> Look {
        match self {
            Self::Stored => Look::Level,
            Self::Refusals => Look::Refusals,
            _ => Look::Amounts,
        }
    }

    /// What stands in place of a plot without a bar.
    pub(super) const fn nothing(self) -> &'static str {
        match self {
            Self::Sessions | Self::Recorded => "No session began in this period.",
            Self::Stored => "No file was stored in this period.",
            Self::Downloads | Self::Delivered => "No file was downloaded in this period.",
            Self::Refusals => "No request was refused in this period.",
        }
    }

    /// A value as it stands alone.
    pub(super) fn value(self, value: u64) -> String {
        match self.unit() {
            Unit::Count => grouped(value),
            Unit::Bytes => bytes(value),
            Unit::Time => hours(value),
        }
    }
}

/// What the period before is called: `the 30 days before`.
pub(super) fn before(days: u64) -> String {
    if days == 1 {
        "the day before".to_owned()
    } else {
        format!("the {days} days before")
    }
}

/// How a figure compares: `↑ 12 %`, and with what.
pub(super) fn change(figure: Figure, now: u64, then: u64, days: u64) -> String {
    let before = if figure == Figure::Stored {
        "the end of ".to_owned() + &before(days)
    } else {
        before(days)
    };
    match (now, then) {
        (0, 0) => format!("None in {} either", before.replace("the end of ", "")),
        (_, 0) => format!("None in {}", before.replace("the end of ", "")),
        (now, then) if now == then => format!("The same as {before}"),
        (now, then) => {
            let arrow = if now > then { '↑' } else { '↓' };
            format!("{arrow} {} vs {before}", ratio(now, then))
        }
    }
}

/// The difference in hundredths, or how many times as much.
fn ratio(now: u64, then: u64) -> String {
    let (now, then) = (u128::from(now), u128::from(then));
    if now / then >= 10 {
        let times = u64::try_from(now / then).unwrap_or(u64::MAX);
        return format!("{} times", grouped(times));
    }
    match (now.abs_diff(then) * 100 + then / 2) / then {
        0 => "less than 1 %".to_owned(),
        100 if now > 0 && now < then => "more than 99 %".to_owned(),
        percent => format!("{percent} %"),
    }
}

/// Days in words: `21 Nov 2026`, `16–22 Nov 2026`, `Nov 2026`, `28 Dec 2025 – 3 Jan 2026`.
pub(super) fn days(first: NaiveDate, last: NaiveDate) -> String {
    let is_month = first.day() == 1 && last.succ_opt().is_some_and(|next| next.day() == 1);
    let same_month = (first.year(), first.month()) == (last.year(), last.month());
    if first == last {
        last.format("%-d %b %Y").to_string()
    } else if is_month && same_month {
        last.format("%b %Y").to_string()
    } else if same_month {
        format!("{}–{}", first.day(), last.format("%-d %b %Y"))
    } else if first.year() == last.year() {
        format!("{} – {}", first.format("%-d %b"), last.format("%-d %b %Y"))
    } else {
        format!(
            "{} – {}",
            first.format("%-d %b %Y"),
            last.format("%-d %b %Y")
        )
    }
}

/// A stretch below the axis.
pub(super) fn tick(first: NaiveDate, step: Step) -> String {
    match step {
        Step::Day | Step::Week => first.format("%-d %b").to_string(),
        Step::Month => first.format("%b").to_string(),
    }
}

pub(super) const fn step_name(step: Step) -> &'static str {
    match step {
        Step::Day => "Day",
        Step::Week => "Week",
        Step::Month => "Month",
    }
}

/// A plot in a sentence, for those who do not see it.
pub(super) fn summary(figure: Figure, values: &[u64], period: Period) -> String {
    let stretch = days(period.first(), period.last());
    let title = figure.title();
    let Some(most) = values.iter().max().filter(|most| **most > 0) else {
        return format!("{title}, {stretch}: none.");
    };
    let least = values.iter().min().unwrap_or(most);
    let step = step_name(period.step()).to_lowercase();
    format!(
        "{title} by {step}, {stretch}: between {} and {}. The table below has every figure.",
        figure.value(*least),
        figure.value(*most)
    )
}

/// What is missing of a session.
pub(super) fn gaps(gaps: Gaps) -> String {
    let all = [
        (Gaps::RECORDING, "recording"),
        (Gaps::TRACK, "an individual recording"),
        (Gaps::CHAT, "chat"),
        (Gaps::METADATA, "metadata"),
    ];
    let missing: Vec<&str> = all
        .into_iter()
        .filter(|(gap, _)| gaps.has(*gap))
        .map(|(_, word)| word)
        .collect();
    missing.join(", ")
}

/// `12 of 30 sessions`.
pub(super) fn share(part: u64, whole: u64) -> String {
    format!(
        "{} of {}",
        grouped(part),
        count(whole, "session", "sessions")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_with_what_they_are_compared_to() {
        for (now, then, told) in [
            (0, 0, "None in the 30 days before either"),
            (5, 0, "None in the 30 days before"),
            (7, 7, "The same as the 30 days before"),
            (112, 100, "↑ 12 % vs the 30 days before"),
            (50, 100, "↓ 50 % vs the 30 days before"),
            (0, 100, "↓ 100 % vs the 30 days before"),
            (1, 1_000, "↓ more than 99 % vs the 30 days before"),
            (1_001, 1_000, "↑ less than 1 % vs the 30 days before"),
            (12_345, 1, "↑ 12\u{202f}345 times vs the 30 days before"),
            (
                u64::MAX,
                u64::MAX - 1,
                "↑ less than 1 % vs the 30 days before",
            ),
        ] {
            assert_eq!(change(Figure::Downloads, now, then, 30), told);
        }
        assert_eq!(
            change(Figure::Stored, 3, 2, 1),
            "↑ 50 % vs the end of the day before"
        );
    }

    #[test]
    fn stretches_of_days_are_short() {
        for (first, last, told) in [
            ("2026-11-21", "2026-11-21", "21 Nov 2026"),
            ("2026-11-16", "2026-11-22", "16–22 Nov 2026"),
            ("2026-11-01", "2026-11-30", "Nov 2026"),
            ("2026-11-30", "2026-12-06", "30 Nov – 6 Dec 2026"),
            ("2025-12-29", "2026-01-04", "29 Dec 2025 – 4 Jan 2026"),
        ] {
            assert_eq!(days(first.parse().unwrap(), last.parse().unwrap()), told);
        }
    }

    #[test]
    fn a_plot_is_told_in_a_sentence() {
        let period = Period::ending("2026-11-21".parse().unwrap(), 7);
        assert_eq!(
            summary(Figure::Downloads, &[0, 3, 12], period),
            "Downloads by day, 15–21 Nov 2026: between 0 and 12. The table below has every figure."
        );
        assert_eq!(
            summary(Figure::Refusals, &[0, 0], period),
            "Refused requests, 15–21 Nov 2026: none."
        );
    }
}
