//! Bars over time, drawn on the server: one SVG that fills its place, with round numbers on its axis.
//!
//! Places along the axis are percentages and heights are pixels, so text and lines keep their size on every screen.

use leptos::prelude::*;

use super::measure::{bytes, compact, hours};

/// What the bars measure: it decides which numbers are round, and how they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Count,
    Bytes,
    /// Milliseconds.
    Time,
}

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bar {
    /// What it is shown as when one points at it, `21 Nov 2026: 12 downloads`.
    pub(crate) title: String,
    /// Below the axis, where there is room: `21 Nov`.
    pub(crate) tick: String,
    pub(crate) value: u64,
    /// Its time is not over.
    pub(crate) is_partial: bool,
}

/// How the bars look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Amounts, side by side.
    Amounts,
    /// Amounts of what went wrong.
    Refusals,
    /// A level that lasts from one to the next: without gaps.
    Level,
}

impl Look {
    const fn class(self) -> &'static str {
        match self {
            Self::Amounts => "plot",
            Self::Refusals => "plot plot-wrong",
            Self::Level => "plot plot-level",
        }
    }

    /// Width of a bar in hundredths of its slot.
    const fn width(self, bars: u64) -> u64 {
        match self {
            Self::Level => 100,
            // Wider apart where there are few.
            _ if bars > 45 => 80,
            _ => 66,
        }
    }
}

/// Pixels from the highest tick to zero.
const HEIGHT: u64 = 112;
/// A value above nothing is seen.
const LEAST_HEIGHT: u64 = 2;
/// Intervals of the axis, at most.
const INTERVALS: u128 = 4;
/// Labels below the axis, about.
const LABELS: usize = 4;

/// A plot; `summary` says in a sentence what it shows.
#[component]
pub(crate) fn Plot(summary: String, unit: Unit, look: Look, bars: Vec<Bar>) -> impl IntoView {
    let ticks = ticks(bars.iter().map(|bar| bar.value).max().unwrap_or(0), unit);
    let top = ticks.last().copied().unwrap_or(0);
    let count = bars.len() as u64;
    let named = named(bars.len());
    let lines = ticks.into_iter().map(|tick| {
        let y = (HEIGHT - height(tick, top)).to_string();
        view! {
            <line class="plot-line" x1="0" x2="100%" y1=y.clone() y2=y.clone()></line>
            <text class="plot-tick" x="-6" y=y dy="0.32em">{unit.short(tick)}</text>
        }
    });
    let slots = bars.into_iter().enumerate().map(|(place, bar)| {
        let label = named.contains(&place).then_some(bar.tick.clone());
        view! { <Slot bar=bar label=label place=place as u64 count=count top=top width=look.width(count) /> }
    });
    view! {
        <svg class=look.class() role="img" aria-label=summary width="100%" height=(HEIGHT + 32).to_string()>
            {lines.collect_view()}
            {slots.collect_view()}
        </svg>
    }
}

#[component]
fn Slot(
    bar: Bar,
    label: Option<String>,
    place: u64,
    count: u64,
    top: u64,
    /// Hundredths of the slot.
    width: u64,
) -> impl IntoView {
    let height = height(bar.value, top);
    let x = percent(place * 100, count * 100);
    let margin = (100 - width) / 2;
    let anchor = match place {
        0 if count > 1 => "plot-label plot-label-first",
        last if last + 1 == count && count > 1 => "plot-label plot-label-last",
        _ => "plot-label",
    };
    let label_x = match anchor {
        "plot-label plot-label-first" => percent(0, 1),
        "plot-label plot-label-last" => percent(1, 1),
        _ => percent(place * 100 + 50, count * 100),
    };
    view! {
        <g class="plot-slot">
            <title>{bar.title}</title>
            <rect class="plot-reach" x=x width=percent(1, count) y="0" height=HEIGHT.to_string()></rect>
            <rect
                class=if bar.is_partial { "plot-bar plot-bar-partial" } else { "plot-bar" }
                x=percent(place * 100 + margin, count * 100)
                width=percent(width, count * 100)
                y=(HEIGHT - height).to_string()
                height=height.to_string()
            ></rect>
            {label.map(|label| view! { <text class=anchor x=label_x y=(HEIGHT + 18).to_string()>{label}</text> })}
        </g>
    }
}

