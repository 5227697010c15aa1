-- What a call's scenario wrote while it ran is a file of its session, too.

alter table files
    drop constraint files_kind_check,
    add constraint files_kind_check
        check (kind in ('individual', 'live', 'transcoded', 'chat', 'metadata', 'captions', 'log'));

-- The bits are those of FileKind::bit; 64 is captions.
create or replace function file_kind_bit(kind text) returns smallint language sql immutable parallel safe as $$
    select (case kind
        when 'individual' then 1 when 'live' then 2 when 'transcoded' then 4 when 'chat' then 8 when 'metadata' then 16
        when 'log' then 32
        else 64 end)::smallint
$$;
