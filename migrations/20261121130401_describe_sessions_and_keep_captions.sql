-- People give sessions a title and tags; captions (WebVTT) are kept beside the recordings they belong to.

alter table sessions
    add column if not exists title text,
    add column if not exists tags text[] not null default '{}',
    add constraint sessions_title_check check (title <> '' and char_length(title) <= 200),
    add constraint sessions_tags_check check (cardinality(tags) <= 20);

alter table files
    drop constraint files_kind_check,
    add constraint files_kind_check
        check (kind in ('individual', 'live', 'transcoded', 'chat', 'metadata', 'captions'));