/// Places of the bars that have their label: the first, the last, and some between at equal distances.
fn named(bars: usize) -> Vec<usize> {
    if bars <= LABELS + 1 {
        return (0..bars).collect();
    }
    // Dividing all of it, if a number of parts does; else what is left over lies before the last one.
    let parts = (2..=LABELS)
        .rev()
        .find(|parts| (bars - 1).is_multiple_of(*parts));
    let step = (bars - 1) / parts.unwrap_or(2);
    let mut places: Vec<usize> = (0..bars - 1).step_by(step).collect();
    if places.last().is_some_and(|last| bars - 1 - last < step) {
        places.pop();
    }
    places.push(bars - 1);
    places
}

/// Part of the whole as `12.345%`.
fn percent(part: u64, whole: u64) -> String {
    let thousandths = u128::from(part) * 100_000 / u128::from(whole.max(1));
    format!("{}.{:03}%", thousandths / 1000, thousandths % 1000)
}

/// Pixels of a value where the axis ends at `top`.
fn height(value: u64, top: u64) -> u64 {
    if value == 0 || top == 0 {
        return 0;
    }
    let pixels = u128::from(value) * u128::from(HEIGHT) / u128::from(top);
    u64::try_from(pixels)
        .unwrap_or(HEIGHT)
        .clamp(LEAST_HEIGHT, HEIGHT)
}

/// Round numbers from zero up to the first that no value exceeds; only zero if there is nothing.
fn ticks(max: u64, unit: Unit) -> Vec<u64> {
    if max == 0 {
        return vec![0];
    }
    let step = unit
        .steps()
        .find(|step| step * INTERVALS >= u128::from(max))
        .unwrap_or_else(|| u128::from(max));
    let count = u128::from(max).div_ceil(step);
    (0..=count)
        .map(|place| u64::try_from(place * step).unwrap_or(u64::MAX))
        .collect()
}

impl Unit {
    /// Round distances, from small to large.
    fn steps(self) -> Box<dyn Iterator<Item = u128>> {
        let decimal = |unit: u128| {
            (0..20_u32)
                .flat_map(move |power| [1, 2, 5].map(|digit| unit * digit * 10_u128.pow(power)))
        };
        match self {
            Self::Count | Self::Bytes => Box::new(decimal(1)),
            Self::Time => {
                let sixtieths = [1, 2, 5, 10, 15, 30];
                let seconds = sixtieths.map(|second| second * 1000);
                let minutes = sixtieths.map(|minute| minute * 60_000);
                Box::new(seconds.into_iter().chain(minutes).chain(decimal(3_600_000)))
            }
        }
    }

    /// At the axis: as short as can be.
    fn short(self, value: u64) -> String {
        match self {
            Self::Count => compact(value),
            Self::Bytes => bytes(value).replace(".0 ", " "),
            Self::Time if value >= HOUR => format!("{} h", halves(value, HOUR)),
            Self::Time if value >= MINUTE => format!("{} min", halves(value, MINUTE)),
            Self::Time => hours(value),
        }
    }
}

