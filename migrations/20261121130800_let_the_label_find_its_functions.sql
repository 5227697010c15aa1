-- pg_restore works with an empty search path: a function that a generated column needs must find the others by itself.
alter function session_label(text, text, text, text[]) set search_path from current;
