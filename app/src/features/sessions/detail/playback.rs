//! What scripts add to the page of a session: moments that are clicked play at once, the current line is marked and
//! kept in sight, the playhead moves, and the search answers while one types.
//!
//! One island without a view of its own works on the page that the server drew. It finds its parts by their `data-`
//! attributes, so a page with ten thousand lines costs it no more than one with ten.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Element, Event, EventTarget, HtmlElement, HtmlInputElement, HtmlMediaElement,
    HtmlSelectElement, MouseEvent, ScrollBehavior, ScrollToOptions,
};

#[island]
pub(crate) fn Playback() -> impl IntoView {
    Effect::new(|| {
        search_as_typed();
        if let Some(media) = first::<HtmlMediaElement>(None, "[data-media]") {
            let follower = StoredValue::new_local(Follower::new(media.clone()));
            follow(&media, follower);
            seek_on_click(&media, follower);
            set_rate(&media);
            tell_unplayable(&media);
        }
    });
}

/// The first element that a selector finds, below another or in the page.
fn first<T: JsCast>(below: Option<&Element>, selector: &str) -> Option<T> {
    let found = match below {
        Some(element) => element.query_selector(selector),
        None => document().query_selector(selector),
    };
    found.ok()??.dyn_into().ok()
}

fn all(below: Option<&Element>, selector: &str) -> Vec<HtmlElement> {
    let found = match below {
        Some(element) => element.query_selector_all(selector),
        None => document().query_selector_all(selector),
    };
    let Ok(list) = found else { return Vec::new() };
    (0..list.length())
        .filter_map(|place| list.get(place)?.dyn_into().ok())
        .collect()
}

/// Calls back on each event of this name for as long as the page lives.
fn listen(target: &EventTarget, name: &str, capture: bool, on: impl FnMut(Event) + 'static) {
    let callback = wasm_bindgen::closure::Closure::<dyn FnMut(Event)>::new(on);
    let function = callback.as_ref().unchecked_ref();
    // It fails for no target and no name that there is.
    let _ = target.add_event_listener_with_callback_and_bool(name, function, capture);
    callback.forget();
}

/// Milliseconds that an element stands for.
fn moment(element: &HtmlElement) -> Option<f64> {
    element.dataset().get("seek")?.parse().ok()
}

/// A script whose lines are marked as the recording reaches them.
struct Script {
    /// Opens and closes.
    itself: HtmlElement,
    /// What scrolls.
    lines: HtmlElement,
    /// Shown while the reader has scrolled away.
    button: Option<HtmlElement>,
    /// By their moment, in milliseconds.
    moments: Vec<(f64, HtmlElement)>,
    current: Option<usize>,
    is_following: bool,
}

/// All that moves with the recording.
struct Follower {
    media: HtmlMediaElement,
    scripts: Vec<Script>,
    playhead: Option<HtmlElement>,
    /// Milliseconds that the timeline's width stands for.
    span: f64,
    copy: Option<HtmlElement>,
    /// Where the address to copy ends with its moment.
    address: String,
}

impl Follower {
    fn new(media: HtmlMediaElement) -> Self {
        let timeline = first::<HtmlElement>(None, "[data-timeline]");
        let span = timeline.and_then(|element| element.dataset().get("timeline")?.parse().ok());
        let copy = first::<HtmlElement>(None, "[data-moment] [data-copy]");
        let address = copy.as_ref().and_then(|button| {
            let address = button.dataset().get("copy")?;
            let (address, _) = address.rsplit_once("t=")?;
            Some(format!("{address}t="))
        });
        Self {
            media,
            scripts: all(None, "[data-script]")
                .iter()
                .filter_map(Script::new)
                .collect(),
            playhead: first(None, "[data-playhead]"),
            span: span.unwrap_or(1.0),
            copy,
            address: address.unwrap_or_default(),
        }
    }

    /// Brings the page to where the recording is.
    fn show(&mut self) {
        let seconds = self.media.current_time();
        if let Some(playhead) = &self.playhead {
            let percent = (seconds * 100_000.0 / self.span).clamp(0.0, 100.0);
            let _ = playhead
                .style()
                .set_property("left", &format!("{percent}%"));
        }
        if let Some(copy) = &self.copy {
            let _ = copy.dataset().set(
                "copy",
                &format!("{}{}#player", self.address, seconds.floor()),
            );
        }
        for script in &mut self.scripts {
            script.show(seconds * 1000.0);
        }
    }
}

