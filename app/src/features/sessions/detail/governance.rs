//! Who can open a session's files and how long they are kept; its legal hold, and the way to the trash.
//!
//! Playing comes first: this stands below, facts in sight, each form behind its own summary.

use domain::Permission;
use domain::files::{FileId, FileState};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::features::projects::{
    DiscardFiles, HoldSession, HoldView, LiftHold, PlaceHold, ReleaseSession, SessionFilesView,
    Standing, how_long, who,
};
use crate::routes::paths;
use crate::ui::{FieldFrame, Message, ReasonField, described_by, visible};
use crate::viewer::Viewer;

#[component]
pub(super) fn Governance(session: SessionFilesView, viewer: Viewer) -> impl IntoView {
    let may_govern = viewer.may(Permission::SetPolicies);
    let may_preview = viewer.may(Permission::TestCredentials);
    let may_delete = viewer.may(Permission::DeleteFiles);
    let is_held = session.hold.is_some() || session.project_hold.is_some();
    let rest: Vec<(FileId, String)> = session
        .files
        .iter()
        .filter(|file| file.discard.is_none())
        .map(|file| (file.id, visible(&file.name)))
        .collect();
    let sealed = (may_delete && is_held && !rest.is_empty()).then(|| {
        view! { <p class="hint">"While a legal hold stands nothing of this session can be deleted."</p> }
    });
    let trash = (may_delete && !is_held && !rest.is_empty())
        .then(|| view! { <TrashForm session=session.id.clone() files=rest /> });
    let place = (may_govern && session.hold.is_none())
        .then(|| view! { <HoldForm session=session.id.clone() /> });
    let actions = (trash.is_some() || place.is_some())
        .then(|| view! { <div class="governance-forms">{place} {trash}</div> });
    view! {
        <section class="panel governance" aria-labelledby="governance-title">
            <h2 id="governance-title">"Access and retention"</h2>
            <dl class="facts">
                <div>
                    <dt>"Who can open files"</dt>
                    <dd>{who(&session.policy)}</dd>
                </div>
                <div>
                    <dt>"Kept"</dt>
                    <dd>{how_long(&session.policy)}</dd>
                </div>
                <div>
                    <dt>"Decided by project"</dt>
                    <dd>
                        <a href=paths::project(&session.project)>
                            <bdi>{visible(&session.project_name)}</bdi>
                        </a>
                    </dd>
                </div>
            </dl>
            {may_preview
                .then(|| {
                    view! {
                        <p class="panel-links">
                            <a class="button" href=paths::session_access(&session.id)>
                                "Who can open what"
                            </a>
                        </p>
                    }
                })}
            {session.hold.map(|hold| view! { <OwnHold hold=hold session=session.id may_govern=may_govern /> })}
            {session.project_hold.map(|hold| view! { <ProjectHold hold=hold /> })}
            {sealed}
            {actions}
        </section>
    }
}

#[component]
fn OwnHold(hold: HoldView, session: String, may_govern: bool) -> impl IntoView {
    let refused = Viewer::current().refusal_of::<ReleaseSession>();
    view! {
        <section class="governance-hold" aria-labelledby="hold">
            <h3 id="hold">"Legal hold"</h3>
            <Standing hold=hold />
            {may_govern
                .then(|| view! { <LiftHold field="session" id=session action=ReleaseSession::PATH refused=refused /> })}
        </section>
    }
}

/// A hold on the whole project is told here, and lifted there.
#[component]
fn ProjectHold(hold: HoldView) -> impl IntoView {
    view! {
        <section class="governance-hold" aria-labelledby="project-hold">
            <h3 id="project-hold">"Legal hold on the whole project"</h3>
            <Standing hold=hold />
        </section>
    }
}

#[component]
fn HoldForm(session: String) -> impl IntoView {
    let refused = Viewer::current().refusal_of::<HoldSession>();
    let is_open = refused.is_some();
    view! {
        <details class="governance-form" open=is_open>
            <summary class="button button-small">"Place a legal hold…"</summary>
            <div class="governance-body">
                <p class="panel-intro">
                    "While it stands, no file of this session expires or is deleted, whatever the retention says."
                </p>
                <PlaceHold field="session" id=session action=HoldSession::PATH refused=refused />
            </div>
        </details>
    }
}

#[component]
fn TrashForm(
    session: String,
    /// Those that are not in the trash yet.
    files: Vec<(FileId, String)>,
) -> impl IntoView {
    let refused = Viewer::current().refusal_of::<DiscardFiles>();
    let is_open = refused.is_some();
    let problem_of = |field: &str| refused.as_ref().and_then(|error| error.problem_of(field));
    let (target, reason) = (problem_of("target"), problem_of("reason"));
    let message = refused.and_then(|error| error.message_for(&["target", "reason"]));
    let typed = |field: &str| Viewer::current().typed_in(DiscardFiles::PATH, field);
    let (chosen, why) = (typed("target").unwrap_or_default(), typed("reason"));
    view! {
        <details class="governance-form" open=is_open>
            <summary class="button button-small">"Move files to the trash…"</summary>
            <div class="governance-body">
                <p class="panel-intro">
                    "Nobody can open a file in the trash, and it can be restored for 30 days. Then its bytes are deleted "
                    "for good, and a record stays of who did it, when and why."
                </p>
                <form class="form" method="post" action=DiscardFiles::PATH>
                    <Message text=Signal::stored(message) />
                    <input type="hidden" name="session" value=session />
                    <TargetField files=files chosen=chosen problem=target />
                    <ReasonField
                        id="reason"
                        hint="Kept with the record for good: name no person here."
                        typed=why
                        problem=reason
                    />
                    <button type="submit" class="button button-danger">
                        "Move to the trash"
                    </button>
                </form>
            </div>
        </details>
    }
}

#[component]
fn TargetField(
    files: Vec<(FileId, String)>,
    /// What was chosen when the form was refused.
    chosen: String,
    problem: Option<String>,
) -> impl IntoView {
    let all = format!("All {} files of the session", files.len());
    let has_several = files.len() > 1;
    let is_all = chosen == "all";
    view! {
        <FieldFrame name="target" label="What" problem=Signal::stored(problem)>
            <select id="target" name="target" aria-describedby=described_by("target", false)>
                <option value="">"Choose"</option>
                {files
                    .into_iter()
                    .map(|(id, name)| {
                        let id = id.to_string();
                        let is_chosen = id == chosen;
                        view! { <option value=id selected=is_chosen>{name}</option> }
                    })
                    .collect_view()}
                {has_several.then(|| view! { <option value="all" selected=is_all>{all}</option> })}
            </select>
        </FieldFrame>
    }
}

/// Whether a file of this state and mark has a use for the button that changes the mark. In a secure project the mark
/// changes nothing, so it is only offered where one is to be taken away.
pub(super) const fn is_markable(
    state: FileState,
    is_secure: bool,
    is_secure_project: bool,
) -> bool {
    matches!(state, FileState::There | FileState::Expired) && (is_secure || !is_secure_project)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_offered_where_it_changes_something() {
        assert!(is_markable(FileState::There, false, false));
        assert!(is_markable(FileState::Expired, true, true));
        assert!(!is_markable(FileState::There, false, true));
        assert!(!is_markable(FileState::Trashed, true, false));
        assert!(!is_markable(FileState::Deleted, false, false));
    }
}
