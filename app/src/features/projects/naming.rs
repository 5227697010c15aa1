//! A project's name, and putting it aside.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::{ArchiveProject, RenameProject};
use super::views::ProjectView;
use crate::ui::{FieldFrame, Message, described_by};
use crate::viewer::Viewer;

#[component]
pub(super) fn NamePanel(project: ProjectView) -> impl IntoView {
    let viewer = Viewer::current();
    let refused = viewer.refusal_of::<RenameProject>();
    let name = viewer.typed_in(RenameProject::PATH, "name");
    let name = name.unwrap_or(project.name);
    let problem = refused.as_ref().and_then(|error| error.problem_of("name"));
    let message = refused.and_then(|error| error.message_for(&["name"]));
    let is_wrong = problem.is_some();
    view! {
        <section class="panel form-line" aria-labelledby="rename">
            <h2 id="rename">"Name"</h2>
            <form class="form" method="post" action=RenameProject::PATH>
                <Message text=Signal::stored(message) />
                <input type="hidden" name="project" value=project.id />
                <FieldFrame
                    name="name"
                    label="Name of the project"
                    hint="Addresses of files stay as they are."
                    problem=Signal::stored(problem)
                >
                    <input
                        type="text"
                        id="name"
                        name="name"
                        value=name
                        autocomplete="off"
                        aria-required="true"
                        aria-describedby=described_by("name", true)
                        aria-invalid=is_wrong.then_some("true")
                    />
                </FieldFrame>
                <button type="submit" class="button">
                    "Rename"
                </button>
            </form>
        </section>
    }
}

#[component]
pub(super) fn ArchivePanel(project: ProjectView) -> impl IntoView {
    let refused = Viewer::current()
        .refusal_of::<ArchiveProject>()
        .map(|error| error.sentence());
    let is_archived = project.archived.is_some();
    let (title, text, button) = if is_archived {
        (
            "Bring back",
            "The project is archived: it stands in no drop-down and takes no imports. Bringing it back ends that.",
            "Bring the project back",
        )
    } else {
        (
            "Archive",
            "An archived project leaves the drop-down of the report and takes no imports. Its recordings stay where \
             they are and can be opened as before; nothing is deleted, and it can be brought back at any time.",
            "Archive the project",
        )
    };
    view! {
        <section class="panel" aria-labelledby="archive">
            <h2 id="archive">{title}</h2>
            <p class="panel-intro">{text}</p>
            <Message text=Signal::stored(refused) />
            <form method="post" action=ArchiveProject::PATH>
                <input type="hidden" name="project" value=project.id />
                <input type="hidden" name="is_archived" value=(!is_archived).to_string() />
                <button type="submit" class="button">
                    {button}
                </button>
            </form>
        </section>
    }
}