impl Script {
    fn new(element: &HtmlElement) -> Option<Self> {
        let mut moments: Vec<(f64, HtmlElement)> = all(Some(element), "[data-seek]")
            .into_iter()
            .filter_map(|line| Some((moment(&line)?, line)))
            .collect();
        moments.sort_by(|one, other| one.0.total_cmp(&other.0));
        Some(Self {
            itself: element.clone(),
            lines: first(Some(element), "[data-lines]")?,
            button: first(Some(element), "[data-follow]"),
            moments,
            current: None,
            is_following: true,
        })
    }

    fn show(&mut self, ms: f64) {
        // A link to a line's whole second shall mark that line.
        let passed = self
            .moments
            .partition_point(|(at, _)| (at / 1000.0).floor() * 1000.0 <= ms);
        let current = passed.checked_sub(1);
        if current == self.current {
            return;
        }
        if let Some((_, line)) = self.current.and_then(|place| self.moments.get(place)) {
            let _ = line.remove_attribute("aria-current");
        }
        if let Some((_, line)) = current.and_then(|place| self.moments.get(place)) {
            let _ = line.set_attribute("aria-current", "true");
        }
        self.current = current;
        self.keep_in_sight();
    }

    /// Scrolls the box, never the page.
    fn keep_in_sight(&self) {
        let line = self.current.and_then(|place| self.moments.get(place));
        let Some((_, line)) = line.filter(|_| self.is_following) else {
            return;
        };
        let top = line.offset_top() - self.lines.client_height() / 3;
        let options = ScrollToOptions::new();
        options.set_top(f64::from(top));
        options.set_behavior(if is_motion_reduced() {
            ScrollBehavior::Instant
        } else {
            ScrollBehavior::Smooth
        });
        self.lines.scroll_to_with_scroll_to_options(&options);
    }

    fn set_following(&mut self, is_following: bool) {
        self.is_following = is_following;
        if let Some(button) = &self.button {
            // Without a moment in it there is nothing to follow.
            button.set_hidden(is_following || self.moments.is_empty());
        }
    }
}

fn is_motion_reduced() -> bool {
    let query = window().match_media("(prefers-reduced-motion: reduce)");
    query.ok().flatten().is_some_and(|query| query.matches())
}

fn follow(media: &HtmlMediaElement, follower: StoredValue<Follower, LocalStorage>) {
    for name in ["timeupdate", "seeking", "loadedmetadata"] {
        listen(media, name, false, move |_| {
            follower.update_value(Follower::show);
        });
    }
    follower.update_value(Follower::show);
    let boxes: Vec<_> = follower.with_value(|all| {
        let parts = |script: &Script| {
            (
                script.itself.clone(),
                script.lines.clone(),
                script.button.clone(),
            )
        };
        all.scripts.iter().map(parts).collect()
    });
    for (place, (itself, lines, button)) in boxes.into_iter().enumerate() {
        let set = move |is_following| {
            follower.update_value(|all| {
                if let Some(script) = all.scripts.get_mut(place) {
                    script.set_following(is_following);
                    script.keep_in_sight();
                }
            });
        };
        // While it was closed there was nothing to scroll.
        listen(&itself, "toggle", false, move |_| {
            follower.with_value(|all| {
                if let Some(script) = all.scripts.get(place) {
                    script.keep_in_sight();
                }
            });
        });
        // What the reader does, not what we scroll ourselves.
        for name in ["wheel", "touchmove", "keydown"] {
            listen(&lines, name, false, move |event| {
                let key = js_sys::Reflect::get(&event, &"key".into()).ok();
                let key = key.and_then(|key: JsValue| key.as_string());
                if key.is_none_or(|key| key.starts_with("Arrow") || key.starts_with("Page")) {
                    set(false);
                }
            });
        }
        // The bar beside the lines.
        let itself = lines.clone();
        listen(&lines, "pointerdown", false, move |event| {
            if event.target().as_ref() == Some(itself.as_ref()) {
                set(false);
            }
        });
        if let Some(button) = button {
            listen(&button, "click", false, move |_| set(true));
        }
    }
}

