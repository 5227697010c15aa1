-- The Overview shows months of figures in a moment: sums by day, kept up in the background, so that no page has to go
-- through the access log or through all sessions and files.

-- What the access log says of a day (UTC). A rollup outlives the months of the log that an operator removes.
create table access_days (
    account_id uuid not null,
    day date not null,
    -- The nil UUID: the request names no file of the account.
    project_id uuid not null,
    -- Why it was refused; empty for grants.
    reason text not null,
    requests bigint not null,
    bytes bigint not null,
    -- One for each caller, file and day.
    downloads bigint not null,
    constraint access_days_pkey primary key (account_id, day, project_id, reason)
);

create table file_days (
    account_id uuid not null,
    file_id uuid not null,
    day date not null,
    project_id uuid not null,
    downloads integer not null,
    bytes bigint not null,
    last_at timestamptz not null,
    constraint file_days_pkey primary key (account_id, file_id, day)
);

-- All files of some days, where these are not too many.
create index file_days_day_idx on file_days (account_id, day);

-- Since ever. No file has more downloads in a period than here: whoever looks for the most can go down from the top.
create table file_downloads (
    account_id uuid not null,
    file_id uuid not null,
    project_id uuid not null,
    downloads bigint not null,
    first_day date not null,
    last_day date not null,
    constraint file_downloads_pkey primary key (account_id, file_id)
);

create index file_downloads_most_idx on file_downloads (account_id, downloads desc, file_id)
    include (project_id, first_day, last_day);

-- Each download once, however many requests it took. The caller is a digest of who asked and from where.
create table downloads (
    account_id uuid not null,
    file_id uuid not null,
    day date not null,
    caller uuid not null,
    constraint downloads_pkey primary key (account_id, file_id, day, caller)
);

-- How far each account's chain was counted. Numbers of a chain have no gaps and come in the order of their commits, so
-- that a row which tells of an old request is counted like any other.
create table access_log_counted (
    account_id uuid constraint access_log_counted_pkey primary key,
    seq bigint not null
);

-- One row: everything that was committed before this moment is counted.
create table insights_state (
    is_only boolean default true constraint insights_state_pkey primary key
        constraint insights_state_is_only_check check (is_only),
    counted_at timestamptz not null
);

-- What should have come with a session and has not, one bit each (domain/src/insights/judging.rs); null until it was
-- looked at, which is some time after its end.
alter table sessions add column gaps smallint;

create index sessions_to_judge_idx on sessions (started_at desc) where gaps is null;
create index sessions_with_gaps_idx on sessions (account_id, started_at, id) where gaps > 0;

create table recording_days (
    account_id uuid not null,
    project_id uuid not null,
    day date not null,
    -- Of sessions that began on this day.
    sessions bigint not null,
    duration_ms bigint not null,
    -- Bytes of files that came on this day, and of those whose bytes were given up on it.
    added_bytes bigint not null,
    removed_bytes bigint not null,
    -- Of sessions that began on this day: those that were looked at, and what is missing.
    judged bigint not null,
    incomplete bigint not null,
    without_recording bigint not null,
    without_track bigint not null,
    without_chat bigint not null,
    without_metadata bigint not null,
    constraint recording_days_pkey primary key (account_id, day, project_id)
);

-- What is to be added to recording_days. Whoever changes sessions and files only adds rows here, in the same
-- transaction: adding to the sums itself would make imports wait for each other.
create table recording_changes (
    id bigint generated always as identity constraint recording_changes_pkey primary key,
    account_id uuid not null,
    project_id uuid not null,
    day date not null,
    sessions bigint not null default 0,
    duration_ms bigint not null default 0,
    added_bytes bigint not null default 0,
    removed_bytes bigint not null default 0,
    judged bigint not null default 0,
    incomplete bigint not null default 0,
    without_recording bigint not null default 0,
    without_track bigint not null default 0,
    without_chat bigint not null default 0,
    without_metadata bigint not null default 0
);

create function utc_day(moment timestamptz) returns date language sql immutable strict parallel safe as $$
    select (moment at time zone 'UTC')::date
$$;

-- A damaged file may claim to last for ages: a year of one session is enough, as in session_end.
create function countable_duration(duration_ms bigint) returns bigint language sql immutable strict parallel safe as $$
    select least(duration_ms, 31536000000)
$$;

