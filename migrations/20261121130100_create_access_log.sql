-- One row for each grant and refusal of a session file. Rows are only ever added, and each proves the one before it.

create table access_log (
    -- Whose file was asked for, or else whose caller asked; the nil UUID where the request names no account.
    -- Also the name of the chain that the row belongs to.
    account_id uuid not null,
    -- Consecutive within the chain, from 1.
    seq bigint not null,
    id uuid not null,
    -- When the request came.
    occurred_at timestamptz not null,
    -- No references: the log outlives what it tells of.
    project_id uuid,
    session_id uuid,
    file_id uuid,
    -- As of then.
    file_name text,
    -- Kinds, proofs and reasons are closed sets of the program, which grow: no check names them here.
    caller_kind text not null,
    caller_id uuid,
    -- How the caller proved itself, or tried to.
    proof text not null,
    client_address text not null,
    user_agent text,
    method text not null,
    status smallint not null,
    -- Bytes of the body that were handed to the connection.
    bytes_sent bigint not null,
    -- Why it was refused; null for a grant.
    reason text,
    -- SHA-256 of the hash before it and of this row.
    hash bytea not null,
    constraint access_log_pkey primary key (account_id, occurred_at, id)
) partition by range (occurred_at);

-- The page walks the primary key, or the index of one filter.
create index access_log_seq_idx on access_log (account_id, seq);
create index access_log_file_id_idx on access_log (account_id, file_id, occurred_at, id) where file_id is not null;
create index access_log_session_id_idx on access_log (account_id, session_id, occurred_at, id)
    where session_id is not null;
create index access_log_caller_id_idx on access_log (account_id, caller_id, occurred_at, id);
create index access_log_client_address_idx on access_log (account_id, client_address, occurred_at, id);
create index access_log_reason_idx on access_log (account_id, reason, occurred_at, id) where reason is not null;
create index access_log_refused_idx on access_log (account_id, occurred_at, id) where reason is not null;
-- For an account whose rows are nearly all refusals.
create index access_log_granted_idx on access_log (account_id, occurred_at, id) where reason is null;

-- The end of each chain. Whoever adds rows holds its lock, so that several processes make one chain.
create table access_log_heads (
    account_id uuid constraint access_log_heads_pkey primary key,
    -- Rows of the chain.
    count bigint not null,
    -- Hash of the last of them.
    hash bytea not null
);

create function refuse_change_of_access_log() returns trigger language plpgsql as $$
begin
    raise exception 'rows of the access log are only ever added';
end
$$;

-- For each row: such a trigger is on every partition too, for those who name one.
create trigger access_log_is_only_added_to
    before update or delete on access_log
    for each row execute function refuse_change_of_access_log();

create trigger access_log_is_never_emptied
    before truncate on access_log
    for each statement execute function refuse_change_of_access_log();

create function refuse_shorter_access_log() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and new.account_id = old.account_id and new.count > old.count then
        return new;
    end if;
    raise exception 'chains of the access log only grow';
end
$$;

create trigger access_log_heads_only_grow
    before update or delete on access_log_heads
    for each row execute function refuse_shorter_access_log();

create trigger access_log_heads_are_never_emptied
    before truncate on access_log_heads
    for each statement execute function refuse_change_of_access_log();

-- Makes the partition of a moment's month (UTC) if there is none. Runs with the rights of the tables' owner, so that
-- the server's own role needs none to make tables. Attaching does not wait for those who read, nor they for it.
create function make_access_log_month(moment timestamptz) returns void
    language plpgsql security definer set search_path from current as $$
declare
    first timestamp := date_trunc('month', moment at time zone 'UTC');
    month text := 'access_log_' || to_char(first, 'YYYY_MM');
    home text := current_schema();
begin
    if to_regclass(format('%I.%I', home, month)) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('months of the access log'));
    begin
        execute format('create table %1$I.%2$I (like %1$I.access_log including constraints)', home, month);
    exception when duplicate_table then
        -- Another process made it, and has committed, since it held the lock.
        return;
    end;
    execute format(
        'create trigger access_log_is_never_emptied before truncate on %1$I.%2$I '
        'for each statement execute function %1$I.refuse_change_of_access_log()',
        home, month);
    execute format(
        'alter table %1$I.access_log attach partition %1$I.%2$I for values from (%3$L) to (%4$L)',
        home, month, first at time zone 'UTC', (first + interval '1 month') at time zone 'UTC');
end
$$;

revoke execute on function make_access_log_month(timestamptz) from public;
