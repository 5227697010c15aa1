-- What is recorded. A session is one call in a room; its files lie in the vault under their id.

create table projects (
    id uuid constraint projects_pkey primary key,
    account_id uuid not null constraint projects_account_id_fkey references accounts (id),
    name text not null,
    created_at timestamptz not null,
    constraint projects_account_id_name_key unique (account_id, name)
);

create table sessions (
    id uuid constraint sessions_pkey primary key,
    account_id uuid not null constraint sessions_account_id_fkey references accounts (id),
    project_id uuid not null constraint sessions_project_id_fkey references projects (id),
    room text not null,
    conference_number text not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    -- Derived from the files when they come in, so that the report can sort by them.
    duration_ms bigint not null constraint sessions_duration_ms_check check (duration_ms >= 0),
    size_bytes bigint not null constraint sessions_size_bytes_check check (size_bytes >= 0),
    created_at timestamptz not null,
    constraint sessions_project_id_room_conference_number_key unique (project_id, room, conference_number)
);

-- One index for each order of the report, the id breaking ties: keyset paging walks them.
create index sessions_account_id_started_at_idx on sessions (account_id, started_at, id);
create index sessions_account_id_duration_ms_idx on sessions (account_id, duration_ms, id);
create index sessions_account_id_size_bytes_idx on sessions (account_id, size_bytes, id);
create index sessions_project_id_started_at_idx on sessions (project_id, started_at, id);

create table files (
    id uuid constraint files_pkey primary key,
    account_id uuid not null constraint files_account_id_fkey references accounts (id),
    session_id uuid not null constraint files_session_id_fkey references sessions (id),
    kind text not null
        constraint files_kind_check check (kind in ('individual', 'live', 'transcoded', 'chat', 'metadata')),
    name text not null,
    content_type text not null,
    size_bytes bigint not null constraint files_size_bytes_check check (size_bytes >= 0),
    sha256 bytea not null constraint files_sha256_check check (length(sha256) = 32),
    duration_ms bigint,
    width integer,
    height integer,
    -- Modification time of the file that was imported: equal name, size and time need no second reading.
    source_modified_at timestamptz,
    created_at timestamptz not null,
    constraint files_session_id_name_key unique (session_id, name)
);
