-- When each piece of background work is due again. Whoever holds a row's lock is doing it.

create table background_work (
    name text constraint background_work_pkey primary key,
    due_at timestamptz not null,
    -- When it last ended, and what went wrong then, for operators.
    ended_at timestamptz,
    failure text
);
