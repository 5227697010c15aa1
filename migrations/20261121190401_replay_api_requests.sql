-- A program that repeats a request under the same Idempotency-Key gets the first answer again, for a day.

create table api_replays (
    secret_id uuid not null constraint api_replays_secret_id_fkey references api_secrets (id),
    key text not null,
    -- SHA-256 of the request: another one under the same key is a mistake of the program.
    request_hash bytea not null constraint api_replays_request_hash_check check (length(request_hash) = 32),
    begun_at timestamptz not null,
    -- Sealed, for it may hold a new password; null while the first request is under way.
    answer bytea,
    constraint api_replays_pkey primary key (secret_id, key)
);

create index api_replays_begun_at_idx on api_replays (begun_at);
