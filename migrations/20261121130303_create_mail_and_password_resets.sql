-- Mail waits in an outbox, so that a slow or absent mail server holds up nobody; forgotten passwords are reset by it.

create table outbox (
    id uuid constraint outbox_pkey primary key,
    recipient text not null,
    subject text not null,
    -- The letter, sealed under the master key since it may hold a link. Null once it was given up.
    sealed bytea,
    created_at timestamptz not null,
    due_at timestamptz not null,
    attempts integer not null default 0,
    -- What the mail server said last.
    failure text,
    gave_up_at timestamptz,
    constraint outbox_given_up_or_sealed_check check ((sealed is null) = (gave_up_at is not null))
);

create index outbox_due_at_idx on outbox (due_at) where gave_up_at is null;

-- Somebody asked; whether a member has this address is found out later, so that the answer takes the same time.
create table password_reset_requests (
    id uuid constraint password_reset_requests_pkey primary key,
    email text not null,
    address text not null,
    created_at timestamptz not null
);

create table password_resets (
    -- One at a time: a newer link takes the place of an older one.
    member_id uuid constraint password_resets_pkey primary key
        constraint password_resets_member_id_fkey references members (id),
    token_hash bytea not null constraint password_resets_token_hash_key unique,
    created_at timestamptz not null,
    expires_at timestamptz not null
);

-- Browsers that a member signed in with: SHA-256 of a cookie that proves nothing else.
create table known_devices (
    member_id uuid not null constraint known_devices_member_id_fkey references members (id),
    device_hash bytea not null,
    last_seen_at timestamptz not null,
    constraint known_devices_pkey primary key (member_id, device_hash)
);
