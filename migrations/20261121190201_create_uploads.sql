-- Uploads that may be interrupted and resumed. Their bytes lie in the vault, in a part of the upload's id.

create table uploads (
    id uuid constraint uploads_pkey primary key,
    account_id uuid not null constraint uploads_account_id_fkey references accounts (id),
    project_id uuid not null constraint uploads_project_id_fkey references projects (id),
    -- What is said of the file and its session.
    name text not null,
    kind text,
    room text,
    conference_number text,
    title text,
    external_id text,
    started_at timestamptz,
    ended_at timestamptz,
    -- Null: not said yet.
    length_bytes bigint constraint uploads_length_bytes_check check (length_bytes >= 0),
    -- So many bytes are on the disk; what lies behind them was not promised to anyone.
    offset_bytes bigint not null default 0 constraint uploads_offset_bytes_check check (offset_bytes >= 0),
    -- The state of the SHA-256 at the offset.
    sha256_state bytea not null,
    created_at timestamptz not null,
    -- From the last bytes on, or from the end.
    expires_at timestamptz not null,
    -- Where it went, or why it went nowhere.
    file_id uuid constraint uploads_file_id_fkey references files (id),
    refusal text,
    constraint uploads_outcome_check check (file_id is null or refusal is null),
    constraint uploads_offset_length_check check (offset_bytes <= coalesce(length_bytes, offset_bytes))
);

create index uploads_expires_at_idx on uploads (expires_at);
create index uploads_project_id_idx on uploads (project_id);
