-- Sign-ins of browsers. The id is the SHA-256 of what the cookie holds, so a dump of this table signs nobody in.

create table sign_ins (
    id_hash bytea constraint sign_ins_pkey primary key,
    member_id uuid constraint sign_ins_member_id_fkey references members (id),
    -- What the web library keeps; never a secret.
    data jsonb not null,
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null
);

create index sign_ins_member_id_idx on sign_ins (member_id);
create index sign_ins_expires_at_idx on sign_ins (expires_at);