/// Milliseconds.
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// How often the unit is in the value: where a tick does not stand at a whole one, it stands at a half.
fn halves(value: u64, unit: u64) -> String {
    if value.is_multiple_of(unit) {
        compact(value / unit)
    } else {
        format!("{}.5", value / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 90 seconds are not 2 minutes.
    #[test]
    fn no_two_ticks_of_a_time_read_the_same() {
        let read = |max| -> Vec<String> {
            let ticks = ticks(max, Unit::Time).into_iter();
            ticks.map(|tick| Unit::Time.short(tick)).collect()
        };
        assert_eq!(read(108_000), ["0", "30 s", "1 min", "1.5 min", "2 min"]);
        assert_eq!(read(7_000_000), ["0", "30 min", "1 h", "1.5 h", "2 h"]);
        let mut max = 1;
        while max < 1 << 50 {
            let mut told = read(max);
            told.dedup();
            assert_eq!(told.len(), ticks(max, Unit::Time).len(), "{max}: {told:?}");
            max = max * 5 / 4 + 1;
        }
    }

    /// The axis ends at or above the highest value, has few lines, and they are round.
    #[test]
    fn ticks_are_round_and_few() {
        for (max, unit, expected) in [
            (0, Unit::Count, vec![0]),
            (1, Unit::Count, vec![0, 1]),
            (3, Unit::Count, vec![0, 1, 2, 3]),
            (7, Unit::Count, vec![0, 2, 4, 6, 8]),
            (1_999, Unit::Count, vec![0, 500, 1_000, 1_500, 2_000]),
            (
                2_100_000_000,
                Unit::Bytes,
                vec![0, 1_000_000_000, 2_000_000_000, 3_000_000_000],
            ),
            // Forty minutes; a day and a half.
            (
                2_400_000,
                Unit::Time,
                vec![0, 600_000, 1_200_000, 1_800_000, 2_400_000],
            ),
            (
                129_600_000,
                Unit::Time,
                vec![0, 36_000_000, 72_000_000, 108_000_000, 144_000_000],
            ),
        ] {
            assert_eq!(ticks(max, unit), expected, "{max}");
        }
        for unit in [Unit::Count, Unit::Bytes, Unit::Time] {
            for max in [
                1,
                2,
                9,
                10,
                11,
                59_999,
                60_001,
                999_999,
                u64::MAX / 3,
                u64::MAX,
            ] {
                let ticks = ticks(max, unit);
                assert!(
                    ticks.len() <= 5 && *ticks.last().unwrap() >= max,
                    "{max}: {ticks:?}"
                );
            }
        }
    }

    #[test]
    fn heights_fill_the_plot_and_whatever_is_there_is_seen() {
        assert_eq!(height(0, 0), 0);
        assert_eq!(height(0, 10), 0);
        assert_eq!(height(10, 10), HEIGHT);
        assert_eq!(height(5, 10), HEIGHT / 2);
        assert_eq!(height(1, u64::MAX), LEAST_HEIGHT);
        assert_eq!(height(u64::MAX, u64::MAX), HEIGHT);
    }

    #[test]
    fn labels_are_few_and_the_ends_have_theirs() {
        for bars in 1..=100 {
            let named = named(bars);
            assert_eq!((named[0], named[named.len() - 1]), (0, bars - 1), "{bars}");
            assert!(named.len() <= 6, "{bars}: {named:?}");
            assert!(named.is_sorted_by(|a, b| a < b), "{bars}: {named:?}");
        }
        assert_eq!(named(7), [0, 2, 4, 6]);
        assert_eq!(named(12), [0, 5, 11]);
    }

    #[test]
    fn parts_are_written_without_a_comma() {
        assert_eq!(percent(1, 3), "33.333%");
        assert_eq!(percent(0, 0), "0.000%");
        assert_eq!(percent(7, 7), "100.000%");
    }

    #[test]
    fn numbers_at_the_axis_are_short() {
        for (value, unit, shown) in [
            (0, Unit::Bytes, "0 B"),
            (2_000_000_000, Unit::Bytes, "2 GB"),
            (1_500, Unit::Count, "1\u{202f}500"),
            (1_800_000, Unit::Time, "30 min"),
            (7_200_000, Unit::Time, "2 h"),
            (0, Unit::Time, "0"),
        ] {
            assert_eq!(unit.short(value), shown);
        }
    }
}