fn seek_on_click(media: &HtmlMediaElement, follower: StoredValue<Follower, LocalStorage>) {
    let media = media.clone();
    listen(&document(), "click", false, move |event| {
        let Some(event) = event.dyn_ref::<MouseEvent>() else {
            return;
        };
        // A new tab is asked for: the link itself leads there.
        let is_plain = !(event.ctrl_key() || event.meta_key() || event.shift_key());
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let Some(target) = target.filter(|_| is_plain && !event.default_prevented()) else {
            return;
        };
        if let Some(ms) = clicked_moment(&target, event) {
            event.prevent_default();
            follower.update_value(|all| {
                for script in &mut all.scripts {
                    script.set_following(true);
                }
            });
            play_from(&media, ms / 1000.0);
        }
    });
}

/// The moment of a line or of a place on the timeline, in milliseconds.
fn clicked_moment(target: &Element, event: &MouseEvent) -> Option<f64> {
    let closest =
        |selector| -> Option<HtmlElement> { target.closest(selector).ok()??.dyn_into().ok() };
    if let Some(line) = closest("[data-seek]") {
        // Who marks words to copy them does not want to go there.
        let is_link = closest("a").is_some();
        let selected = window().get_selection().ok().flatten();
        let is_marked = selected.is_some_and(|selected| !selected.is_collapsed());
        return moment(&line).filter(|_| is_link || !is_marked);
    }
    let timeline = closest("[data-timeline]")?;
    let span: f64 = timeline.dataset().get("timeline")?.parse().ok()?;
    let place = timeline.get_bounding_client_rect();
    let share = (f64::from(event.client_x()) - place.left()) / place.width().max(1.0);
    Some(span * share.clamp(0.0, 1.0))
}

fn play_from(media: &HtmlMediaElement, seconds: f64) {
    media.set_current_time(seconds);
    if let Ok(playing) = media.play() {
        // Refused where the browser wants a click on the player itself; then it stands at the moment.
        spawn_local(async move {
            let _ = JsFuture::from(playing).await;
        });
    }
}

fn set_rate(media: &HtmlMediaElement) {
    let Some(select) = first::<HtmlSelectElement>(None, "[data-rate]") else {
        return;
    };
    let media = media.clone();
    let chosen = select.clone();
    listen(&select, "change", false, move |_| {
        media.set_playback_rate(chosen.value().parse().unwrap_or(1.0));
    });
}

/// Says that the browser does not know the format, and offers the file.
fn tell_unplayable(media: &HtmlMediaElement) {
    let tell = || {
        if let Some(message) = first::<HtmlElement>(None, "[data-unplayable]") {
            message.set_hidden(false);
        }
    };
    // It may have failed before this ran.
    if media.network_state() == HtmlMediaElement::NETWORK_NO_SOURCE {
        tell();
    }
    // The event of a source does not bubble, so it is caught on its way down.
    listen(media, "error", true, move |_| tell());
}

/// Hides the lines that do not match. Only where all lines are on the page; else the form asks the server.
fn search_as_typed() {
    let Some(form) = first::<HtmlElement>(None, "[data-search]") else {
        return;
    };
    let Some(input) = first::<HtmlInputElement>(Some(&form), "input[type=search]") else {
        return;
    };
    let scripts = all(None, "[data-script]");
    if scripts
        .iter()
        .any(|script| script.dataset().get("whole").is_none())
    {
        return;
    }
    let typed = input.clone();
    listen(&input, "input", false, move |_| {
        let wanted = typed.value().trim().to_lowercase();
        for script in &scripts {
            filter(script, &wanted);
        }
    });
    listen(&form, "submit", false, |event| event.prevent_default());
}

fn filter(script: &Element, wanted: &str) {
    let lines = all(Some(script), "li");
    let total = lines.len();
    let mut found = 0;
    for line in lines {
        let is_match = wanted.is_empty()
            || all(Some(&line), ".line-words > *").iter().any(|words| {
                words
                    .text_content()
                    .unwrap_or_default()
                    .to_lowercase()
                    .contains(wanted)
            });
        line.set_hidden(!is_match);
        found += usize::from(is_match);
    }
    if let Some(count) = first::<HtmlElement>(Some(script), "[data-found]") {
        let shown = if wanted.is_empty() {
            total.to_string()
        } else {
            format!("{found} of {total}")
        };
        count.set_text_content(Some(&shown));
    }
    if let Some(nothing) = first::<HtmlElement>(Some(script), "[data-nothing]") {
        nothing.set_hidden(found > 0);
    }
}
