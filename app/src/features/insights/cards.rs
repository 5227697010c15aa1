//! The headline figures: each with its comparison, its plot, and the same as a table.

use chrono::NaiveDate;
use domain::insights::{Bucket, Overview};
use leptos::prelude::*;

use super::words::{self, Figure};
use crate::ui::{Bar, Plot};

#[component]
pub(super) fn Cards(overview: Overview, today: NaiveDate) -> impl IntoView {
    view! {
        <div class="figures">
            {Figure::ALL
                .map(|figure| view! { <Card figure=figure overview=overview.clone() today=today /> })
                .collect_view()}
        </div>
    }
}

#[component]
fn Card(figure: Figure, overview: Overview, today: NaiveDate) -> impl IntoView {
    let period = overview.period;
    let (now, then) = (figure.of(&overview.total), figure.of(&overview.before));
    let values: Vec<u64> = overview
        .buckets
        .iter()
        .map(|bucket| figure.of(&bucket.figures))
        .collect();
    let is_empty = values.iter().all(|value| *value == 0);
    let bars: Vec<Bar> = overview
        .buckets
        .iter()
        .map(|bucket| bar(figure, bucket, &overview, today))
        .collect();
    view! {
        <section class="figure" aria-labelledby=format!("{figure:?}")>
            <h2 id=format!("{figure:?}")>{figure.title()}</h2>
            <p class="figure-value">{figure.value(now)}</p>
            <p class="figure-change">{words::change(figure, now, then, period.days())}</p>
            {if is_empty {
                view! { <p class="figure-nothing">{figure.nothing()}</p> }.into_any()
            } else {
                view! {
                    <Plot
                        summary=words::summary(figure, &values, period)
                        unit=figure.unit()
                        look=figure.look()
                        bars=bars
                    />
                }
                    .into_any()
            }}
            <p class="figure-meaning">{figure.meaning()}</p>
            <AsTable figure=figure overview=overview.clone() today=today />
        </section>
    }
}

fn bar(figure: Figure, bucket: &Bucket, overview: &Overview, today: NaiveDate) -> Bar {
    let value = figure.of(&bucket.figures);
    let days = words::days(bucket.first, bucket.last);
    let is_partial = bucket.last >= today;
    let so_far = if is_partial { " so far" } else { "" };
    Bar {
        title: format!("{days}: {}{so_far}", figure.value(value)),
        tick: words::tick(bucket.first, overview.period.step()),
        value,
        is_partial,
    }
}

#[component]
fn AsTable(figure: Figure, overview: Overview, today: NaiveDate) -> impl IntoView {
    // The newest is what is looked for.
    let rows = overview.buckets.iter().rev().map(|bucket| {
        let so_far = (bucket.last >= today).then_some(" (so far)");
        view! {
            <tr>
                <th scope="row">{words::days(bucket.first, bucket.last)} {so_far}</th>
                <td class="number">{figure.value(figure.of(&bucket.figures))}</td>
            </tr>
        }
    });
    view! {
        <details class="figure-table">
            <summary>"Show as a table" <span class="visually-hidden">": " {figure.title()}</span></summary>
            // It scrolls, also by keyboard.
            <div tabindex="0" role="group" aria-label=figure.title()>
                <table>
                    <caption class="visually-hidden">{figure.title()}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{words::step_name(overview.period.step())}</th>
                            <th scope="col" class="number">
                                {figure.title()}
                            </th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        </details>
    }
}
