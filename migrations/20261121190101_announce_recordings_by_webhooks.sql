-- Applications are told what happens to sessions and files. What is to be told is written in the transaction in which it
-- happens, whoever makes it: an import, an upload, a person, or the background.

create table webhook_endpoints (
    id uuid constraint webhook_endpoints_pkey primary key,
    account_id uuid not null constraint webhook_endpoints_account_id_fkey references accounts (id),
    project_id uuid not null constraint webhook_endpoints_project_id_fkey references projects (id),
    url text not null,
    description text not null,
    form text not null constraint webhook_endpoints_form_check check (form in ('standard', 'enablex')),
    event_types text[] not null,
    -- Of which kinds of files `file.ready` is told.
    file_kinds text[] not null,
    -- Sealed under the master key; so is the former one, which signs beside it until its end.
    secret_sealed bytea not null,
    former_secret_sealed bytea,
    former_secret_until timestamptz,
    -- Of HTTP Basic.
    username text,
    password_sealed bytea,
    created_at timestamptz not null,
    disabled_at timestamptz,
    disabled_cause text
        constraint webhook_endpoints_disabled_cause_check check (disabled_cause in ('manual', 'gone', 'failing')),
    -- Since when nothing has come through; null while something does.
    failing_since timestamptz,
    constraint webhook_endpoints_former_check check ((former_secret_sealed is null) = (former_secret_until is null)),
    constraint webhook_endpoints_basic_check check ((username is null) = (password_sealed is null)),
    constraint webhook_endpoints_disabled_check check ((disabled_at is null) = (disabled_cause is null))
);

create index webhook_endpoints_project_id_idx on webhook_endpoints (project_id);

alter table projects
    -- A session is announced as ready when so long nothing came for it, though something is still missing.
    add column ready_after_minutes integer not null default 15
        constraint projects_ready_after_minutes_check check (ready_after_minutes between 0 and 1440),
    -- How long before their expiry files are announced.
    add column expiring_notice_hours integer not null default 24
        constraint projects_expiring_notice_hours_check check (expiring_notice_hours between 1 and 720);

-- The outbox: what happened, until the deliveries of it are written.
create table webhook_events (
    number bigint generated always as identity constraint webhook_events_pkey primary key,
    -- The same in every delivery and on every retry.
    id uuid not null default gen_random_uuid(),
    account_id uuid not null,
    project_id uuid not null,
    event_type text not null,
    session_id uuid not null,
    file_id uuid,
    -- What the payload says beside the rows, such as what is missing of a session.
    detail jsonb,
    occurred_at timestamptz not null
);

-- Sessions that are to be announced as ready, once each; when this is decided, the row goes.
create table webhook_sessions_awaited (
    session_id uuid constraint webhook_sessions_awaited_pkey primary key
        constraint webhook_sessions_awaited_session_id_fkey references sessions (id) on delete cascade,
    project_id uuid not null,
    last_file_at timestamptz not null,
    -- When to look again.
    check_at timestamptz not null
);

create index webhook_sessions_awaited_check_at_idx on webhook_sessions_awaited (check_at);

-- Files whose expiry was announced, and which one: another retention makes another expiry.
create table webhook_files_expiring (
    file_id uuid constraint webhook_files_expiring_pkey primary key
        constraint webhook_files_expiring_file_id_fkey references files (id) on delete cascade,
    expires_at timestamptz not null
);

-- One message to one endpoint: the queue while it waits, the log afterwards.
create table webhook_deliveries (
    id uuid constraint webhook_deliveries_pkey primary key,
    account_id uuid not null,
    project_id uuid not null,
    endpoint_id uuid not null
        constraint webhook_deliveries_endpoint_id_fkey references webhook_endpoints (id) on delete cascade,
    event_id uuid not null,
    event_type text not null,
    session_id uuid,
    -- Exactly the bytes that are sent and signed.
    body text not null,
    created_at timestamptz not null,
    state text not null constraint webhook_deliveries_state_check check (state in ('waiting', 'delivered', 'failed')),
    -- In all, and in this round of the schedule: whoever sends it again begins another one.
    attempts integer not null default 0,
    tries integer not null default 0,
    next_attempt_at timestamptz,
    -- A process is at it until then. One that dies lets go of it so.
    leased_until timestamptz,
    last_status integer,
    last_error text,
    constraint webhook_deliveries_next_attempt_check check ((next_attempt_at is null) = (state <> 'waiting'))
);

