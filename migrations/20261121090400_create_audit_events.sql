-- Who did what in the portal: sign-ins, views of the preset, changes. Rows are only ever added.

create table audit_events (
    id uuid constraint audit_events_pkey primary key,
    account_id uuid constraint audit_events_account_id_fkey references accounts (id),
    member_id uuid constraint audit_events_member_id_fkey references members (id),
    event text not null,
    -- Address of the caller; null for the command line.
    address text,
    occurred_at timestamptz not null
);

create index audit_events_account_id_occurred_at_idx on audit_events (account_id, occurred_at);

create function refuse_change_of_audit_events() returns trigger language plpgsql as $$
begin
    raise exception 'audit events are only ever added';
end
$$;

create trigger audit_events_are_only_added
    before update or delete or truncate on audit_events
    for each statement execute function refuse_change_of_audit_events();
