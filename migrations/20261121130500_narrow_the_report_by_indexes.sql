-- The report stays quick at a million sessions: what it is narrowed by stands in the session's own row, under indexes.

create extension if not exists pg_trgm;

-- Case and accents do not matter to who searches. Decomposed, without the combining marks, in lower case.
create function folded(text) returns text language sql immutable strict parallel safe as $$
    select lower(regexp_replace(normalize($1, nfd), U&'[\0300-\036F]+', '', 'g'))
$$;

create function session_label(room text, conference_number text, title text, tags text[]) returns text
    language sql immutable parallel safe as $$
    select folded(room || E'\n' || conference_number || E'\n' || coalesce(title, '') || E'\n'
        || coalesce(array_to_string(tags, E'\n'), ''))
$$;

alter table sessions
    add column if not exists title text,
    add column if not exists tags text[] not null default '{}',
    -- Kinds of its files, one bit each (file_kind_bit).
    add column kinds smallint not null default 0,
    -- Words of room, number, title, tags, participants and chat; null until they were read.
    add column document tsvector;

-- Any part of these is found, not only whole words. A line each: no search crosses from one to the next.
alter table sessions
    add column label text generated always as (session_label(room, conference_number, title, tags)) stored;

-- The bits are those of FileKind::bit; 64 is a kind that the report does not filter by.
create function file_kind_bit(kind text) returns smallint language sql immutable parallel safe as $$
    select (case kind
        when 'individual' then 1 when 'live' then 2 when 'transcoded' then 4 when 'chat' then 8 when 'metadata' then 16
        else 64 end)::smallint
$$;

update sessions s
set kinds = f.kinds
from (select session_id, bit_or(file_kind_bit(kind)) as kinds from files group by session_id) f
where f.session_id = s.id;

-- Whoever adds or removes files, the session's kinds follow.
create function note_kinds_of_new_files() returns trigger language plpgsql as $$
begin
    update sessions s set kinds = s.kinds | f.kinds
    from (select session_id, bit_or(file_kind_bit(kind)) as kinds from new_files group by session_id) f
    where s.id = f.session_id and s.kinds | f.kinds <> s.kinds;
    return null;
end
$$;

create trigger files_note_kinds_of_new_files
    after insert on files referencing new table as new_files
    for each statement execute function note_kinds_of_new_files();

create function note_kinds_of_deleted_files() returns trigger language plpgsql as $$
begin
    update sessions s
    set kinds = coalesce((select bit_or(file_kind_bit(f.kind)) from files f where f.session_id = s.id), 0)
    where s.id in (select session_id from old_files);
    return null;
end
$$;

create trigger files_note_kinds_of_deleted_files
    after delete on files referencing old table as old_files
    for each statement execute function note_kinds_of_deleted_files();

-- Planning needs to know how common a room is among many.
alter table sessions alter column label set statistics 1000;

create index sessions_account_id_kinds_idx on sessions (account_id, kinds);
create index sessions_project_id_duration_ms_idx on sessions (project_id, duration_ms, id);
create index sessions_project_id_size_bytes_idx on sessions (project_id, size_bytes, id);
create index sessions_label_idx on sessions using gin (label gin_trgm_ops);
create index sessions_document_idx on sessions using gin (document);
-- What the background work that reads documents has still to do.
create index sessions_without_document_idx on sessions (id) where document is null;
