-- Captions are words to find a session by, as chat is. And what was said in a file that is in the trash or deleted is
-- found no more, nor is its recording pictured.

create or replace function note_kinds_of_new_files() returns trigger language plpgsql as $$
begin
    update sessions s
    set kinds = s.kinds | f.kinds,
        -- Chat (8), metadata (16) and captions (64) are words to read.
        document = case when f.kinds & 88 <> 0 then null else s.document end,
        poster = case when s.poster = 'none' then 'due' else s.poster end
    from (select session_id, bit_or(file_kind_bit(kind)) as kinds from new_files group by session_id) f
    where s.id = f.session_id
        and (s.kinds | f.kinds <> s.kinds or s.poster = 'none' or (f.kinds & 88 <> 0 and s.document is not null));
    return null;
end
$$;

-- The words are read again in the background, without the files that cannot be opened any more.
create function forget_what_discarded_files_said() returns trigger language plpgsql as $$
begin
    update sessions s
    set document = null
    where s.document is not null and s.id in (
        select n.session_id
        from new_files n
        join old_files o on o.id = n.id
        where n.kind in ('chat', 'metadata', 'captions')
            and ((n.trashed_at is null) <> (o.trashed_at is null) or (n.deleted_at is null) <> (o.deleted_at is null)));
    with gone as (
        delete from posters p using new_files n where p.file_id = n.id and n.trashed_at is not null
        returning p.session_id)
    -- Another recording may give a picture.
    update sessions s set poster = 'due' from gone where s.id = gone.session_id;
    -- One that was restored may, too.
    update sessions s
    set poster = 'due'
    where s.poster = 'none' and s.id in (
        select n.session_id from new_files n join old_files o on o.id = n.id
        where n.trashed_at is null and o.trashed_at is not null);
    return null;
end
$$;

create trigger files_forget_what_discarded_files_said
    after update on files referencing old table as old_files new table as new_files
    for each statement execute function forget_what_discarded_files_said();

with gone as (
    delete from posters p using files f where p.file_id = f.id and f.trashed_at is not null
    returning p.session_id)
update sessions s set poster = 'due' from gone where s.id = gone.session_id;

update sessions s
set document = null
where s.id in (select session_id from files where kind = 'captions' or trashed_at is not null);