create index webhook_deliveries_due_idx on webhook_deliveries (endpoint_id, next_attempt_at, id) where state = 'waiting';
create index webhook_deliveries_leased_idx on webhook_deliveries (endpoint_id) where leased_until is not null;
create index webhook_deliveries_endpoint_id_created_at_idx on webhook_deliveries (endpoint_id, created_at, id);
create index webhook_deliveries_created_at_idx on webhook_deliveries (created_at);

create table webhook_attempts (
    id bigint generated always as identity constraint webhook_attempts_pkey primary key,
    delivery_id uuid not null
        constraint webhook_attempts_delivery_id_fkey references webhook_deliveries (id) on delete cascade,
    number integer not null,
    began_at timestamptz not null,
    duration_ms bigint not null,
    -- Names and values in order, as sent, but for what is secret.
    request_headers jsonb not null,
    -- Of the answer, if one came.
    status integer,
    reply_headers jsonb not null,
    reply_body text not null,
    is_reply_whole boolean not null,
    -- Why none came.
    error text
);

create index webhook_attempts_delivery_id_idx on webhook_attempts (delivery_id, number);

-- Whether anybody in the project wants to be told of this.
create function is_announced(project uuid, wanted text, kind text) returns boolean language sql stable as $$
    select exists (
        select from webhook_endpoints
        where project_id = project and disabled_at is null and wanted = any(event_types)
            and (wanted <> 'file.ready' or kind = any(file_kinds)))
$$;

create function announce_new_session() returns trigger language plpgsql as $$
begin
    if is_announced(new.project_id, 'session.ended', null) then
        insert into webhook_events (account_id, project_id, event_type, session_id, occurred_at)
        values (new.account_id, new.project_id, 'session.ended', new.id, new.created_at);
    end if;
    if is_announced(new.project_id, 'session.ready', null) then
        insert into webhook_sessions_awaited (session_id, project_id, last_file_at, check_at)
        values (new.id, new.project_id, new.created_at, new.created_at);
    end if;
    return null;
end
$$;

create trigger sessions_announce_new after insert on sessions for each row execute function announce_new_session();

create function announce_new_files() returns trigger language plpgsql as $$
begin
    insert into webhook_events (account_id, project_id, event_type, session_id, file_id, occurred_at)
    select n.account_id, n.project_id, n.event_type, n.session_id, n.id, n.created_at
    from (
        select f.*, s.project_id, case f.kind when 'transcoded' then 'file.transcoded' else 'file.ready' end as event_type
        from new_files f join sessions s on s.id = f.session_id
    ) n
    where is_announced(n.project_id, n.event_type, n.kind)
    order by n.id;
    update webhook_sessions_awaited a
    set last_file_at = greatest(a.last_file_at, n.created_at), check_at = n.created_at
    from (select session_id, max(created_at) as created_at from new_files group by session_id) n
    where a.session_id = n.session_id;
    return null;
end
$$;

create trigger files_announce_new after insert on files referencing new table as new_files
    for each statement execute function announce_new_files();

create function announce_changed_file() returns trigger language plpgsql as $$
declare
    project uuid := (select project_id from sessions where id = new.session_id);
    happened text := case
        when new.deleted_at is distinct from old.deleted_at then 'file.deleted'
        when new.trashed_at is null then 'file.restored'
        else 'file.trashed'
    end;
begin
    if is_announced(project, happened, new.kind) then
        insert into webhook_events (account_id, project_id, event_type, session_id, file_id, occurred_at)
        values (new.account_id, project, happened, new.session_id, new.id,
            coalesce(new.deleted_at, new.trashed_at, now()));
    end if;
    return null;
end
$$;

create trigger files_announce_changed after update on files for each row
    when ((old.trashed_at is null) <> (new.trashed_at is null) or (old.deleted_at is null) <> (new.deleted_at is null))
    execute function announce_changed_file();
