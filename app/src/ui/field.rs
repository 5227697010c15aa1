//! A field of a form: label, hint, input, and the problem beside it.

use leptos::prelude::*;

/// Ids of the hint and the problem of a field, for `aria-describedby`.
pub(crate) fn described_by(name: &str, has_hint: bool) -> String {
    if has_hint {
        format!("{name}-hint {name}-problem")
    } else {
        format!("{name}-problem")
    }
}

/// Label, hint and problem around any control whose id is `name`.
#[component]
pub(crate) fn FieldFrame(
    name: &'static str,
    label: &'static str,
    #[prop(optional)] hint: &'static str,
    #[prop(into)] problem: Signal<Option<String>>,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="field" data-wrong=move || problem.with(Option::is_some).then_some("")>
            <label for=name>{label}</label>
            {children()}
            {(!hint.is_empty()).then(|| view! { <p class="hint" id=format!("{name}-hint")>{hint}</p> })}
            <p
                class="problem"
                id=format!("{name}-problem")
                role="alert"
                hidden=move || problem.with(Option::is_none)
            >
                {move || problem.get().unwrap_or_default()}
            </p>
        </div>
    }
}

/// Where the form around a field posts to, for its fields. Provided by whoever renders the form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FormPath(
    #[cfg_attr(
        not(feature = "ssr"),
        expect(dead_code, reason = "only the server knows what was typed")
    )]
    pub(crate) &'static str,
);

/// What was typed in this field of the form around it, if that was just refused without scripts. In the browser nothing:
/// what the server wrote into the page stays.
pub(crate) fn typed_before(name: &str) -> Option<String> {
    #[cfg(feature = "ssr")]
    {
        let FormPath(path) = use_context()?;
        crate::viewer::Viewer::current().typed_in(path, name)
    }
    #[cfg(not(feature = "ssr"))]
    {
        let _ = name;
        None
    }
}

/// A line of text.
#[component]
pub(crate) fn TextField(
    /// Name and id.
    name: &'static str,
    label: &'static str,
    #[prop(optional)] hint: &'static str,
    /// Token of the HTML standard for what a password manager or browser may fill in.
    autocomplete: &'static str,
    /// Which keyboard a phone shows.
    #[prop(default = "text")]
    inputmode: &'static str,
    #[prop(optional)] autofocus: bool,
    #[prop(into)] problem: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <FieldFrame name=name label=label hint=hint problem=problem>
            <input
                type="text"
                id=name
                name=name
                inputmode=inputmode
                autocomplete=autocomplete
                autocapitalize=if inputmode == "email" { "none" } else { "sentences" }
                spellcheck="false"
                value=typed_before(name)
                autofocus=autofocus
                aria-required="true"
                aria-describedby=described_by(name, !hint.is_empty())
                aria-invalid=move || problem.with(Option::is_some).then_some("true")
            />
        </FieldFrame>
    }
}
