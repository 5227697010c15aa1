-- What an account's people decide about a project: who may open its files, how long they are kept, and what stops both.

-- Legal holds, past ones included: who set one, why and when, and who lifted it.
create table holds (
    id uuid constraint holds_pkey primary key,
    account_id uuid not null constraint holds_account_id_fkey references accounts (id),
    project_id uuid not null constraint holds_project_id_fkey references projects (id),
    -- Null: the whole project.
    session_id uuid constraint holds_session_id_fkey references sessions (id),
    reason text not null constraint holds_reason_check check (reason <> ''),
    placed_at timestamptz not null,
    -- Null: the operator.
    placed_by uuid constraint holds_placed_by_fkey references members (id),
    lifted_at timestamptz,
    lifted_by uuid constraint holds_lifted_by_fkey references members (id)
);

create index holds_project_id_idx on holds (project_id);

alter table projects
    -- Hidden from the report's drop-down, and closed to imports.
    add column archived_at timestamptz,
    -- Secure mode: every file needs a credential.
    add column is_secure boolean not null default true,
    -- Without secure mode: hours after a session's end in which its files are open to anyone.
    add column public_hours integer not null default 72
        constraint projects_public_hours_check check (public_hours between 1 and 87600),
    -- Hours after a session's end at which its files expire. Null: never.
    add column retention_hours integer
        constraint projects_retention_hours_check check (retention_hours between 1 and 876000),
    -- Whether expired files go to the trash.
    add column deletes_bytes boolean not null default false,
    -- The hold that stands; null: none.
    add column hold_id uuid constraint projects_hold_id_fkey references holds (id),
    add constraint projects_deletes_bytes_check check (retention_hours is not null or not deletes_bytes);

alter table sessions
    add column hold_id uuid constraint sessions_hold_id_fkey references holds (id);

-- When a session ended. Without a word about it: when its longest recording did. A damaged file may claim to last for
-- ages, which no calendar could add up.
create function session_end(s sessions) returns timestamptz language sql stable as $$
    select coalesce(s.ended_at, s.started_at + least(s.duration_ms, 31536000000) * interval '1 millisecond')
$$;
