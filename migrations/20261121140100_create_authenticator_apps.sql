-- The second factor: an authenticator app (RFC 6238), recovery codes beside it, and sign-ins that wait for one of them.

create table authenticator_apps (
    member_id uuid constraint authenticator_apps_pkey primary key
        constraint authenticator_apps_member_id_fkey references members (id),
    -- The shared secret, under the master key.
    sealed bytea not null,
    added_at timestamptz not null,
    -- The last time step whose code was taken: that code and earlier ones are worth nothing any more.
    last_step bigint not null,
    last_used_at timestamptz,
    -- Wrong codes in a row. They outlive a restart and hold for all processes, unlike the budgets in memory.
    failures integer not null default 0,
    failed_at timestamptz
);

-- A secret that was shown and not confirmed yet. The app of before works until it is.
create table authenticator_drafts (
    member_id uuid constraint authenticator_drafts_pkey primary key
        constraint authenticator_drafts_member_id_fkey references members (id),
    sealed bytea not null,
    -- The sign-in that asked for it, and the only one that is shown it.
    sign_in_hash bytea not null,
    expires_at timestamptz not null
);

create table recovery_codes (
    member_id uuid not null constraint recovery_codes_member_id_fkey references members (id),
    -- SHA-256 of 120 random bits.
    code_hash bytea not null,
    created_at timestamptz not null,
    used_at timestamptz,
    constraint recovery_codes_pkey primary key (member_id, code_hash)
);

-- Sign-ins whose password was right and that wait for the second factor. No row of `sign_ins` is there for them yet,
-- so that nothing can take one for the other. The id is the SHA-256 of what the cookie holds.
create table sign_in_steps (
    id_hash bytea constraint sign_in_steps_pkey primary key,
    member_id uuid not null constraint sign_in_steps_member_id_fkey references members (id),
    -- Path to go to afterwards.
    next text not null,
    -- The challenge that a passkey was asked, once one was.
    ceremony jsonb,
    expires_at timestamptz not null
);

create index sign_in_steps_member_id_idx on sign_in_steps (member_id);
create index sign_in_steps_expires_at_idx on sign_in_steps (expires_at);
