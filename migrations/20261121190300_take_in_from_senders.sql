-- Recordings come in by themselves: who sends them, what was announced, and each file that is expected.

create table intake_sources (
    id uuid constraint intake_sources_pkey primary key,
    account_id uuid not null constraint intake_sources_account_id_fkey references accounts (id),
    project_id uuid not null constraint intake_sources_project_id_fkey references projects (id),
    kind text not null constraint intake_sources_kind_check
        check (kind in ('livekit', 'bigbluebutton', 'vonage', 'enablex', 'folder')),
    name text not null,
    -- What is no secret: addresses, user names, folders.
    settings jsonb not null,
    -- Its secrets, under the master key, with this id as their owner.
    sealed bytea not null,
    created_at timestamptz not null,
    -- Where a sender is asked what there is: when that is due, and what came of the last time.
    polled_at timestamptz,
    poll_due_at timestamptz,
    poll_failure text,
    -- Calls that did not prove where they come from. Nothing else of them is kept.
    refusals bigint not null default 0,
    refused_at timestamptz,
    refused_why text,
    refused_from text,
    -- A source that was removed keeps its row, since what came from it names it.
    removed_at timestamptz
);

create unique index intake_sources_project_id_name_key on intake_sources (project_id, lower(name))
    where removed_at is null;
create index intake_sources_account_id_idx on intake_sources (account_id, project_id);
create index intake_sources_poll_due_at_idx on intake_sources (poll_due_at) where removed_at is null;

create table intake_events (
    id uuid constraint intake_events_pkey primary key,
    source_id uuid not null constraint intake_events_source_id_fkey references intake_sources (id),
    -- What the sender calls this one event: it may be told again and again, and is acted on once.
    event_key text not null,
    -- What it says, in the sender's words.
    name text not null,
    external_id text not null,
    -- As it came, without what was secret in it.
    payload jsonb not null,
    verdict text not null constraint intake_events_verdict_check check (verdict in ('taken', 'ignored', 'failed')),
    -- Why, in words for people.
    reason text,
    received_at timestamptz not null,
    repeats integer not null default 0,
    repeated_at timestamptz,
    constraint intake_events_source_id_event_key_key unique (source_id, event_key)
);

create index intake_events_source_id_received_at_idx on intake_events (source_id, received_at desc);
create index intake_events_received_at_idx on intake_events (received_at);

create table intake_items (
    id uuid constraint intake_items_pkey primary key,
    source_id uuid not null constraint intake_items_source_id_fkey references intake_sources (id),
    -- With the source and the external id it is what makes a file the same one.
    file_name text not null,
    external_id text not null,
    room text not null,
    conference_number text not null,
    kind text,
    started_at timestamptz,
    ended_at timestamptz,
    -- Where it lies, as the sender says: a path or an object's key; its address is sealed, since it may let somebody in.
    path text,
    address bytea,
    state text not null constraint intake_items_state_check check (state in ('waiting', 'fetching', 'done', 'failed')),
    attempts integer not null default 0,
    due_at timestamptz not null,
    -- While it is being fetched: another process may take it over after this moment.
    leased_until timestamptz,
    -- Why it is not here yet, in words for people.
    reason text,
    -- When the sender deletes its copy.
    expires_at timestamptz,
    -- Whether people were told that it was not fetched in time.
    is_told boolean not null default false,
    announced_at timestamptz not null,
    done_at timestamptz,
    session_id uuid constraint intake_items_session_id_fkey references sessions (id),
    constraint intake_items_source_id_external_id_file_name_key unique (source_id, external_id, file_name)
);

create index intake_items_due_at_idx on intake_items (due_at) where state in ('waiting', 'fetching');
create index intake_items_source_id_done_at_idx on intake_items (source_id, done_at desc) where state = 'done';
create index intake_items_source_id_state_idx on intake_items (source_id, state, announced_at desc);

-- A file in a watched folder, as it stood when it was last looked at: one that still grows is left alone.
create table intake_sightings (
    source_id uuid not null constraint intake_sightings_source_id_fkey references intake_sources (id),
    path text not null,
    size_bytes bigint not null,
    modified_at timestamptz not null,
    -- Since when it has stood still.
    seen_at timestamptz not null,
    constraint intake_sightings_pkey primary key (source_id, path)
);
