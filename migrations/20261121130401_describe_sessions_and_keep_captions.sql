-- People give sessions a title and tags; captions (WebVTT) are kept beside the recordings they belong to.

alter table sessions
    add column title text
        constraint sessions_title_check check (title <> '' and char_length(title) <= 200),
    add column tags text[] not null default '{}'
        constraint sessions_tags_check check (cardinality(tags) <= 20);

alter table files
    drop constraint files_kind_check,
    add constraint files_kind_check
        check (kind in ('individual', 'live', 'transcoded', 'chat', 'metadata', 'captions'));
