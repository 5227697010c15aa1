-- Trigrams of numbers are in every session; few sessions share six characters in a row.

create function sixgrams(label text) returns text[] language sql immutable strict parallel safe as $$
    select coalesce(array_agg(distinct substr(line, start, 6)), '{}')
    from string_to_table($1, E'\n') line, generate_series(1, length(line) - 5) start
$$;

create index sessions_label_sixgrams_idx on sessions using gin (sixgrams(label));