create function note_day_of_session() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        insert into recording_changes (account_id, project_id, day, sessions, duration_ms, judged, incomplete,
            without_recording, without_track, without_chat, without_metadata)
        values (old.account_id, old.project_id, utc_day(old.started_at), -1, -countable_duration(old.duration_ms),
            -(old.gaps is not null)::int, -coalesce(old.gaps > 0, false)::int, -coalesce(old.gaps & 1 > 0, false)::int,
            -coalesce(old.gaps & 2 > 0, false)::int, -coalesce(old.gaps & 4 > 0, false)::int,
            -coalesce(old.gaps & 8 > 0, false)::int);
    end if;
    if tg_op <> 'DELETE' then
        insert into recording_changes (account_id, project_id, day, sessions, duration_ms, judged, incomplete,
            without_recording, without_track, without_chat, without_metadata)
        values (new.account_id, new.project_id, utc_day(new.started_at), 1, countable_duration(new.duration_ms),
            (new.gaps is not null)::int, coalesce(new.gaps > 0, false)::int, coalesce(new.gaps & 1 > 0, false)::int,
            coalesce(new.gaps & 2 > 0, false)::int, coalesce(new.gaps & 4 > 0, false)::int,
            coalesce(new.gaps & 8 > 0, false)::int);
    end if;
    return null;
end
$$;

create trigger sessions_note_day_of_new_or_deleted after insert or delete on sessions
    for each row execute function note_day_of_session();
create trigger sessions_note_day_of_changed after update on sessions
    for each row when (old.started_at is distinct from new.started_at or old.duration_ms is distinct from new.duration_ms
        or old.project_id is distinct from new.project_id or old.gaps is distinct from new.gaps)
    execute function note_day_of_session();

create function note_bytes_of_new_files() returns trigger language plpgsql as $$
begin
    insert into recording_changes (account_id, project_id, day, added_bytes)
    select f.account_id, s.project_id, utc_day(f.created_at), sum(f.size_bytes)
    from new_files f join sessions s on s.id = f.session_id
    group by 1, 2, 3;
    -- What came may be what was missing.
    update sessions set gaps = null where gaps is not null and id in (select session_id from new_files);
    return null;
end
$$;

create trigger files_note_bytes_of_new after insert on files referencing new table as new_files
    for each statement execute function note_bytes_of_new_files();

create function note_bytes_of_file() returns trigger language plpgsql as $$
declare
    project uuid := (select project_id from sessions where id = old.session_id);
begin
    if tg_op = 'DELETE' then
        if old.deleted_at is null then
            insert into recording_changes (account_id, project_id, day, removed_bytes)
            values (old.account_id, project, utc_day(now()), old.size_bytes);
        end if;
        return null;
    end if;
    if old.size_bytes <> new.size_bytes then
        insert into recording_changes (account_id, project_id, day, added_bytes)
        values (old.account_id, project, utc_day(old.created_at), new.size_bytes - old.size_bytes);
    end if;
    if old.deleted_at is not null then
        insert into recording_changes (account_id, project_id, day, removed_bytes)
        values (old.account_id, project, utc_day(old.deleted_at), -old.size_bytes);
    end if;
    if new.deleted_at is not null then
        insert into recording_changes (account_id, project_id, day, removed_bytes)
        values (new.account_id, project, utc_day(new.deleted_at), new.size_bytes);
    end if;
    return null;
end
$$;

create trigger files_note_bytes_of_deleted after delete on files
    for each row execute function note_bytes_of_file();
create trigger files_note_bytes_of_changed after update on files
    for each row when (old.deleted_at is distinct from new.deleted_at or old.size_bytes is distinct from new.size_bytes)
    execute function note_bytes_of_file();

-- What is there already. The triggers above hold off every change until this is committed.
insert into recording_days
select account_id, project_id, day, sum(sessions), sum(duration_ms), sum(added_bytes), sum(removed_bytes), 0, 0, 0, 0, 0, 0
from (
    select account_id, project_id, utc_day(started_at) as day, 1 as sessions, countable_duration(duration_ms) as duration_ms,
        0 as added_bytes, 0 as removed_bytes
    from sessions
    union all
    select f.account_id, s.project_id, utc_day(f.created_at), 0, 0, f.size_bytes, 0
    from files f join sessions s on s.id = f.session_id
    union all
    select f.account_id, s.project_id, utc_day(f.deleted_at), 0, 0, 0, f.size_bytes
    from files f join sessions s on s.id = f.session_id where f.deleted_at is not null
) what_is_there
group by account_id, project_id, day;
