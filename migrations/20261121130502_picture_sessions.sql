-- A small picture of each session for the report, made in the background where ffmpeg is installed. And what is read
-- anew when files come or words change.

alter table sessions
    add column poster text not null default 'due' constraint sessions_poster_check check (poster in ('due', 'made', 'none'));

create index sessions_poster_due_idx on sessions (started_at desc) where poster = 'due';

create table posters (
    session_id uuid constraint posters_pkey primary key
        constraint posters_session_id_fkey references sessions (id) on delete cascade,
    -- The recording that it shows a moment of.
    file_id uuid not null constraint posters_file_id_fkey references files (id) on delete cascade,
    jpeg bytea not null constraint posters_jpeg_check check (length(jpeg) between 1 and 131072),
    made_at timestamptz not null
);

-- Compressed already.
alter table posters alter column jpeg set storage external;

create or replace function note_kinds_of_new_files() returns trigger language plpgsql as $$
begin
    update sessions s
    set kinds = s.kinds | f.kinds,
        -- Chat and metadata are words to read.
        document = case when f.kinds & 24 <> 0 then null else s.document end,
        poster = case when s.poster = 'none' then 'due' else s.poster end
    from (select session_id, bit_or(file_kind_bit(kind)) as kinds from new_files group by session_id) f
    where s.id = f.session_id
        and (s.kinds | f.kinds <> s.kinds or s.poster = 'none' or (f.kinds & 24 <> 0 and s.document is not null));
    return null;
end
$$;

create function forget_document_of_renamed_session() returns trigger language plpgsql as $$
begin
    new.document := null;
    return new;
end
$$;

create trigger sessions_forget_document_of_renamed
    before update of title, tags on sessions
    for each row when (new.title is distinct from old.title or new.tags is distinct from old.tags)
    execute function forget_document_of_renamed_session();
